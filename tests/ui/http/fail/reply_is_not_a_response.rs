use lrt::prelude::*;

#[derive(serde::Serialize)]
struct Order;

#[lambda(http)]
async fn read() -> Order {
    Order
}
