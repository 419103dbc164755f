#![deny(deprecated)]
use lrt::prelude::*;

#[handler]
async fn process(order: String) -> String {
    order
}

fn main() {
    lrt::main!(process);
}
