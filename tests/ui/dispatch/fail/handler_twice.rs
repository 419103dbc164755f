use lrt::prelude::*;

#[handler]
#[handler]
async fn process(_: String) {}

lrt::main!(process);
