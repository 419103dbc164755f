use lrt::prelude::*;

#[lambda(pool = 5)]
async fn process(_: String) {}
