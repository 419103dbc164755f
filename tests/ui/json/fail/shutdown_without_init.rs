use lrt::prelude::*;

#[lambda(shutdown = close)]
async fn process(_: String) {}

async fn close(_: &u8) {}
