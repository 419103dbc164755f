use lrt::prelude::*;

#[lambda(metrics = "AWS/Shop")]
async fn order(_: u64) {}
