use lrt::prelude::*;

#[lambda(http, "GET /orders/{id}")]
async fn read(_: Path<u64>) {}
