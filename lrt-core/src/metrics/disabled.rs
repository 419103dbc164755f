//! The interface of the metrics without the feature `metrics`.

use super::Automatic;
use crate::error::RenderedError;
use crate::log::Span;
use std::future::Future;

/// Metrics of a function. Without the feature `metrics`, nothing is recorded.
#[derive(Clone, Debug, Default)]
pub struct FunctionMetrics;

impl FunctionMetrics {
    pub(crate) fn of_process(_: Option<&str>, _: &str) -> FunctionMetrics {
        FunctionMetrics
    }

    /// Returns the metrics of a function in a test.
    pub fn captured(_: Option<&str>, _: &str) -> FunctionMetrics {
        FunctionMetrics
    }

    pub(crate) fn is_enabled(&self) -> bool {
        false
    }

    /// Returns the future.
    pub fn init<T>(
        &self,
        init: impl Future<Output = Result<T, RenderedError>>,
    ) -> impl Future<Output = Result<T, RenderedError>> {
        init
    }

    /// Returns no lines.
    pub fn take_lines(&self) -> Vec<String> {
        Vec::new()
    }

    pub(crate) fn flush(&self) {}
}

/// Metrics of an execution environment.
#[derive(Clone, Debug, Default)]
pub struct InstanceMetrics;

impl InstanceMetrics {
    pub(crate) fn new(_: &FunctionMetrics, _: &str) -> InstanceMetrics {
        InstanceMetrics
    }

    /// Returns false.
    pub fn is_enabled(&self) -> bool {
        false
    }

    /// Does nothing.
    pub fn record(&self, _: Automatic, _: usize) {}

    pub(crate) fn write_rest(&self, _: &str) {}
}

/// Measures an invocation.
pub(crate) struct Recording;

impl Recording {
    pub(crate) fn begin(_: &InstanceMetrics) -> Recording {
        Recording
    }

    pub(crate) fn end(self, _: &InstanceMetrics, _: &Span, _: &str, _: bool) {}
}
