use lrt::prelude::*;

#[lambda("orders")]
async fn process(order: String) {}
