use lrt::prelude::*;

#[lambda(init = connect, shutdown = |db: &u8| drop(db))]
async fn process(order: String, db: &u8) {}

async fn connect() -> u8 {
    1
}
