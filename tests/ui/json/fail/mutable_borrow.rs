use lrt::prelude::*;

#[lambda(init = connect)]
async fn process(_: String, _: &mut u8) {}

async fn connect() -> u8 {
    1
}
