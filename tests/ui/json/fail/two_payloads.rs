use lrt::prelude::*;

struct Order;
struct Customer;

#[lambda]
async fn process(order: Order, customer: Customer) {}
