use lrt::prelude::*;

#[handler]
async fn process(_: String) {}

async fn cancel(_: String) {}

lrt::main!(process, cancel);
