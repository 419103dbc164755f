//! Spans with the trace of the invocation, sent to an OpenTelemetry collector after the reply.

mod telemetry;

use lrt::prelude::*;
use telemetry::Telemetry;
use tracing::{Instrument, info, info_span};

#[derive(serde::Deserialize)]
struct Order {
    item: String,
    quantity: u32,
}

#[derive(serde::Serialize)]
struct Bill {
    cents: u32,
}

/// Says what an order costs.
#[lambda(init = telemetry::start, layer = |telemetry: &Telemetry| telemetry.layer())]
async fn checkout(order: Order) -> Result<Bill, Error> {
    let price = price(&order.item).instrument(info_span!("price", item = order.item)).await?;
    info!(price, "found");
    Ok(Bill { cents: price * order.quantity })
}

/// What would be asked of a table, in a span of its own.
async fn price(item: &str) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    match item {
        "tea" => Ok(350),
        _ => Err(Error::named("NotSold", item)),
    }
}
