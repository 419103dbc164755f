use lrt::prelude::*;

#[lambda(sqs, route = "GET /orders")]
async fn process(order: u32) {
    let _ = order;
}
