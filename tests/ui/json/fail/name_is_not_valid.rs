use lrt::prelude::*;

#[lambda(name = "process orders")]
async fn process(_: String) {}
