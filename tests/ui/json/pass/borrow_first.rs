use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Order {
    id: u64,
}

struct Db;

async fn connect() -> Result<Db, Error> {
    Ok(Db)
}

#[lambda(init = connect)]
async fn process(_: &Db, order: Order) -> u64 {
    order.id
}
