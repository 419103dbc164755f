use lrt::prelude::*;

#[lambda(metrics = Shop)]
async fn order(_: u64) {}
