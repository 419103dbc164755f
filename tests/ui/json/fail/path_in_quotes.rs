use lrt::prelude::*;

#[lambda(init = "connect")]
async fn process(_: String, _: &u8) {}

async fn connect() -> u8 {
    1
}
