use lrt::prelude::*;

#[lambda(name = orders)]
async fn process(_: String) {}
