use lrt::prelude::*;

#[lambda]
const async fn process(order: String) {}
