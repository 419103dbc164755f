use lrt::prelude::*;

#[lambda(init = connect)]
async fn process<'a>(order: String, db: &'a u8) {}

async fn connect() -> u8 {
    1
}
