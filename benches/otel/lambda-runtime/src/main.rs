//! The function of `examples/otel` on lambda_runtime, set up as in the documentation of its layer.

use lambda_runtime::layers::{OpenTelemetryFaasTrigger, OpenTelemetryLayer};
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing::{Instrument, info, info_span};
use tracing_subscriber::prelude::*;

#[derive(serde::Deserialize)]
struct Order {
    item: String,
    quantity: u32,
}

#[derive(serde::Serialize)]
struct Bill {
    cents: u32,
}

async fn checkout(event: LambdaEvent<Order>) -> Result<Bill, Error> {
    let order = event.payload;
    let price = price(&order.item).instrument(info_span!("price", item = order.item)).await?;
    info!(price, "found");
    Ok(Bill { cents: price * order.quantity })
}

async fn price(item: &str) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    match item {
        "tea" => Ok(350),
        _ => Err(format!("{item} is not sold").into()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench")).with_filter(LevelFilter::INFO);
    let log = tracing_subscriber::fmt::layer().json().with_filter(LevelFilter::INFO);
    tracing_subscriber::registry().with(spans).with(log).init();
    let flush = || {
        if let Err(error) = provider.force_flush() {
            tracing::warn!(%error, "failed to export");
        }
    };
    let layer = OpenTelemetryLayer::new(flush).with_trigger(OpenTelemetryFaasTrigger::Other);
    Runtime::new(service_fn(checkout)).layer(layer).run().await
}
