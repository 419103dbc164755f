use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Order;

#[lambda(kafka)]
async fn process(record: Record<Order>) -> Result<(), Error> {
    let _ = record;
    Ok(())
}
