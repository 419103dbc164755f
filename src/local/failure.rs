//! What a failed invocation ended in, as its caller is told.

use crate::testing::{Answer, AnswerKind};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::json;

const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY: &str = "Lambda-Runtime-Function-Error-Body";

/// The error of an invocation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// Such as `Function.OrderError`.
    pub(super) error_type: String,
    /// JSON, as the function sent it.
    pub(super) error: Bytes,
}

impl Failure {
    /// What this answer says of a failure; `None` if it is whole. That a stream failed after its first byte is told behind it, in
    /// trailers: see [Streaming responses](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).
    pub(super) fn of(answer: &Answer, request_id: &str) -> Option<Failure> {
        match answer.kind {
            AnswerKind::Reply => {
                let error_type = answer.trailers.get(ERROR_TYPE)?.to_owned();
                let error = answer.trailers.get(ERROR_BODY).and_then(|body| BASE64_STANDARD.decode(body).ok());
                // Without it, or if it is no base64, the type is what is known.
                let error = error.unwrap_or_else(|| json!({ "errorType": error_type }).to_string().into());
                Some(Failure { error_type, error: error.into() })
            }
            AnswerKind::Error => {
                // The word that the service has for what has no name of its own.
                let error_type = answer.error_type().unwrap_or("Unhandled").to_owned();
                Some(Failure { error_type, error: answer.body.clone() })
            }
            AnswerKind::Lost => {
                let error_type = "Runtime.ExitError".to_owned();
                let message = format!("RequestId: {request_id} Error: the function's process ended without an answer");
                let error = json!({ "errorType": error_type, "errorMessage": message }).to_string();
                Some(Failure { error_type, error: error.into() })
            }
        }
    }
}
