use lrt::prelude::*;

#[lambda]
async fn tick() {}
