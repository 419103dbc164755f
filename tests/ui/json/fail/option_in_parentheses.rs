use lrt::prelude::*;

#[lambda(init(connect))]
async fn process(order: String) {}

async fn connect() -> u8 {
    1
}
