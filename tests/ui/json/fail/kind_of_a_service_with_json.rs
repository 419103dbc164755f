use lrt::prelude::*;

#[lambda(sns)]
async fn process(_: String) {}
