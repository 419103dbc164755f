use lrt::prelude::*;
use std::time::Duration;
use tower::timeout::TimeoutLayer;

#[derive(serde::Deserialize)]
struct Order;

struct Db;

async fn connect() -> Result<Db, Error> {
    Ok(Db)
}

async fn close(_: &Db) {}

#[lambda(
    sqs,
    init = connect,
    shutdown = close,
    concurrency = 8,
    on_failure = continue,
    on_all_failed = report,
    deadline_margin = Duration::from_millis(500),
    name = "orders",
    layer = TimeoutLayer::new(Duration::from_secs(3)),
    record_layer = |_: &Db| TimeoutLayer::new(Duration::from_secs(2)),
    record_layer = TimeoutLayer::new(Duration::from_secs(1)),
)]
async fn process(order: Order, db: &Db) -> Result<(), Error> {
    let _ = (order, db);
    Ok(())
}
