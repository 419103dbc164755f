use lrt::prelude::*;

#[lambda(init = connect)]
async fn process<'a>(_: String, _: &'a u8) {}

async fn connect() -> u8 {
    1
}
