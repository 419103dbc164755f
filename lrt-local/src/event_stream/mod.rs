//! [InvokeWithResponseStream](https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html): sends the
//! function's reply as it arrives, in messages of an event stream (`frame`).
//!
//! Each chunk is a [`PayloadChunk`](https://docs.aws.amazon.com/lambda/latest/api/API_InvokeResponseStreamUpdate.html), and the last
//! message is [`InvokeComplete`](https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStreamCompleteEvent.html). It
//! contains the error of an invocation that failed before or after the first chunk: `ErrorCode` is the type that the runtime
//! reported, `ErrorDetails` is the error itself. The status is 200 in either case.
//!
//! The function's bytes are not changed. For a streaming HTTP function, they consist of the prelude, eight NUL bytes
//! and the body, which a function URL or a REST API would convert to a response.

mod frame;

use super::function_error::FunctionError;
use super::lambda;
use super::pool::{PendingInvocation, Pool};
use super::report::InvocationReport;
use frame::frame;
use hyper::Response;
use hyper::body::{Body, Bytes, Frame};
use lrt_testing::__private::ReplyPart;
use lrt_testing::{Event, Pending};
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;

/// The content type of an event stream.
const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// Invokes the function with an event. The response starts at once. If `with_log` is set, its last message contains the
/// end of the log.
pub(super) fn invoke(pool: &Pool, event: Event, with_log: bool) -> Response<EventStream> {
    let (parts, PendingInvocation { answer, report }) = pool.invoke_streaming(event);
    let head = Response::builder()
        .header("Content-Type", EVENT_STREAM)
        .header("x-amzn-RequestId", answer.request_id())
        .header("X-Amz-Executed-Version", lambda::VERSION);
    let body =
        EventStream { parts, answer, report: with_log.then_some(report), is_streamed: false, is_complete: false };
    head.body(body).expect("the headers are written here, and request ids are UUIDs")
}

/// A function's reply, as messages. Dropping it ends the function's stream.
pub(super) struct EventStream {
    parts: Receiver<ReplyPart>,
    answer: Pending,
    report: Option<oneshot::Receiver<InvocationReport>>,
    /// True if a part has been sent, in which case the body of the answer must not be sent again.
    is_streamed: bool,
    is_complete: bool,
}

impl Body for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.is_complete {
            return Poll::Ready(None);
        }
        while let Some(part) = ready!(self.parts.poll_recv(cx)) {
            self.is_streamed = true;
            if let ReplyPart::Bytes(bytes) = part {
                return Poll::Ready(Some(Ok(Frame::data(payload_chunk(&bytes).into()))));
            }
        }
        let answer = ready!(Pin::new(&mut self.answer).poll(cx));
        self.is_complete = true;
        let error = FunctionError::from_answer(&answer, self.answer.request_id());
        let mut last = match error {
            None if !self.is_streamed => payload_chunk(&answer.body),
            _ => Vec::new(),
        };
        let report = self.report.as_mut().and_then(|report| report.try_recv().ok());
        last.extend(invoke_complete(error.as_ref(), report.map(|report| report.log_tail())));
        Poll::Ready(Some(Ok(Frame::data(last.into()))))
    }
}

fn payload_chunk(bytes: &[u8]) -> Vec<u8> {
    event("PayloadChunk", "application/octet-stream", bytes)
}

fn invoke_complete(error: Option<&FunctionError>, log: Option<String>) -> Vec<u8> {
    let mut members = Map::new();
    if let Some(FunctionError { error_type, body }) = error {
        members.insert("ErrorCode".to_owned(), Value::from(&**error_type));
        members.insert("ErrorDetails".to_owned(), Value::from(String::from_utf8_lossy(body)));
    }
    if let Some(log) = log {
        members.insert("LogResult".to_owned(), Value::from(log));
    }
    event("InvokeComplete", "application/json", Value::Object(members).to_string().as_bytes())
}

fn event(name: &str, content_type: &str, payload: &[u8]) -> Vec<u8> {
    frame(&[(":event-type", name), (":content-type", content_type), (":message-type", "event")], payload)
}

#[cfg(test)]
mod tests {
    use super::frame::tests::messages;
    use super::*;

    #[test]
    fn chunks_are_bytes_and_the_last_message_is_json() {
        let error = FunctionError { error_type: "Function.Late".to_owned(), body: r#"{"errorType":"Late"}"#.into() };
        let sent = [
            payload_chunk(b"\0\xff"),
            invoke_complete(None, None),
            invoke_complete(Some(&error), Some("bG9n".to_owned())),
        ]
        .concat();
        let details = br#"{"ErrorCode":"Function.Late","ErrorDetails":"{\"errorType\":\"Late\"}","LogResult":"bG9n"}"#;
        let expected: [(&str, &str, &[u8]); 3] = [
            ("PayloadChunk", "application/octet-stream", b"\0\xff"),
            ("InvokeComplete", "application/json", b"{}"),
            ("InvokeComplete", "application/json", details),
        ];
        let expected = expected.map(|(name, content_type, payload)| {
            let headers = [(":event-type", name), (":content-type", content_type), (":message-type", "event")];
            (headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(), payload.to_vec())
        });
        assert_eq!(messages(&sent), expected);
    }
}
