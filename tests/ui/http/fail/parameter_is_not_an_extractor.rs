use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Order;

#[lambda(http)]
async fn create(order: Order) -> StatusCode {
    let _ = order;
    StatusCode::CREATED
}
