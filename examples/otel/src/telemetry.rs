//! Spans for a collector: set up at the cold start, in the trace that X-Ray began, and sent once the caller has its answer.

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

/// What lives as long as the process.
pub(crate) struct Telemetry(SdkTracerProvider);

/// Installs a subscriber that collects spans, and writes lines as well.
///
/// `OTEL_EXPORTER_OTLP_ENDPOINT` says where the collector is. Unless set, that is port 4318 of this machine, where the
/// extension with the collector listens.
pub(crate) async fn start() -> Result<Telemetry, Error> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let name = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| "checkout".to_owned());
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name(name).build())
        .build();
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("checkout"))
        // Otherwise lrt's span has no parent, and can get none any more, once it is entered.
        .with_context_activation(false)
        // What sends the spans is in none that is sent.
        .with_filter(filter_fn(|metadata| metadata.name() != "wait_until"));
    let lines = tracing_subscriber::fmt::layer().without_time().with_ansi(false).with_writer(std::io::stderr);
    // The exporter's own crates have spans too, which would be sent with the next ones, and so on.
    let of_interest = filter_fn(|metadata| ["lrt", "otel"].contains(&root(metadata.target())));
    tracing_subscriber::registry()
        .with(spans)
        .with(lines.with_filter(LevelFilter::INFO))
        .with(of_interest)
        .try_init()?;
    Ok(Telemetry(provider))
}

fn root(target: &str) -> &str {
    target.split("::").next().unwrap_or_default()
}

impl Telemetry {
    /// Puts lrt's span of each invocation into its trace, and has all spans sent after the reply.
    pub(crate) fn layer(&'static self) -> MapRequestLayer<impl Fn(Invocation) -> Invocation + Clone> {
        MapRequestLayer::new(|invocation: Invocation| {
            let context = invocation.context();
            if let Some(trace) = context.trace_id().and_then(trace)
                && let Err(error) =
                    Span::current().set_parent(opentelemetry::Context::new().with_remote_span_context(trace))
            {
                tracing::warn!("the invocation's span is not in its trace: {error}");
            }
            self.send_after_reply(context);
            invocation
        })
    }

    /// Lambda stops the process between two invocations, with all its threads: what is to be sent must be sent before.
    fn send_after_reply(&self, context: &Context) {
        let provider = self.0.clone();
        context.wait_until(async move {
            // It blocks, and the guard could not end that.
            let sent = tokio::task::spawn_blocking(move || provider.force_flush()).await;
            if !matches!(sent, Ok(Ok(()))) {
                tracing::warn!("spans were not sent: {sent:?}");
            }
        });
    }
}

/// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`, the trace and the span that called.
///
/// See [tracing header](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
fn trace(header: &str) -> Option<SpanContext> {
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
    fn a_header_names_trace_and_parent() {
        let trace =
            trace("Root=1-5759e988-bd862e3fe1be46a994272793; Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a").unwrap();
        assert_eq!(trace.trace_id().to_string(), "5759e988bd862e3fe1be46a994272793");
        assert_eq!((trace.span_id().to_string(), trace.is_sampled()), ("53995c3f42cd8ad8".to_owned(), true));
    }

    #[test]
    fn an_odd_header_is_no_trace() {
        for odd in ["", "Root=1-5759e988", "Root=1-x-y;Parent=53995c3f42cd8ad8", "Parent=53995c3f42cd8ad8;Sampled=1"] {
            assert!(trace(odd).is_none(), "{odd}");
        }
    }
}
