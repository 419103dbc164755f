use lrt::prelude::*;

#[lambda(init = connect, shutdown = |_: &u8| ())]
async fn process(_: String, _: &u8) {}

async fn connect() -> u8 {
    1
}
