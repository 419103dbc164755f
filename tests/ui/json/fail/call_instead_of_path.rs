use lrt::prelude::*;

#[lambda(init = connect())]
async fn process(order: String, db: &u8) {}

async fn connect() -> u8 {
    1
}
