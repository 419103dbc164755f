use lrt::prelude::*;

#[lambda(init, shutdown =)]
async fn process(_: String) {}
