use lrt::prelude::*;

#[lambda]
#[lambda]
async fn process(_: String) {}
