use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Order {}

#[lambda]
async fn process(_: &Order) {}
