use lrt::prelude::*;

#[handler(name = "orders")]
async fn process(_: String) {}

#[handler(name = "orders")]
async fn cancel(_: String) {}

lrt::main!(process, cancel);
