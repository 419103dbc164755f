use lrt::prelude::*;

#[lambda]
async fn process(_: String) {}

#[lambda]
async fn cancel(_: String) {}
