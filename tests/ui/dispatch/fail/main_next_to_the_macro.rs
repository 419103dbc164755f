use lrt::prelude::*;

#[handler]
async fn process(_: String) {}

lrt::main!(process);

fn main() {}
