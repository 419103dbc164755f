use lrt::prelude::*;

#[lambda(sqs concurrency = 8)]
async fn process(_: String) {}
