//! Receives the metrics of the facade crate `metrics`, and attributes them to the current invocation.

use super::context::Context;
use crate::log;
use crate::metrics::sink::{self, Sink};
use ::metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use std::sync::{Arc, OnceLock};

/// Installs the recorder of the process, once.
pub(crate) fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        if ::metrics::set_global_recorder(LambdaRecorder).is_err() {
            let message = "metrics of the crate `metrics` are not written: another recorder is installed";
            log::warn("", format_args!("{message}"));
        }
    });
}

/// The recorder for the facade crate `metrics`.
struct LambdaRecorder;

impl Recorder for LambdaRecorder {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        describe(&name, unit);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        describe(&name, unit);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        describe(&name, unit);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Handle(key.clone())))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::new(Handle(key.clone())))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Handle(key.clone())))
    }
}

fn describe(name: &KeyName, unit: Option<Unit>) {
    if let Some(unit) = unit {
        sink::describe(name.as_str(), unit);
    }
}

/// A counter, gauge or histogram. It belongs to no invocation, so that it can be kept: each call is attributed to the
/// invocation that makes it.
struct Handle(Key);

impl Handle {
    /// Calls `record` with the sink of the current invocation. Metrics of functions without a namespace are dropped.
    fn record(&self, record: impl FnOnce(&Sink, &Key)) {
        match Context::current() {
            Some(context) => {
                if let Some(sink) = context.metrics().sink() {
                    record(sink, &self.0);
                }
            }
            None => {
                if let Some(sink) = sink::outside_of_invocations() {
                    record(&sink, &self.0);
                }
            }
        }
    }
}

impl CounterFn for Handle {
    fn increment(&self, value: u64) {
        self.record(|sink, key| sink.add_to_counter(key, value));
    }

    fn absolute(&self, value: u64) {
        self.record(|sink, key| sink.set_counter(key, value));
    }
}

impl GaugeFn for Handle {
    fn increment(&self, value: f64) {
        self.record(|sink, key| sink.change_gauge(key, |level| level + value));
    }

    fn decrement(&self, value: f64) {
        self.record(|sink, key| sink.change_gauge(key, |level| level - value));
    }

    fn set(&self, value: f64) {
        self.record(|sink, key| sink.change_gauge(key, |_| value));
    }
}

impl HistogramFn for Handle {
    fn record(&self, value: f64) {
        self.record_many(value, 1);
    }

    fn record_many(&self, value: f64, count: usize) {
        Handle::record(self, |sink, key| sink.add_to_histogram(key, value, count));
    }
}
