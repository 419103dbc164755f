//! Records that Lambda sends to destinations.

mod async_invocation;
mod failed_batch;

pub use async_invocation::{AsyncInvocationEvent, async_invocation};
pub use failed_batch::{FailedBatchEvent, failed_batch};

use serde::Serialize;

/// The invocation that a record reports.
#[derive(Clone, Debug)]
struct ReportedInvocation {
    request_id: String,
    function: String,
    condition: String,
    attempts: u64,
    timestamp: String,
}

impl ReportedInvocation {
    fn new(condition: &str, attempts: u64) -> ReportedInvocation {
        ReportedInvocation {
            request_id: "request-1".to_owned(),
            function: "function".to_owned(),
            condition: condition.to_owned(),
            attempts,
            timestamp: "2026-01-01T00:00:00.000Z".to_owned(),
        }
    }

    /// `qualifier` follows the name of the function.
    fn to_json(&self, qualifier: &str) -> RequestJson<'_> {
        RequestJson {
            request_id: &self.request_id,
            function_arn: format!("arn:aws:lambda:us-east-1:123456789012:function:{}{qualifier}", self.function),
            condition: &self.condition,
            approximate_invoke_count: self.attempts,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestJson<'a> {
    request_id: &'a str,
    function_arn: String,
    condition: &'a str,
    approximate_invoke_count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseJson {
    status_code: u16,
    executed_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_error: Option<&'static str>,
}

impl ResponseJson {
    fn new(is_error: bool) -> ResponseJson {
        let function_error = is_error.then_some("Unhandled");
        ResponseJson { status_code: 200, executed_version: "$LATEST", function_error }
    }
}
