use lrt::prelude::*;

#[lambda(init = @connect)]
async fn process(_: String) {}

async fn connect() -> u8 {
    1
}
