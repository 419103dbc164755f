//! Metrics in CloudWatch's Embedded Metric Format: lines of JSON in the log, from which CloudWatch extracts metrics.
//!
//! # Layout
//!
//! `collect` decides when metrics are written; `sink` holds what was recorded until then; `emf` writes the lines. The
//! recorder of the facade crate `metrics` is in `invocation`, since it needs the current context. Without the feature
//! `metrics`, `disabled` has the same interface and does nothing.

#[cfg(feature = "metrics")]
mod collect;
#[cfg(not(feature = "metrics"))]
mod disabled;
#[cfg(feature = "metrics")]
mod emf;
#[cfg(feature = "metrics")]
pub(crate) mod sink;

#[cfg(feature = "metrics")]
pub(crate) use collect::Recording;
#[cfg(feature = "metrics")]
pub use collect::{FunctionMetrics, InstanceMetrics};
#[cfg(not(feature = "metrics"))]
pub(crate) use disabled::Recording;
#[cfg(not(feature = "metrics"))]
pub use disabled::{FunctionMetrics, InstanceMetrics};

/// The maximum length of a namespace.
///
/// See [PutMetricData](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html).
const MAX_NAMESPACE_BYTES: usize = 255;

/// A metric that lrt records, other than durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Automatic {
    /// The invocation failed. At most 1.
    Errors,
    /// The function was stopped before its deadline. At most 1.
    Timeouts,
    /// Records whose handler returned `Ok`.
    RecordsSucceeded,
    /// Records that failed.
    RecordsFailed,
    /// Records that were stopped before the deadline or at shutdown.
    RecordsCutOff,
    /// Records that failed permanently and were acknowledged.
    RecordsPermanent,
}

#[cfg(feature = "metrics")]
impl Automatic {
    /// The names of the metrics, in the order of the variants.
    const NAMES: [&'static str; 6] =
        ["Errors", "Timeouts", "RecordsSucceeded", "RecordsFailed", "RecordsCutOff", "RecordsPermanent"];
}

/// Checks the namespace of metrics.
///
/// ```
/// use lrt_core::__private::metrics::check_namespace;
///
/// assert_eq!(check_namespace("Shop/Checkout"), Ok(()));
/// assert_eq!(check_namespace("AWS/Shop"), Err("`AWS/` is reserved for AWS services"));
/// ```
///
/// # Errors
///
/// Returns the reason why CloudWatch would reject it.
pub fn check_namespace(namespace: &str) -> Result<(), &'static str> {
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#: ".contains(&byte);
    if namespace.trim().is_empty() {
        Err("it is empty")
    } else if namespace.len() > MAX_NAMESPACE_BYTES {
        Err("it is longer than 255 characters")
    } else if namespace.starts_with(':') {
        Err("it begins with a colon")
    } else if namespace.starts_with("AWS/") {
        Err("`AWS/` is reserved for AWS services")
    } else if !namespace.bytes().all(is_valid) {
        Err("CloudWatch accepts letters, digits, spaces and `. - _ / # :`")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::check_namespace;

    #[test]
    fn namespaces_that_cloudwatch_rejects_are_invalid() {
        for valid in ["Shop", "a", "Shop/Orders_2.1-x#y: z", &"n".repeat(255)] {
            assert_eq!(check_namespace(valid), Ok(()), "{valid}");
        }
        for invalid in ["", " ", ":Shop", "AWS/Lambda", "Shöp", "a\nb", "a\"b", "a,b", &"n".repeat(256)] {
            assert!(check_namespace(invalid).is_err(), "{invalid}");
        }
    }
}
