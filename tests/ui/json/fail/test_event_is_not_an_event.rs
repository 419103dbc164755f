use lrt::prelude::*;
use lrt::testing::Harness;

struct Order;

#[lambda]
async fn process(_: String) {}

#[allow(dead_code)]
async fn an_order_is_processed() {
    Harness::<process>::new().invoke(Order).await;
}
