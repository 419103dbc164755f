use lrt::prelude::*;

struct Order;
struct Receipt;
struct OrderError;
struct Db;

#[lambda(init = connect)]
async fn process(_: Order, _: &Db) -> Result<Receipt, OrderError> {
    Ok(Receipt)
}

async fn connect() -> u8 {
    1
}
