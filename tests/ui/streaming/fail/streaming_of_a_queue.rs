use lrt::prelude::*;

#[lambda(sqs, streaming)]
async fn process(_order: u32) {}
