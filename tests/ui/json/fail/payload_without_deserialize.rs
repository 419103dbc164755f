use lrt::prelude::*;

struct Order {
    id: u64,
}

#[lambda]
async fn process(_: Order) -> u64 {
    order.id
}
