use lrt::prelude::*;

#[handler]
async fn process(_: String) {}

#[handler(sqs, concurency = 2)]
async fn cancel(_: String) {}

lrt::main!(process, cancel);
