//! Responses to requests that do not reach a function.

use super::http_message::{HttpResponse, response};
use serde_json::json;

/// Reason why a request is not an invocation.
///
/// Where the Lambda service has an error for it, the response is the same (status, error name, keys of the body), so
/// that SDKs raise the same exception as in the cloud.
#[derive(Debug)]
pub(super) enum InvokeError {
    /// Sent by a foreign web page, or through a host name that resolves to this machine.
    ForeignOrigin,
    UnknownPath,
    MethodNotAllowed,
    UnknownFunction {
        arn: String,
    },
    /// A parameter does not match the service's pattern.
    Validation {
        value: String,
        member: &'static str,
        pattern: &'static str,
    },
    /// The operation does not support this `X-Amz-Invocation-Type`.
    InvocationType {
        requested: String,
        supported: String,
    },
    LogType(String),
    /// Too long, or not a JSON object in base64.
    ClientContext,
    PayloadTooLarge {
        size: usize,
        limit: usize,
        kind: &'static str,
    },
    InvalidJson(String),
    /// The connection was closed before the end of the body.
    IncompleteBody,
}

impl InvokeError {
    /// Returns the response. `example` is a command that invokes the function.
    pub(super) fn into_response(self, example: &str) -> HttpResponse {
        match self {
            InvokeError::ForeignOrigin => {
                let hosts = "Host must be localhost, 127.0.0.1 or [::1]";
                let origins =
                    "web pages on this machine may only invoke HTTP functions, and other sites may only link to them";
                text(403, &format!("forbidden: {hosts}; {origins}"))
            }
            InvokeError::UnknownPath => text(404, &format!("not found; invoke the function with: {example}")),
            InvokeError::MethodNotAllowed => {
                text(405, &format!("method not allowed (expected POST); invoke the function with: {example}"))
            }
            InvokeError::IncompleteBody => text(400, "incomplete body"),
            InvokeError::UnknownFunction { arn } => {
                // The only error whose `Message` is in upper case in the service's model.
                error(404, "ResourceNotFoundException", "Message", &format!("Function not found: {arn}"))
            }
            InvokeError::Validation { value, member, pattern } => {
                let message = format!(
                    "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
                     Member must satisfy regular expression pattern: {pattern}"
                );
                error(400, "ValidationException", "message", &message)
            }
            InvokeError::InvocationType { requested, supported } => {
                let message = format!("invalid invocation type {requested:?} (expected one of {supported})");
                error(400, "InvalidParameterValueException", "message", &message)
            }
            InvokeError::LogType(requested) => {
                let message = format!("invalid log type {requested:?} (expected None or Tail)");
                error(400, "InvalidParameterValueException", "message", &message)
            }
            InvokeError::ClientContext => {
                let message = "Client context must be a valid Base64-encoded JSON object of up to 3583 bytes.";
                error(400, "InvalidRequestContentException", "message", message)
            }
            InvokeError::PayloadTooLarge { size, limit, kind } => {
                let message =
                    format!("{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)");
                error(413, "RequestTooLargeException", "message", &message)
            }
            InvokeError::InvalidJson(cause) => {
                let message = format!("Could not parse request body into json: {cause}");
                error(400, "InvalidRequestContentException", "message", &message)
            }
        }
    }
}

fn text(status: u16, line: &str) -> HttpResponse {
    let headers = [("Content-Type", "text/plain; charset=utf-8"), ("Allow", "POST")];
    // RFC 9110, section 15.5.6: a 405 response lists the allowed methods.
    let headers = if status == 405 { &headers[..] } else { &headers[..1] };
    response(status, headers, format!("{line}\n"))
}

/// See the errors of [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors).
fn error(status: u16, name: &str, message_key: &str, message: &str) -> HttpResponse {
    let body = json!({ "Type": "User", message_key: message });
    response(status, &[("Content-Type", "application/json"), ("x-amzn-ErrorType", name)], body.to_string())
}
