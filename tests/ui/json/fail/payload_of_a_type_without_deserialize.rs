use lrt::prelude::*;

struct Order;

#[lambda]
async fn process(_: Vec<Order>) {}
