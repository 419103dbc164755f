use lrt::prelude::*;

#[lambda]
async fn process(_: String) {}

fn main() {}
