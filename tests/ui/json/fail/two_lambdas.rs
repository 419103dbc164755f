use lrt::prelude::*;

#[lambda]
async fn process(order: String) {}

#[lambda]
async fn cancel(order: String) {}
