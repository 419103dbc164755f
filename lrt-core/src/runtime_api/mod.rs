//! Client of the Lambda Runtime API.
//!
//! See [Using the Lambda runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

pub(crate) mod address;
pub(crate) mod extension;
pub(crate) mod http1;
pub(crate) mod stream;

use crate::error::{ErrorReport, RenderedError};
use crate::interrupt::{Interrupted, ShutdownSignal, with_deadline_or_shutdown};
use crate::invocation::{Context, EventHeaders};
use crate::json::find_text;
use crate::log;
use crate::metrics::Automatic;
use crate::reply_buffer::{HEAD_BYTES, ReplyBuffer};
use address::Address;
use bytes::Bytes;
use http1::conn::{Conn, ConnError, RETRY_PAUSES, ReadDeadline};
use http1::request_head::{self, Post};
use http1::response_head::Field;
pub(crate) use http1::response_head::number;
use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
const INVOCATION: &str = "/2018-06-01/runtime/invocation/";
const INIT_ERROR: &str = "/2018-06-01/runtime/init/error";

const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

const ERROR_JSON: &str = "application/vnd.aws.lambda.error+json";

/// The maximum duration of the retries: failures that are further apart are counted separately.
const RETRY_WINDOW: Duration = Duration::from_secs(2);

/// The delay before the next request after a response without an event (204, which cargo-lambda's emulator sends).
const NO_EVENT_PAUSE: Duration = Duration::from_millis(20);

/// An error after which the process cannot continue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fatal {
    /// AWS: "Container error. Non-recoverable state. Runtime should exit promptly."
    #[error("the Runtime API is in a non-recoverable state (status 500 from {request})")]
    NonRecoverable { request: &'static str, request_id: String },
    #[error("failed to get the next event after {attempts} attempts: {error}")]
    NoEvent { error: NextError, attempts: usize },
    /// A worker failed for another reason.
    #[error("{0}")]
    Worker(String),
}

impl Fatal {
    /// Returns the request id of the invocation whose answer failed, or an empty string.
    pub(crate) fn request_id(&self) -> &str {
        if let Fatal::NonRecoverable { request_id, .. } = self { request_id } else { "" }
    }
}

/// The error of one request for an event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NextError {
    #[error("{0}")]
    Conn(#[from] ConnError),
    #[error("status {status} from /next: {body}")]
    Status { status: u16, body: String },
    #[error("{0}")]
    Interrupted(Interrupted),
}

/// The service's response to a reply or an error.
#[derive(Debug)]
pub(crate) enum PostOutcome {
    Accepted,
    /// The invocation had already timed out (410).
    TimedOut,
    /// The reply exceeds the service's limit (413).
    TooLarge {
        size: usize,
    },
    Rejected {
        status: u16,
        body: String,
    },
    /// The first attempt got no response, and the second one was rejected, but not because of the first one.
    Unconfirmed {
        status: u16,
        body: String,
    },
    /// No response, after all retries.
    NoResponse(ConnError),
}

impl PostOutcome {
    /// Logs an outcome other than `Accepted`, on one line.
    pub(crate) fn log(&self, request_id: &str, label: &str) {
        match self {
            PostOutcome::Accepted => {}
            PostOutcome::TimedOut => {
                log::warn(request_id, format_args!("{label} sent too late: the invocation had timed out (410)"));
            }
            PostOutcome::TooLarge { size } => {
                log::error(
                    request_id,
                    format_args!("the Runtime API rejected the {label}: {size} bytes exceeds the limit (413)"),
                );
            }
            PostOutcome::Rejected { status, body } => {
                log::error(request_id, format_args!("the Runtime API rejected the {label}: status {status}: {body}"));
            }
            PostOutcome::Unconfirmed { status, body } => log::warn(
                request_id,
                format_args!(
                    "the {label} may be lost: no response to the first attempt, status {status} for the second one: {body}"
                ),
            ),
            PostOutcome::NoResponse(error) => {
                log::error(request_id, format_args!("no response from the Runtime API to the {label}: {error}"));
            }
        }
    }
}

/// A client of the Runtime API with one connection.
pub(crate) struct Client {
    conn: Conn,
    address: Arc<Address>,
    /// The request for the next event, which never changes.
    next: Vec<u8>,
    /// True while the response to this request is awaited.
    is_asking: bool,
    reply: Post,
    error: Post,
    init_error: Post,
    /// The head of the current POST.
    head: Vec<u8>,
    /// The buffer of the last reply, which is reused.
    buffer: ReplyBuffer,
}

impl Client {
    pub(crate) fn new(address: Arc<Address>) -> Client {
        Client {
            conn: Conn::new(),
            next: request_head::get(&address, NEXT, None),
            is_asking: false,
            reply: Post::new(&address, INVOCATION, "/response", "application/json"),
            error: Post::new(&address, INVOCATION, "/error", ERROR_JSON),
            init_error: Post::new(&address, INIT_ERROR, "", ERROR_JSON),
            head: Vec::with_capacity(HEAD_BYTES),
            buffer: ReplyBuffer::default(),
            address,
        }
    }

    /// Opens the connection, so that the first request is sent when it is first polled. If this fails, the first
    /// request tries again and returns the error.
    pub(crate) async fn open(&mut self) {
        let _ = self.conn.open(&self.address).await;
    }

    /// Waits for the next event, whose parts are then returned by [`headers`](Client::headers) and
    /// [`take`](Client::take).
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: if the future is dropped before it completes, only [`finish_next`](Client::finish_next) may be
    /// called, since an event may be arriving.
    pub(crate) async fn next(&mut self) -> Result<(), Fatal> {
        match self.ask_next().await {
            Ok(200) => Ok(()),
            // Rare cases are boxed, so that the future of the usual case stays small.
            other => Box::pin(self.next_after(other)).await,
        }
    }

    /// Waits for the next event after a failed request.
    async fn next_after(&mut self, mut asked: Result<u16, ConnError>) -> Result<(), Fatal> {
        let mut retries = RetryState::default();
        loop {
            let error = match asked {
                Ok(200) => return Ok(()),
                Ok(500) => return Err(Fatal::NonRecoverable { request: "/next", request_id: String::new() }),
                Ok(204) => {
                    // The Runtime API works, so a later failure starts a new series of retries.
                    retries = RetryState::default();
                    None
                }
                Ok(status) => Some(NextError::Status { status, body: excerpt(self.conn.body()) }),
                Err(error) => Some(error.into()),
            };
            let pause = match error {
                None => NO_EVENT_PAUSE,
                Some(error) => {
                    let pause = retries.pause();
                    self.fail_event(&error).await?;
                    pause.ok_or(Fatal::NoEvent { error, attempts: retries.attempts })?
                }
            };
            tokio::time::sleep(pause).await;
            retries.sent = Some(Instant::now());
            asked = self.ask_next().await;
        }
    }

    /// Sends `GET /next`, a long poll.
    async fn ask_next(&mut self) -> Result<u16, ConnError> {
        self.is_asking = true;
        let asked = self.conn.exchange(&self.address, &self.next, ReadDeadline::LongPoll).await;
        self.is_asking = false;
        asked
    }

    /// Completes a [`next`](Client::next) that was dropped because of the shutdown signal. Returns true if an event was
    /// arriving, and has arrived within the grace period.
    pub(crate) async fn finish_next(&mut self, shutdown: &mut ShutdownSignal<'_>) -> Result<bool, Fatal> {
        if !self.is_asking || !self.conn.has_partial_response() {
            return Ok(false);
        }
        self.is_asking = false;
        let resumed = {
            let resumed = pin!(self.conn.resume(ReadDeadline::LongPoll));
            with_deadline_or_shutdown(resumed, || None, shutdown).await
        };
        let error = match resumed {
            Ok(Ok(status)) => return Ok(status == 200),
            Ok(Err(error)) => error.into(),
            Err(interrupted) => NextError::Interrupted(interrupted),
        };
        self.fail_event(&error).await?;
        Ok(false)
    }

    /// Logs why an event was not received, and posts an error for its invocation if its request id was received. Without a
    /// connection, no event can be lost, and the error is logged after the last attempt only.
    async fn fail_event(&mut self, error: &NextError) -> Result<(), Fatal> {
        let request_id = self.conn.partial_value(Field::RequestId).unwrap_or_default();
        let invocation_id = self.conn.partial_value(Field::InvocationId);
        self.conn.close();
        if !matches!(error, NextError::Conn(ConnError::Connect { .. })) {
            log::warn(&request_id, format_args!("failed to get the next event: {error}"));
        }
        if request_id.is_empty() {
            return Ok(());
        }
        let message = format!("failed to receive the event: {error}");
        let failure = ErrorReport::with_message("Runtime.EventNotReceived", message).render();
        self.error(&request_id, invocation_id.as_deref(), &failure).await?.log(&request_id, "error");
        Ok(())
    }

    /// Returns the headers of the event.
    pub(crate) fn headers(&self) -> EventHeaders<'_> {
        let (head, bytes) = self.conn.head();
        let value = |field| head.value(bytes, field);
        EventHeaders {
            request_id: value(Field::RequestId).unwrap_or_default(),
            function_arn: value(Field::FunctionArn).unwrap_or_default(),
            deadline_ms: head.number(bytes, Field::DeadlineMs),
            trace_id: value(Field::TraceId),
            tenant_id: value(Field::TenantId),
            client_context: value(Field::ClientContext),
            identity: value(Field::Identity),
            invocation_id: value(Field::InvocationId),
        }
    }

    /// Takes the payload of the event, and the buffer for its reply.
    pub(crate) fn take(&mut self) -> (Bytes, ReplyBuffer) {
        (self.conn.take_body(), std::mem::take(&mut self.buffer))
    }

    /// Posts a reply.
    pub(crate) async fn reply(&mut self, context: &Context, mut reply: ReplyBuffer) -> Result<PostOutcome, Fatal> {
        let headers = [(INVOCATION_ID, context.invocation_id())];
        self.reply.write(&mut self.head, &segment(context.request_id()), reply.body().len(), &headers);
        let outcome = self.post(context.request_id(), reply.framed(&self.head)).await;
        self.buffer = reply;
        outcome
    }

    /// Posts the error of an invocation instead of a reply. Logs the error, and the outcome if it was not accepted.
    pub(crate) async fn fail(&mut self, context: &Context, failure: &RenderedError) -> Result<(), Fatal> {
        let id = context.request_id();
        context.metrics().record(Automatic::Errors, 1);
        if !failure.logged {
            log::error_report(log::Level::Error, id, format_args!("{}", failure.text), failure);
        }
        self.error(id, context.invocation_id(), failure).await?.log(id, "error");
        Ok(())
    }

    async fn error(
        &mut self,
        request_id: &str,
        invocation_id: Option<&str>,
        failure: &RenderedError,
    ) -> Result<PostOutcome, Fatal> {
        let headers = [(ERROR_TYPE, Some(&*failure.header)), (INVOCATION_ID, invocation_id)];
        self.error.write(&mut self.head, &segment(request_id), failure.body.len(), &headers);
        let request = [&self.head, &failure.body[..]].concat();
        self.post(request_id, &request).await
    }

    /// Posts the error of the function's init.
    pub(crate) async fn init_error(&mut self, failure: &RenderedError) -> Result<PostOutcome, Fatal> {
        let headers = [(ERROR_TYPE, Some(&*failure.header))];
        self.init_error.write(&mut self.head, "", failure.body.len(), &headers);
        let request = [&self.head, &failure.body[..]].concat();
        self.post("", &request).await
    }

    /// Sends a POST and returns the outcome.
    async fn post(&mut self, request_id: &str, request: &[u8]) -> Result<PostOutcome, Fatal> {
        match self.conn.deliver(&self.address, request).await {
            Ok((200..=299, _)) => Ok(PostOutcome::Accepted),
            // The first request had arrived, and the service accepts only one answer.
            Ok((400 | 403, true)) if is_already_answered(self.conn.body()) => Ok(PostOutcome::Accepted),
            Ok((status @ (400 | 403), true)) => {
                Ok(PostOutcome::Unconfirmed { status, body: excerpt(self.conn.body()) })
            }
            Ok((status, _)) => self.outcome(request_id, status, request.len()),
            Err(error) => Ok(PostOutcome::NoResponse(error)),
        }
    }

    #[cold]
    fn outcome(&self, request_id: &str, status: u16, size: usize) -> Result<PostOutcome, Fatal> {
        match status {
            500 => Err(Fatal::NonRecoverable { request: "a reply", request_id: request_id.to_owned() }),
            410 => Ok(PostOutcome::TimedOut),
            413 => Ok(PostOutcome::TooLarge { size }),
            status => Ok(PostOutcome::Rejected { status, body: excerpt(self.conn.body()) }),
        }
    }
}

/// Consecutive failures of requests for the next event.
#[derive(Default)]
struct RetryState {
    since: Option<Instant>,
    attempts: usize,
    /// The time at which the last request was sent, if known.
    sent: Option<Instant>,
}

impl RetryState {
    /// Returns the delay before the next attempt, or `None` after the last attempt.
    fn pause(&mut self) -> Option<Duration> {
        let now = Instant::now();
        // A long poll that failed late starts a new series of retries.
        if self.sent.is_some_and(|sent| now - sent > RETRY_WINDOW) {
            *self = RetryState::default();
        }
        let since = *self.since.get_or_insert(now);
        let pause = RETRY_PAUSES.get(self.attempts).copied();
        self.attempts += 1;
        pause.filter(|_| now - since <= RETRY_WINDOW)
    }
}

/// Returns true if the service rejected a reply because the invocation already has one: its state is a later one, or its id
/// is no longer known.
fn is_already_answered(body: &[u8]) -> bool {
    let error_type = std::str::from_utf8(body).ok().and_then(|body| find_text(body, "errorType"));
    matches!(error_type.as_deref(), Some("InvalidStateTransition" | "InvalidRequestID"))
}

/// Encodes a request id as a path segment. Lambda's are UUIDs; an emulator's must not be able to change the head of the
/// request.
fn segment(id: &str) -> Cow<'_, str> {
    // Unlike `all`, this has no early exit, so that the compiler checks 16 bytes at once.
    if id.bytes().fold(true, |is_plain, byte| is_plain & (byte.is_ascii_alphanumeric() | (byte == b'-'))) {
        return Cow::Borrowed(id);
    }
    let mut segment = String::new();
    for byte in id.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => segment.push(char::from(byte)),
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    Cow::Owned(segment)
}

/// Returns the start of a response body on one line, for the log.
fn excerpt(body: &[u8]) -> String {
    const BYTES: usize = 200;
    let body = body[..body.len().min(BYTES)].trim_ascii();
    String::from_utf8_lossy(body).replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rejections_of_a_second_reply_count_as_accepted() {
        let transition = r#"{"errorMessage":"State transition from Ready to InvocationResponse failed","errorType":"InvalidStateTransition"}"#;
        for (body, expected) in [
            (transition, true),
            (r#"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#, true),
            (r#"{"errorMessage":"InvalidRequestID","errorType":"AccessDenied"}"#, false),
            (r#"{"errorMessage":"no"}"#, false),
            ("InvalidStateTransition", false),
            ("", false),
        ] {
            assert_eq!(is_already_answered(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn request_id_is_encoded_as_one_path_segment() {
        assert_eq!(segment("8476a536-e9f4-11e8-9739-2dfe598c3fcd"), "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
        assert_eq!(segment("a/b c\r\nx: é?"), "a%2Fb%20c%0D%0Ax%3A%20%C3%A9%3F");
        assert_eq!(segment("a_b.c~d"), "a_b.c~d");
        assert_eq!(segment(""), "");
    }
}
