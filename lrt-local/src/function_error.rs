//! What a failed invocation ended in, as its caller is told.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use lrt_testing::{Answer, AnswerKind};
use serde_json::json;

const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY: &str = "Lambda-Runtime-Function-Error-Body";

/// The error of an invocation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FunctionError {
    /// Such as `Function.OrderError`.
    pub(super) error_type: String,
    /// JSON, as the function sent it.
    pub(super) error: Bytes,
}

impl FunctionError {
    /// What this answer says of a failure; `None` if it is whole. That a stream failed after its first byte is told behind it, in
    /// trailers: see [Streaming responses](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).
    pub(super) fn of(answer: &Answer, request_id: &str) -> Option<FunctionError> {
        match answer.kind {
            AnswerKind::Reply => {
                let error_type = answer.trailers.get(ERROR_TYPE)?.to_owned();
                let error = answer.trailers.get(ERROR_BODY).and_then(|body| BASE64_STANDARD.decode(body).ok());
                // Without it, or if it is no base64, the type is what is known.
                let error = error.unwrap_or_else(|| json!({ "errorType": error_type }).to_string().into());
                Some(FunctionError { error_type, error: error.into() })
            }
            AnswerKind::Error => {
                // The word that the service has for what has no name of its own.
                let error_type = answer.error_type().unwrap_or("Unhandled").to_owned();
                Some(FunctionError { error_type, error: answer.body.clone() })
            }
            AnswerKind::Lost => {
                let error_type = "Runtime.ExitError".to_owned();
                let message = format!("RequestId: {request_id} Error: the function's process ended without an answer");
                let error = json!({ "errorType": error_type, "errorMessage": message }).to_string();
                Some(FunctionError { error_type, error: error.into() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt_testing::{Event, RuntimeApi};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    /// The answer that these bytes are, behind the address of a POST.
    async fn answer(post: &str) -> Answer {
        let api = RuntimeApi::start().await.unwrap();
        let pending = api.send(Event::new("{}").request_id("a-1"));
        let mut function = TcpStream::connect(api.address()).await.unwrap();
        function.write_all(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert_ne!(function.read(&mut [0; 4096]).await.unwrap(), 0);
        let post = format!("POST /2018-06-01/runtime/invocation/a-1/{post}");
        function.write_all(post.as_bytes()).await.unwrap();
        pending.await
    }

    #[tokio::test]
    async fn each_way_to_fail_has_a_type_and_an_error() {
        let streamed = |trailers: &str| {
            let head = "Transfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming";
            format!("response HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n1\r\na\r\n0\r\n{trailers}\r\n")
        };
        let failed = |headers: &str| format!("error HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: 2\r\n\r\n{{}}");
        let named = "Lambda-Runtime-Function-Error-Type: Function.Late\r\n";
        let only_type = r#"{"errorType":"Function.Late"}"#;
        for (post, failure) in [
            (streamed(""), None),
            (streamed("Lambda-Runtime-Function-Error-Body: e30=\r\n"), None),
            (streamed(&format!("{named}Lambda-Runtime-Function-Error-Body: e30=\r\n")), Some(("Function.Late", "{}"))),
            (streamed(named), Some(("Function.Late", only_type))),
            (
                streamed(&format!("{named}Lambda-Runtime-Function-Error-Body: e3=0\r\n")),
                Some(("Function.Late", only_type)),
            ),
            (failed(named), Some(("Function.Late", "{}"))),
            (failed(""), Some(("Unhandled", "{}"))),
        ] {
            let found = FunctionError::of(&answer(&post).await, "a-1");
            let expected = failure.map(|(error_type, error)| FunctionError {
                error_type: error_type.to_owned(),
                error: Bytes::from_static(error.as_bytes()),
            });
            assert_eq!(found, expected, "{post}");
        }
    }

    #[tokio::test]
    async fn a_process_that_has_ended_is_a_failure() {
        let api = RuntimeApi::start().await.unwrap();
        let pending = api.send(Event::new("{}"));
        api.stop();
        let failure = FunctionError::of(&pending.await, "a-1").unwrap();
        assert_eq!(failure.error_type, "Runtime.ExitError");
        let error: serde_json::Value = serde_json::from_slice(&failure.error).unwrap();
        assert_eq!(error["errorMessage"], "RequestId: a-1 Error: the function's process ended without an answer");
    }
}
