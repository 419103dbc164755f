use lrt::prelude::*;

#[lambda(sqz)]
async fn process(order: String) {}
