use lrt::prelude::*;

#[lambda(metrics = "Shop & Co")]
async fn order(_: u64) {}
