use lrt::prelude::*;
use std::time::Duration;
use tower::timeout::TimeoutLayer;

struct Db;
struct Timeout(Duration);

async fn connect() -> Result<(Db, Timeout), Error> {
    Ok((Db, Timeout(Duration::from_secs(1))))
}

async fn disconnect(_db: &Db) {}

async fn process(order: String, ctx: Context, _db: &Db) -> Result<(), Error> {
    println!("{order} {}", ctx.request_id());
    Ok(())
}

fn main() -> std::process::ExitCode {
    lrt::sqs(process)
        .init(connect)
        .shutdown(disconnect)
        .layer(TimeoutLayer::new(Duration::from_secs(9)))
        .record_layer_with(|timeout: &Timeout| TimeoutLayer::new(timeout.0))
        .concurrency(2)
        .name("orders")
        .deadline_margin(Duration::from_millis(500))
        .run()
}
