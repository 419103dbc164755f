//! A function that records metrics, for tests that run it as a process.
//!
//! With `METRICS_INIT=error`, `init` fails.

use lrt::metrics::{Unit, counter, describe_histogram, histogram};
use lrt::prelude::*;
use std::time::Duration;

#[lambda(init = init, shutdown = shutdown, metrics = "Test/Shop")]
async fn count(n: u64, ctx: Context, _: &()) -> Result<u64, Error> {
    counter!("Sum").increment(n);
    // Concurrent invocations are interleaved here.
    tokio::time::sleep(Duration::from_millis(n % 5)).await;
    counter!("Sum").increment(n);
    histogram!("Id", "RequestId" => ctx.request_id().to_owned()).record(n as f64);
    if n == 14 {
        // Metrics with invalid names.
        counter!("Café").increment(1);
        ctx.wait_until(async {
            tokio::task::yield_now().await;
            counter!("Crème").increment(1);
        });
    }
    if n == 13 { Err(Error::msg("13")) } else { Ok(n) }
}

async fn init() -> Result<(), Error> {
    describe_histogram!("Id", Unit::Count, "the number in the event");
    counter!("Connections").increment(1);
    match std::env::var_os("METRICS_INIT") {
        Some(_) => Err(Error::msg("on purpose")),
        None => Ok(()),
    }
}

async fn shutdown(_: &()) {
    counter!("Closed").increment(1);
}
