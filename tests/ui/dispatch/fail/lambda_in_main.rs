use lrt::prelude::*;

#[handler]
async fn process(_: String) {}

#[lambda]
async fn cancel(_: String) {}

lrt::main!(process, cancel);
