//! The function of `examples/otel` without lrt-otel: batch processor, blocking HTTP client, and a flush after the reply.

use lrt::prelude::*;
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

#[lambda(init = init)]
async fn checkout(order: Order, ctx: Context, provider: &SdkTracerProvider) -> Result<Bill, Error> {
    let price = price(&order.item).instrument(info_span!("price", item = order.item)).await?;
    info!(price, "found");
    let provider = provider.clone();
    ctx.wait_until(async move {
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || provider.force_flush()).await {
            tracing::warn!(%error, "failed to export");
        }
    });
    Ok(Bill { cents: price * order.quantity })
}

async fn price(item: &str) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    match item {
        "tea" => Ok(350),
        _ => Err(Error::named("NotSold", item)),
    }
}

async fn init() -> Result<SdkTracerProvider, Error> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench")).with_filter(LevelFilter::INFO);
    tracing_subscriber::registry().with(spans).with(lrt_core::log::layer()).init();
    Ok(provider)
}
