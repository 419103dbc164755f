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
async fn process(order: Order, ctx: Context, _: &Db) -> String {
    format!("{} in {}", order.id, ctx.request_id())
}
