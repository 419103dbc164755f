use lrt::prelude::*;

#[lambda(crate = "lrt")]
async fn process(_: String) {}
