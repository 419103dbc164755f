#![allow(private_interfaces)]
use lrt::prelude::*;

#[derive(serde::Deserialize)]
pub(crate) struct Order {
    pub(crate) id: u64,
}

struct Db;

async fn connect() -> Result<Db, Error> {
    Ok(Db)
}

#[lambda(init = connect)]
pub async fn process(order: Order, _: &Db) -> u64 {
    order.id
}
