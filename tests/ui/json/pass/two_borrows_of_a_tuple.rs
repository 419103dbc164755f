use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Order {
    id: u64,
}

struct Db;
struct Search;

async fn connect() -> Result<(Db, Search), Error> {
    Ok((Db, Search))
}

#[lambda(init = connect)]
async fn index(order: Order, _: &Search, _: &Db) -> u64 {
    order.id
}
