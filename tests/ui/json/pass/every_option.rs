use lrt::prelude::*;
use std::time::Duration;

struct Db;

async fn connect() -> Result<Db, Error> {
    Ok(Db)
}

async fn close(_: &Db) {}

#[lambda(
    init = connect,
    shutdown = close,
    deadline_margin = Duration::from_millis(500),
    name = "orders",
    crate = lrt,
)]
async fn process(id: u64, _: Context, _: &Db) -> Result<u64, Error> {
    Ok(id)
}
