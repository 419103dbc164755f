use lrt::prelude::*;

#[lambda("orders")]
async fn process(_: String) {}
