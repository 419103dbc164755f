//! The error of an invocation, as the caller receives it.

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
    /// Type of the error, such as `Function.OrderError`.
    pub(super) error_type: String,
    /// JSON of the error, as the function sent it.
    pub(super) body: Bytes,
}

impl FunctionError {
    /// Returns the error of an answer; `None` for a complete reply. The trailers of a stream contain an error that occurred
    /// after its first byte: see [Streaming responses](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).
    pub(super) fn from_answer(answer: &Answer, request_id: &str) -> Option<FunctionError> {
        match answer.kind {
            AnswerKind::Reply => {
                let error_type = answer.trailers.get(ERROR_TYPE)?.to_owned();
                let body = answer.trailers.get(ERROR_BODY).and_then(|body| BASE64_STANDARD.decode(body).ok());
                // Without a valid body, only the type is known.
                let body = body.unwrap_or_else(|| json!({ "errorType": error_type }).to_string().into());
                Some(FunctionError { error_type, body: body.into() })
            }
            AnswerKind::Error => {
                // The error type that the service uses for errors without a type.
                let error_type = answer.error_type().unwrap_or("Unhandled").to_owned();
                Some(FunctionError { error_type, body: answer.body.clone() })
            }
            AnswerKind::Lost => {
                let error_type = "Runtime.ExitError".to_owned();
                let message = format!("RequestId: {request_id} Error: the function's process exited without a reply");
                let body = json!({ "errorType": error_type, "errorMessage": message }).to_string();
                Some(FunctionError { error_type, body: body.into() })
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

    /// Posts these bytes after the path of the invocation, and returns the answer.
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
    async fn failed_replies_have_a_type_and_a_body() {
        let streamed = |trailers: &str| {
            let head = "Transfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming";
            format!("response HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n1\r\na\r\n0\r\n{trailers}\r\n")
        };
        let failed = |headers: &str| format!("error HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: 2\r\n\r\n{{}}");
        let named = "Lambda-Runtime-Function-Error-Type: Function.Late\r\n";
        let only_type = r#"{"errorType":"Function.Late"}"#;
        for (post, error) in [
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
            let found = FunctionError::from_answer(&answer(&post).await, "a-1");
            let expected = error.map(|(error_type, body)| FunctionError {
                error_type: error_type.to_owned(),
                body: Bytes::from_static(body.as_bytes()),
            });
            assert_eq!(found, expected, "{post}");
        }
    }

    #[tokio::test]
    async fn exited_process_is_an_error() {
        let api = RuntimeApi::start().await.unwrap();
        let pending = api.send(Event::new("{}"));
        api.stop();
        let error = FunctionError::from_answer(&pending.await, "a-1").unwrap();
        assert_eq!(error.error_type, "Runtime.ExitError");
        let body: serde_json::Value = serde_json::from_slice(&error.body).unwrap();
        assert_eq!(body["errorMessage"], "RequestId: a-1 Error: the function's process exited without a reply");
    }
}
