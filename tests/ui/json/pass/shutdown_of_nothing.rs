use lrt::prelude::*;

#[lambda(shutdown = flush)]
async fn process(_: String) {}

async fn flush(_: &()) {}
