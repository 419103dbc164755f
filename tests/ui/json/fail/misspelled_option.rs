use lrt::prelude::*;

#[lambda(inti = connect)]
async fn process(_: String, _: &u8) {}

async fn connect() -> u8 {
    1
}
