//! What never reaches the function, and how its caller is told.

use super::invoke_api::{Answer, answer};
use serde_json::json;

/// Why a request is not an invocation.
///
/// Where the service has an error for it, the answer is the service's (name, status, keys of the body), so that SDKs
/// raise the exception that they would raise in the cloud.
pub(super) enum InvokeError {
    /// From a web page, or through a name that somebody has pointed at this machine.
    Foreign,
    UnknownPath,
    NotPost,
    UnknownFunction {
        arn: String,
    },
    /// `X-Amz-Invocation-Type` asks for what the operation does not do; these are there.
    UnknownType {
        asked: String,
        there: String,
    },
    UnknownLogType(String),
    /// It is too long, or no JSON object in base64.
    ClientContext,
    TooLarge {
        size: usize,
        limit: usize,
        kind: &'static str,
    },
    NotJson(String),
    /// The body broke off: whoever sent it has most likely gone.
    Incomplete,
}

impl InvokeError {
    /// The answer; `curl` is how to do it right.
    pub(super) fn into_answer(self, curl: &str) -> Answer {
        match self {
            InvokeError::Foreign => {
                let own = "Host and Origin, where there is one, must be localhost, 127.0.0.1 or [::1]";
                text(403, &format!("{own}, and pages of other sites may do no more than link here"))
            }
            InvokeError::UnknownPath => text(404, &format!("there is nothing here; to invoke the function: {curl}")),
            InvokeError::NotPost => text(405, &format!("only POST invokes the function: {curl}")),
            InvokeError::Incomplete => text(400, "the body is not complete"),
            InvokeError::UnknownFunction { arn } => {
                // The one error whose message the service's model writes in upper case.
                error(404, "ResourceNotFoundException", "Message", &format!("Function not found: {arn}"))
            }
            InvokeError::UnknownType { asked, there } => {
                let wrong = format!("Invocation type {asked:?} is none of {there}");
                error(400, "InvalidParameterValueException", "message", &wrong)
            }
            InvokeError::UnknownLogType(kind) => {
                let wrong = format!("Log type {kind:?} is neither None nor Tail");
                error(400, "InvalidParameterValueException", "message", &wrong)
            }
            InvokeError::ClientContext => {
                let wrong = "Client context must be a valid Base64-encoded JSON object of up to 3583 bytes.";
                error(400, "InvalidRequestContentException", "message", wrong)
            }
            InvokeError::TooLarge { size, limit, kind } => {
                let wrong =
                    format!("{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)");
                error(413, "RequestTooLargeException", "message", &wrong)
            }
            InvokeError::NotJson(why) => {
                let wrong = format!("Could not parse request body into json: {why}");
                error(400, "InvalidRequestContentException", "message", &wrong)
            }
        }
    }
}

fn text(status: u16, line: &str) -> Answer {
    let headers = [("Content-Type", "text/plain; charset=utf-8"), ("Allow", "POST")];
    // RFC 9110, 15.5.6: 405 tells what is allowed.
    let headers = if status == 405 { &headers[..] } else { &headers[..1] };
    answer(status, headers, format!("{line}\n"))
}

/// See the errors of [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors).
fn error(status: u16, name: &str, message_key: &str, message: &str) -> Answer {
    let body = json!({ "Type": "User", message_key: message });
    answer(status, &[("Content-Type", "application/json"), ("x-amzn-ErrorType", name)], body.to_string())
}
