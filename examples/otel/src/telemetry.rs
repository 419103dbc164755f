//! Collects spans in the trace that X-Ray started, and exports them after the reply.

use lrt::{Context, Error, Invocation};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower::util::MapRequestLayer;
use tracing::{Span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;

/// Handle of the exporter.
pub(crate) struct Telemetry(SdkTracerProvider);

/// Installs a subscriber that collects spans and writes log lines.
///
/// `OTEL_EXPORTER_OTLP_ENDPOINT` is the address of the collector. The default is port 4318 of localhost, on which the
/// collector extension listens.
pub(crate) async fn start() -> Result<Telemetry, Error> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let name = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| "checkout".to_owned());
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name(name).build())
        .build();
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("checkout"))
        // Otherwise lrt's span would start when it is entered, and its parent could no longer be set.
        .with_context_activation(false)
        // Excludes the span of the export itself.
        .with_filter(filter_fn(|metadata| metadata.name() != "wait_until"));
    let lines = tracing_subscriber::fmt::layer().without_time().with_ansi(false).with_writer(std::io::stderr);
    // Excludes spans of the exporter's crates: exporting them would create more of them.
    let own_targets = filter_fn(|metadata| ["lrt", "otel"].contains(&root(metadata.target())));
    tracing_subscriber::registry()
        .with(spans)
        .with(lines.with_filter(LevelFilter::INFO))
        .with(own_targets)
        .try_init()?;
    Ok(Telemetry(provider))
}

fn root(target: &str) -> &str {
    target.split("::").next().unwrap_or_default()
}

impl Telemetry {
    /// Returns a layer that makes lrt's span of each invocation part of its trace, and exports all spans after the reply.
    pub(crate) fn layer(&'static self) -> MapRequestLayer<impl Fn(Invocation) -> Invocation + Clone> {
        MapRequestLayer::new(|invocation: Invocation| {
            let context = invocation.context();
            if let Some(trace) = context.trace_id().and_then(parse_trace_header)
                && let Err(error) =
                    Span::current().set_parent(opentelemetry::Context::new().with_remote_span_context(trace))
            {
                tracing::warn!("failed to set the parent of the invocation's span: {error}");
            }
            self.export_after_reply(context);
            invocation
        })
    }

    /// Exports spans before the next invocation, since Lambda suspends the process and all its threads in between.
    fn export_after_reply(&self, context: &Context) {
        let provider = self.0.clone();
        context.wait_until(async move {
            // `force_flush` blocks its thread, which would keep the deadline from interrupting it.
            let result = tokio::task::spawn_blocking(move || provider.force_flush()).await;
            if !matches!(result, Ok(Ok(()))) {
                tracing::warn!("failed to export spans: {result:?}");
            }
        });
    }
}

/// Parses the trace and the calling span from `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`.
///
/// See [tracing header](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
fn parse_trace_header(header: &str) -> Option<SpanContext> {
    let part = |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let (time, random) = part("Root")?.strip_prefix("1-")?.split_once('-')?;
    let trace = TraceId::from_hex(&format!("{time}{random}")).ok()?;
    let parent = SpanId::from_hex(part("Parent")?).ok()?;
    let sampled = TraceFlags::default().with_sampled(part("Sampled") == Some("1"));
    Some(SpanContext::new(trace, parent, sampled, true, TraceState::default()))
}

#[cfg(test)]
mod tests {
    // In a test, an unwrap is an assertion.
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn trace_header_contains_trace_and_parent() {
        let trace =
            parse_trace_header("Root=1-5759e988-bd862e3fe1be46a994272793; Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a")
                .unwrap();
        assert_eq!(trace.trace_id().to_string(), "5759e988bd862e3fe1be46a994272793");
        assert_eq!((trace.span_id().to_string(), trace.is_sampled()), ("53995c3f42cd8ad8".to_owned(), true));
    }

    #[test]
    fn invalid_trace_headers_are_ignored() {
        for header in ["", "Root=1-5759e988", "Root=1-x-y;Parent=53995c3f42cd8ad8", "Parent=53995c3f42cd8ad8;Sampled=1"]
        {
            assert!(parse_trace_header(header).is_none(), "{header}");
        }
    }
}
