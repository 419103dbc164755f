//! Sends spans to an OpenTelemetry collector after the reply, in the trace of the caller.

use lrt::prelude::*;
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

/// Calculates the price of an order.
#[lambda(layer = lrt_otel::layer())]
async fn checkout(order: Order) -> Result<Bill, Error> {
    let price = price(&order.item).instrument(info_span!("price", item = order.item)).await?;
    info!(price, "found");
    Ok(Bill { cents: price * order.quantity })
}

/// Looks up a price, in its own span. A real function would query a table.
async fn price(item: &str) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    match item {
        "tea" => Ok(350),
        _ => Err(Error::named("NotSold", item)),
    }
}
