use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::event::Event;
use super::headers::Headers;
use super::request::{self, Request};

/// What the function answered to an event, or posted as its init error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// A reply, an error, or nothing.
    pub kind: AnswerKind,
    /// The headers of the function's POST, such as `Content-Type` or `Lambda-Runtime-Invocation-Id`.
    pub headers: Headers,
    /// The body of the function's POST.
    pub body: Bytes,
    /// The trailers after a chunked body: how a streamed reply tells that it failed.
    pub trailers: Headers,
    chunk_sizes: Vec<usize>,
}

/// A part of a streamed reply, for those who want it as it comes.
#[derive(Debug)]
#[doc(hidden)]
pub enum Part {
    /// The function has begun to send it: the first part.
    Begun,
    Bytes(Bytes),
}

/// Which kind of [`Answer`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// The function's reply.
    Reply,
    /// A function error or init error; or the error that the service reports in the function's place, which is only
    /// `Function.ResponseSizeTooLarge`.
    Error,
    /// No answer came and none will: the API stopped, the process ended
    /// ([`RuntimeApi::process_ended`](super::RuntimeApi::process_ended)), or the answer was refused for good
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

    #[doc(hidden)]
    pub fn too_large(limit: usize) -> Self {
        let mut headers = Headers::default();
        headers.push("Lambda-Runtime-Function-Error-Type", "Function.ResponseSizeTooLarge");
        let body = format!(
            r#"{{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size ({limit} bytes)."}}"#
        );
        Self { kind: AnswerKind::Error, headers, body: body.into(), ..Self::lost() }
    }

    /// An error that the service reports in the function's place.
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

    /// Whether this is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.kind == AnswerKind::Error
    }

    /// Whether no answer came and none will.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.kind == AnswerKind::Lost
    }

    /// The header `Lambda-Runtime-Function-Error-Type`, such as `Function.OrderError`.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.headers.get("Lambda-Runtime-Function-Error-Type")
    }

    /// The chunks of a streamed reply, as they came.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        request::chunks(&self.body, &self.chunk_sizes)
    }

    /// The body as text, whatever the kind.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// The answer to an event that was sent; dropping it leaves the event queued.
#[derive(Debug)]
pub struct Pending {
    request_id: String,
    answer: oneshot::Receiver<Answer>,
}

impl Pending {
    pub(super) fn new(request_id: String, answer: oneshot::Receiver<Answer>) -> Self {
        Self { request_id, answer }
    }

    /// One whose answer is given by hand.
    #[doc(hidden)]
    pub fn of(event: &Event) -> (oneshot::Sender<Answer>, Self) {
        let (sender, answer) = oneshot::channel();
        (sender, Self::new(event.id().to_owned(), answer))
    }

    /// The event's request id.
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
