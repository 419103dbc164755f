use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::event::Event;
use super::headers::Headers;
use super::request::{self, Request};

/// The function's answer to an event, or its init error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The kind of answer: a reply, an error, or none.
    pub kind: AnswerKind,
    /// The headers of the function's POST, such as `Content-Type` or `Lambda-Runtime-Invocation-Id`.
    pub headers: Headers,
    /// The body of the function's POST.
    pub body: Bytes,
    /// The trailers after a chunked body, which report the error of a streamed reply.
    pub trailers: Headers,
    chunk_sizes: Vec<usize>,
}

/// Kind of an [`Answer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// The function's reply.
    Reply,
    /// A function error, an init error, or the error `Function.ResponseSizeTooLarge`, which Lambda reports instead of the function.
    Error,
    /// The answer was lost: the API stopped, the process exited
    /// ([`RuntimeApi::process_ended`](super::RuntimeApi::process_ended)), or the answer was rejected
    /// ([`Fault::Status`](super::Fault::Status)).
    Lost,
}

impl Answer {
    pub(super) fn new(kind: AnswerKind, request: &Request) -> Self {
        let Request { headers, body, trailers, chunk_sizes, .. } = request.clone();
        Self { kind, headers, body, trailers, chunk_sizes }
    }

    pub(super) fn lost() -> Self {
        Self {
            kind: AnswerKind::Lost,
            headers: Headers::default(),
            body: Bytes::new(),
            trailers: Headers::default(),
            chunk_sizes: Vec::new(),
        }
    }

    /// Returns the error for a reply that exceeds the size limit.
    #[doc(hidden)]
    pub fn too_large(limit: usize) -> Self {
        let mut headers = Headers::default();
        headers.push("Lambda-Runtime-Function-Error-Type", "Function.ResponseSizeTooLarge");
        let body = format!(
            r#"{{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size ({limit} bytes)."}}"#
        );
        Self { kind: AnswerKind::Error, headers, body: body.into(), ..Self::lost() }
    }

    /// Returns an error that Lambda reports instead of the function.
    #[doc(hidden)]
    pub fn of_service(error_type: &str, message: &str) -> Self {
        let mut headers = Headers::default();
        headers.push("Lambda-Runtime-Function-Error-Type", error_type);
        let body = serde_json::json!({ "errorType": error_type, "errorMessage": message });
        Self { kind: AnswerKind::Error, headers, body: body.to_string().into(), ..Self::lost() }
    }

    /// The body, if this is a reply.
    #[must_use]
    pub fn reply(&self) -> Option<&[u8]> {
        (self.kind == AnswerKind::Reply).then_some(&self.body)
    }

    /// Returns true if this is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.kind == AnswerKind::Error
    }

    /// Returns true if the answer was lost.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.kind == AnswerKind::Lost
    }

    /// Returns the header `Lambda-Runtime-Function-Error-Type`, such as `Function.OrderError`.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.headers.get("Lambda-Runtime-Function-Error-Type")
    }

    /// Returns the chunks of a streamed reply, as they were sent.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        request::chunks(&self.body, &self.chunk_sizes)
    }

    /// Returns the body as a string, for every kind of answer.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Future of the answer to an event. The event stays queued if this is dropped.
#[derive(Debug)]
pub struct Pending {
    request_id: String,
    answer: oneshot::Receiver<Answer>,
}

impl Pending {
    pub(super) fn new(request_id: String, answer: oneshot::Receiver<Answer>) -> Self {
        Self { request_id, answer }
    }

    /// Creates a pending answer and its sender.
    #[doc(hidden)]
    pub fn of(event: &Event) -> (oneshot::Sender<Answer>, Self) {
        let (sender, answer) = oneshot::channel();
        (sender, Self::new(event.id().to_owned(), answer))
    }

    /// Returns the request id of the event.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }
}

impl Future for Pending {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        Pin::new(&mut self.answer).poll(context).map(|answer| answer.unwrap_or_else(|_| Answer::lost()))
    }
}
