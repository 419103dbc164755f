use lrt::prelude::*;

struct Order;
struct Customer;

#[lambda]
async fn process(_: Order, _: Customer) {}
