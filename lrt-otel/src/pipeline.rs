//! Collects spans, and exports them by OTLP.

use crate::client::Client;
use crate::env::variable;
use crate::local::LocalPage;
use lrt_core::{BoxError, Context, log};
use opentelemetry::trace::{SpanKind, Status, TracerProvider as _};
use opentelemetry::{KeyValue, Value, global};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, Span, SpanData, SpanExporter as _, SpanProcessor};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::prelude::*;

/// Attributes that become the name and the kind of a span, since these are unknown when lrt opens it.
pub(crate) const SPAN_NAME: &str = "lrt.span.name";
pub(crate) const SPAN_KIND: &str = "lrt.span.kind";

/// The timeout of an export without `OTEL_EXPORTER_OTLP_TIMEOUT`. OpenTelemetry's default of 10 s is longer than most
/// invocations.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);

/// The maximum duration of an export at shutdown, and the time between the end of an export and the deadline.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(200);

/// The minimum time before the deadline to start an export. lrt stops work after the reply up to 50 ms before the deadline.
const MIN_TIME_LEFT: Duration = Duration::from_millis(150);

/// The maximum number of spans in a request.
const MAX_BATCH: usize = 512;

/// The maximum number of spans that wait for an export.
const MAX_QUEUE: usize = 8192;

/// Crates that send the spans. Their own spans would have to be sent as well.
const EXPORTER_CRATES: [&str; 5] = ["h2", "hyper", "hyper_util", "rustls", "opentelemetry"];

static PIPELINE: OnceLock<Option<Pipeline>> = OnceLock::new();

/// The collected spans, and where they are sent.
pub(crate) struct Pipeline {
    /// `None` without a collector, for the page only.
    exporter: Option<SpanExporter>,
    page: Option<LocalPage>,
    queue: Arc<Queue>,
    timeout: Duration,
    /// Tracers do not keep the provider alive.
    _provider: SdkTracerProvider,
}

/// Returns the pipeline of the process, and starts it at the first call. `None` without a collector, except for the page of the
/// local Lambda.
pub(crate) fn start() -> Option<&'static Pipeline> {
    PIPELINE.get_or_init(Pipeline::start).as_ref()
}

/// Returns the pipeline if it was started.
pub(crate) fn current() -> Option<&'static Pipeline> {
    PIPELINE.get()?.as_ref()
}

/// Returns true if the environment names a collector.
///
/// See [OTLP exporter configuration](https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
fn has_collector() -> bool {
    ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]
        .into_iter()
        .any(|name| variable(name).is_some())
}

/// Returns true if the environment disables traces.
///
/// See [general SDK configuration](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
fn is_disabled() -> bool {
    let is = |name, value: &str| variable(name).is_some_and(|found| found.eq_ignore_ascii_case(value));
    is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none")
}

impl Pipeline {
    fn start() -> Option<Pipeline> {
        if is_disabled() {
            return None;
        }
        let warn = |error: &dyn std::fmt::Display| log::warn("", format_args!("traces are not exported: {error}"));
        let resource = resource();
        let exporter = match has_collector() {
            true => Some(exporter(&resource).inspect_err(|error| warn(error)).ok()?),
            false => None,
        };
        let page = LocalPage::find();
        let queue = Arc::<Queue>::default();
        let provider =
            SdkTracerProvider::builder().with_span_processor(Collector(Arc::clone(&queue))).with_resource(resource);
        let provider = match (&exporter, &page) {
            (None, None) => return None,
            // The page shows all invocations. A collector expects those that the caller has sampled.
            (None, Some(_)) => provider.with_sampler(Sampler::AlwaysOn).build(),
            (Some(_), _) => provider.build(),
        };
        let is_exported = filter_fn(|metadata| {
            let root = metadata.target().split("::").next().unwrap_or_default();
            // The work after the reply includes the export.
            let is_export = metadata.is_span() && root == "lrt" && metadata.name() == "wait_until";
            *metadata.level() <= Level::INFO && !is_export && !EXPORTER_CRATES.contains(&root)
        });
        let spans = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("lrt"))
            // Otherwise the span of an invocation would start when it is entered, and its parent could no longer be set.
            .with_context_activation(false)
            // With the hint, spans and events of lower levels are disabled at their call sites.
            .with_filter(is_exported.with_max_level_hint(LevelFilter::INFO));
        let subscriber = tracing_subscriber::registry().with(spans).with(log::layer());
        if tracing::subscriber::set_global_default(subscriber).is_err() {
            warn(&"init has installed another subscriber");
            return None;
        }
        global::set_tracer_provider(provider.clone());
        global::set_text_map_propagator(TraceContextPropagator::new());
        let timeout =
            ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"].into_iter().find_map(variable);
        let timeout = timeout.and_then(|ms| ms.parse().ok()).map_or(DEFAULT_TIMEOUT, Duration::from_millis);
        Some(Pipeline { exporter, page, queue, timeout, _provider: provider })
    }

    /// Exports all spans, in the time that an invocation has left. After an invocation that was stopped at its deadline, spans
    /// are left to the next export.
    pub(crate) async fn flush_after(&self, context: &Context) {
        let left = context.remaining();
        if left < MIN_TIME_LEFT {
            return;
        }
        let limit = left.saturating_sub(SHUTDOWN_TIMEOUT).max(left / 2);
        self.flush(context.request_id(), limit).await;
    }

    pub(crate) async fn flush_at_shutdown(&self) {
        self.flush("", SHUTDOWN_TIMEOUT).await;
    }

    async fn flush(&self, request_id: &str, limit: Duration) {
        let mut unsent = Unsent { spans: self.queue.take(), queue: &self.queue };
        let all = unsent.spans.len();
        if let Some(page) = &self.page
            && let Err(error) = page.show(&unsent.spans, limit).await
        {
            log::warn(request_id, format_args!("failed to show {all} spans on the local page: {error}"));
        }
        let Some(exporter) = &self.exporter else {
            unsent.spans.clear();
            return;
        };
        let export = async {
            while !unsent.spans.is_empty() {
                let count = unsent.spans.len().min(MAX_BATCH);
                exporter.export(unsent.spans[..count].to_vec()).await?;
                unsent.spans.drain(..count);
            }
            OTelSdkResult::Ok(())
        };
        let limit = limit.min(self.timeout);
        let error = match tokio::time::timeout(limit, export).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no response within {} ms", limit.as_millis()),
        };
        let count = mem::take(&mut unsent.spans).len();
        log::warn(request_id, format_args!("failed to export {count} of {all} spans: {error}"));
    }
}

fn exporter(resource: &Resource) -> Result<SpanExporter, BoxError> {
    let mut exporter = SpanExporter::builder().with_http().with_http_client(Client::new()?).build()?;
    exporter.set_resource(resource);
    Ok(exporter)
}

/// Spans that are being exported. If the export is stopped, as at shutdown, they are put back.
struct Unsent<'a> {
    spans: Vec<SpanData>,
    queue: &'a Queue,
}

impl Drop for Unsent<'_> {
    fn drop(&mut self) {
        if !self.spans.is_empty() {
            self.queue.lock().splice(..0, self.spans.drain(..));
        }
    }
}

/// The spans that have ended and were not exported yet.
#[derive(Debug, Default)]
struct Queue(Mutex<Vec<SpanData>>);

impl Queue {
    fn take(&self) -> Vec<SpanData> {
        mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SpanData>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Collects spans that have ended.
#[derive(Debug)]
struct Collector(Arc<Queue>);

impl SpanProcessor for Collector {
    fn on_start(&self, _: &mut Span, _: &opentelemetry::Context) {}

    fn on_end(&self, mut span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        let has = |name: &str| span.attributes.iter().any(|attribute| attribute.key.as_str() == name);
        // tracing-opentelemetry sets an error for every log line of that level, such as the one about a failed record. A batch has
        // an error only if the layer has set it.
        if (has("messaging.batch.message_count") || has("faas.document.collection")) && !has("error.type") {
            span.status = Status::Unset;
        }
        span.attributes.retain(|attribute| match (attribute.key.as_str(), &attribute.value) {
            (SPAN_NAME, Value::String(name)) => {
                span.name = name.as_str().to_owned().into();
                false
            }
            (SPAN_KIND, Value::String(kind)) => {
                span.span_kind = if kind.as_str() == "consumer" { SpanKind::Consumer } else { SpanKind::Server };
                false
            }
            _ => true,
        });
        let mut queue = self.0.lock();
        // The spans of the last invocation are more useful than those of an earlier one that could not be exported.
        if queue.len() == MAX_QUEUE {
            queue.drain(..MAX_QUEUE / 2);
        }
        queue.push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Returns the attributes of the function. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` take precedence.
///
/// See [FaaS resources](https://opentelemetry.io/docs/specs/semconv/resource/faas/) and [AWS
/// Lambda](https://opentelemetry.io/docs/specs/semconv/faas/aws-lambda/).
fn resource() -> Resource {
    let mut attributes = vec![KeyValue::new("cloud.provider", "aws"), KeyValue::new("cloud.platform", "aws_lambda")];
    for (name, key) in [
        ("AWS_REGION", "cloud.region"),
        ("AWS_LAMBDA_FUNCTION_NAME", "faas.name"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "faas.version"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "faas.instance"),
        ("AWS_LAMBDA_FUNCTION_NAME", "service.name"),
    ] {
        attributes.extend(variable(name).map(|value| KeyValue::new(key, value)));
    }
    let memory = variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|mb| mb.parse::<i64>().ok());
    attributes.extend(memory.map(|mb| KeyValue::new("faas.max_memory", mb.saturating_mul(1024 * 1024))));
    let log_group = variable("AWS_LAMBDA_LOG_GROUP_NAME").map(opentelemetry::StringValue::from);
    attributes.extend(log_group.map(|group| KeyValue::new("aws.log.group.names", Value::Array(vec![group].into()))));
    // The detectors of the builder read the two variables, and are the default of the merge.
    let of_environment = Resource::builder().build();
    let is_set = |key: &str| {
        let named = of_environment.iter().find(|(found, _)| found.as_str() == key);
        named.is_some_and(|(_, value)| !value.as_str().starts_with("unknown_service"))
    };
    attributes.retain(|attribute| !is_set(attribute.key.as_str()));
    Resource::builder().with_attributes(attributes).build()
}
