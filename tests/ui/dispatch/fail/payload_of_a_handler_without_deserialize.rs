use lrt::prelude::*;

struct Order;

#[handler]
async fn process(_: Order) {}

#[handler]
async fn cancel(_: String) {}

lrt::main!(process, cancel);
