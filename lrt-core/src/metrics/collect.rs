//! Collects the metrics of invocations, and writes them after each reply.

use super::emf::{AutomaticMetric, Dimensions, LineWriter};
use super::sink::{self, Recorded, Sink, State};
use super::{Automatic, check_namespace};
use crate::error::RenderedError;
use crate::log::{self, Span};
use std::array;
use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The environment variable with the value of the dimension `Service`, as for Powertools for AWS Lambda.
const SERVICE: &str = "POWERTOOLS_SERVICE_NAME";

/// The maximum number of names for which a warning is remembered.
const MAX_WARNINGS: usize = 1000;

/// The maximum length of a name in a warning.
const MAX_WARNING_CHARS: usize = 64;

/// The metrics of a function, which all of its workers share.
#[derive(Clone, Debug, Default)]
pub struct FunctionMetrics(Option<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    namespace: String,
    /// The dimension `FunctionName` outside of invocations.
    function: String,
    /// The dimension `Service`.
    service: Option<String>,
    /// The level of the lines in the JSON format; see [`log_level`].
    level: Option<&'static str>,
    output: Output,
    /// The duration of the function's init, until it is written.
    init: Mutex<Option<Duration>>,
    /// Metrics that were recorded outside of an invocation.
    unattributed: Arc<Sink>,
    /// The metrics of each execution environment.
    sinks: Mutex<Vec<Arc<Sink>>>,
    /// The names that a warning was logged for.
    warned: Mutex<BTreeSet<String>>,
}

#[derive(Debug)]
enum Output {
    Stderr,
    /// For tests.
    Captured(Mutex<Vec<String>>),
}

impl FunctionMetrics {
    /// Creates the metrics of the function of this process. They are written to stderr. A namespace that is invalid is an
    /// error of the function's init, so nothing is recorded for it.
    pub(crate) fn of_process(namespace: Option<&str>, function: &str) -> FunctionMetrics {
        FunctionMetrics::new(namespace, function, Output::Stderr)
    }

    /// Creates the metrics of a function in a test, whose lines are returned by
    /// [`take_lines`](FunctionMetrics::take_lines).
    pub fn captured(namespace: Option<&str>, function: &str) -> FunctionMetrics {
        FunctionMetrics::new(namespace, function, Output::Captured(Mutex::default()))
    }

    fn new(namespace: Option<&str>, function: &str, output: Output) -> FunctionMetrics {
        let Some(namespace) = namespace.filter(|namespace| check_namespace(namespace).is_ok()) else {
            return FunctionMetrics(None);
        };
        let variable = |name: &str| std::env::var(name).ok();
        let level = match output {
            Output::Stderr => log_level(variable),
            Output::Captured(_) => None,
        };
        let unattributed = Arc::<Sink>::default();
        sink::set_fallback(&unattributed);
        FunctionMetrics(Some(Arc::new(Shared {
            namespace: namespace.to_owned(),
            function: function.to_owned(),
            service: variable(SERVICE).filter(|service| !service.is_empty()),
            level,
            output,
            init: Mutex::default(),
            unattributed,
            sinks: Mutex::default(),
            warned: Mutex::default(),
        })))
    }

    /// Returns true if the function has metrics.
    pub(crate) fn is_enabled(&self) -> bool {
        self.0.is_some()
    }

    /// Runs the function's init. Measures it, and attributes the metrics that it records to this function. If it fails,
    /// all metrics are written.
    ///
    /// # Errors
    ///
    /// Returns the error of the init.
    pub async fn init<T>(&self, init: impl Future<Output = Result<T, RenderedError>>) -> Result<T, RenderedError> {
        let Some(shared) = &self.0 else { return init.await };
        let started = Instant::now();
        let mut init = pin!(init);
        let initialized = poll_fn(|cx| sink::within(&shared.unattributed, || init.as_mut().poll(cx))).await;
        *lock(&shared.init) = Some(started.elapsed());
        if initialized.is_err() {
            let instance = InstanceMetrics::new(self, &shared.function);
            instance.record(Automatic::Errors, 1);
            instance.write("", false, None);
        }
        initialized
    }

    /// Returns the lines that were written since the last call, if they are captured.
    pub fn take_lines(&self) -> Vec<String> {
        match self.0.as_deref().map(|shared| &shared.output) {
            Some(Output::Captured(lines)) => mem::take(&mut *lock(lines)),
            _ => Vec::new(),
        }
    }

    /// Writes everything that was recorded and not written yet, before the process exits.
    pub(crate) fn flush(&self) {
        let Some(shared) = &self.0 else { return };
        let rest = lock(&shared.sinks)
            .iter()
            .fold(shared.unattributed.take_recorded(), |rest, sink| rest.merge(sink.take_recorded()));
        if !rest.is_empty() {
            shared.write(&shared.dimensions(&shared.function), "", [].iter(), &rest);
        }
    }
}

impl Shared {
    fn dimensions(&self, function: &str) -> Dimensions {
        let service = self.service.as_deref().unwrap_or_default();
        Dimensions::new(&[("FunctionName", function), ("Service", service)])
    }

    /// Writes the lines for these metrics.
    fn write<'a>(
        &self,
        dimensions: &Dimensions,
        request_id: &str,
        automatic: impl Iterator<Item = &'a AutomaticMetric>,
        own: &'a Recorded,
    ) {
        let warn = |name: &str, problem: &str| self.warn(request_id, name, problem);
        let mut writer = LineWriter::new(&self.namespace, dimensions, request_id, self.level, &warn);
        writer.write(automatic, own);
        let lines = writer.finish();
        match &self.output {
            // Errors of stderr are ignored, as for log lines.
            Output::Stderr => drop(io::stderr().write_all(&lines)),
            Output::Captured(captured) => {
                lock(captured).extend(String::from_utf8_lossy(&lines).lines().map(str::to_owned));
            }
        }
    }

    /// Logs a warning, once for each metric and label.
    fn warn(&self, request_id: &str, name: &str, problem: &str) {
        let mut warned = lock(&self.warned);
        if warned.len() < MAX_WARNINGS && warned.insert(format!("{name} {problem}")) {
            let name: String = name.chars().take(MAX_WARNING_CHARS).collect();
            log::warn(request_id, format_args!("metric {name:?}: {problem}"));
        }
    }
}

/// The metrics of an execution environment, which handles one invocation at a time.
#[derive(Clone, Debug, Default)]
pub struct InstanceMetrics(Option<Arc<Instance>>);

#[derive(Debug)]
struct Instance {
    shared: Arc<Shared>,
    sink: Arc<Sink>,
    dimensions: Dimensions,
}

impl InstanceMetrics {
    pub(crate) fn new(function: &FunctionMetrics, name: &str) -> InstanceMetrics {
        InstanceMetrics(function.0.as_ref().map(|shared| {
            let sink = Arc::new(Sink::sharing_levels(&shared.unattributed));
            lock(&shared.sinks).push(Arc::clone(&sink));
            Arc::new(Instance { shared: Arc::clone(shared), sink, dimensions: shared.dimensions(name) })
        }))
    }

    /// Returns true if the function has metrics. Always false without the feature `metrics`.
    pub fn is_enabled(&self) -> bool {
        self.0.is_some()
    }

    /// Adds to a metric of the current invocation. Does nothing if the function has no metrics.
    pub fn record(&self, metric: Automatic, count: usize) {
        if let Some(instance) = &self.0 {
            instance.sink.record_automatic(metric, count);
        }
    }

    /// Returns the sink for the metrics of the function.
    pub(crate) fn sink(&self) -> Option<&Sink> {
        self.0.as_ref().map(|instance| &*instance.sink)
    }

    /// Writes the lines of an invocation, or of an init that failed.
    fn write(&self, request_id: &str, is_cold_start: bool, elapsed: Option<Duration>) {
        let Some(instance) = &self.0 else { return };
        let Instance { shared, sink, dimensions } = &**instance;
        let init = lock(&shared.init).take();
        let State { counts, recorded } = sink.take();
        let duration = |name, duration: Option<Duration>| {
            let value = duration.map(|duration| duration.as_micros() as f64 / 1000.0);
            AutomaticMetric { name, unit: "Milliseconds", value }
        };
        let count =
            |name, count: usize| AutomaticMetric { name, unit: "Count", value: (count > 0).then_some(count as f64) };
        let measured = [
            count("ColdStart", usize::from(is_cold_start)),
            duration("InitDuration", init),
            duration("Duration", elapsed),
        ];
        let counted: [_; Automatic::NAMES.len()] = array::from_fn(|i| count(Automatic::NAMES[i], counts[i]));
        let own = recorded.merge(shared.unattributed.take_recorded());
        shared.write(dimensions, request_id, measured.iter().chain(&counted), &own);
    }

    /// Writes the metrics that `wait_until` work has recorded after the lines of the invocation, if there are any.
    pub(crate) fn write_rest(&self, request_id: &str) {
        let Some(instance) = &self.0 else { return };
        let own = instance.sink.take_recorded();
        if !own.is_empty() {
            instance.shared.write(&instance.dimensions, request_id, [].iter(), &own);
        }
    }
}

/// Measures an invocation.
pub(crate) struct Recording(Option<Instant>);

impl Recording {
    pub(crate) fn begin(metrics: &InstanceMetrics) -> Recording {
        Recording(metrics.is_enabled().then(Instant::now))
    }

    /// Writes the metrics of the invocation, whose reply was sent. Warnings about them are in its span.
    pub(crate) fn end(self, metrics: &InstanceMetrics, span: &Span, request_id: &str, is_cold_start: bool) {
        if let Some(started) = self.0 {
            span.enter(|| metrics.write(request_id, is_cold_start, Some(started.elapsed())));
        }
    }
}

/// Returns the level of the lines in Lambda's JSON log format, which keeps them above the level that is configured.
///
/// In this format, Lambda drops lines below the level, and a line without level and timestamp has the level INFO; see
/// [log-level filtering](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html).
fn log_level(variable: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    if !variable("AWS_LAMBDA_LOG_FORMAT")?.eq_ignore_ascii_case("json") {
        return None;
    }
    let level = variable("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    let stricter = ["WARN", "ERROR", "FATAL"].into_iter().find(|name| level.eq_ignore_ascii_case(name));
    Some(stricter.unwrap_or("INFO"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_configured_level_in_the_json_format() {
        let level = |format: &str, level: &str| {
            log_level(|name| match name {
                "AWS_LAMBDA_LOG_FORMAT" => Some(format.to_owned()),
                "AWS_LAMBDA_LOG_LEVEL" => Some(level.to_owned()),
                _ => None,
            })
        };
        assert_eq!(level("Text", "ERROR"), None);
        assert_eq!(level("JSON", ""), Some("INFO"));
        assert_eq!(level("JSON", "DEBUG"), Some("INFO"));
        assert_eq!(level("json", "WARN"), Some("WARN"));
        assert_eq!(level("JSON", "FATAL"), Some("FATAL"));
        assert_eq!(log_level(|_| None), None);
    }
}
