use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Order {
    id: u64,
}

#[lambda]
async fn process(order: Order) -> u64 {
    order.id
}
