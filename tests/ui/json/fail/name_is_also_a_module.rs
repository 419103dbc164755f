use lrt::prelude::*;

mod process {}

#[lambda]
async fn process(order: String) {}
