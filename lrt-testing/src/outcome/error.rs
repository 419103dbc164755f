//! Function errors.

use lrt_core::RenderedError;
use serde::Deserialize;
use std::fmt;

/// A function error, as Lambda returns it to the caller.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// async fn half(n: u32) -> Result<u32, String> {
///     if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }
/// }
///
/// let outcome = lrt::json(half).harness().invoke("3").await;
/// let error = outcome.error().unwrap();
/// assert_eq!((error.error_type(), error.message()), ("Error", "3 is odd"));
/// assert!(error.stack_trace().is_empty());
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionError {
    error_type: String,
    error_message: String,
    /// Missing in errors of lambda_runtime.
    #[serde(default)]
    stack_trace: Vec<String>,
}

impl FunctionError {
    pub(super) fn of(failure: &RenderedError) -> FunctionError {
        serde_json::from_slice(failure.body()).expect("an error is rendered with type and message")
    }

    /// Returns the `errorType`: the name of the error's type, or a name such as `Function.Panic` or
    /// `Runtime.UnmarshalError`.
    pub fn error_type(&self) -> &str {
        &self.error_type
    }

    /// Returns the `errorMessage`.
    pub fn message(&self) -> &str {
        &self.error_message
    }

    /// Returns the `stackTrace`: the messages of the causes, outermost first.
    pub fn stack_trace(&self) -> &[String] {
        &self.stack_trace
    }
}

/// Writes type, message and causes on one line.
impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.error_message)?;
        self.stack_trace.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl std::error::Error for FunctionError {}
