//! The Runtime API: what is asked, in which words, and what the answers mean.
//!
//! See [Using the Lambda runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

pub(crate) mod address;
pub(crate) mod extension;
mod http1;
pub(crate) mod stream;

use crate::error::RenderedError;
use crate::invocation::{Context, EventHeaders};
use crate::log;
use crate::reply::{HEAD_BYTES, ReplyBuffer};
use address::Address;
use bytes::Bytes;
use http1::conn::{Conn, ConnError, Due, RETRY_PAUSES};
use http1::request_head::{self, Post};
use http1::response_head::Field;
pub(crate) use http1::response_head::number;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
const INVOCATION: &str = "/2018-06-01/runtime/invocation/";
const INIT_ERROR: &str = "/2018-06-01/runtime/init/error";

const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

const ERROR_JSON: &str = "application/vnd.aws.lambda.error+json";

/// Failures that are further apart than this are not of one outage.
const RETRY_WINDOW: Duration = Duration::from_secs(2);

/// How soon to ask again after an answer that carries no event (204: cargo-lambda's emulator has them).
const NO_EVENT_PAUSE: Duration = Duration::from_millis(20);

/// The process cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fatal {
    /// AWS: "Container error. Non-recoverable state. Runtime should exit promptly."
    #[error("the Runtime API is in a non-recoverable state (status 500 to {0})")]
    NonRecoverable(&'static str),
    #[error("the Runtime API gives no events: {error} ({tries} tries)")]
    Lost { error: NextError, tries: usize },
    /// One of several workers cannot go on, for a reason of its own.
    #[error("{0}")]
    Worker(String),
}

/// Why one request for an event brought none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NextError {
    #[error("{0}")]
    Conn(#[from] ConnError),
    #[error("status {status} to /next: {body}")]
    Status { status: u16, body: String },
}

/// What the service made of a reply or an error.
#[derive(Debug)]
pub(crate) enum Posted {
    Accepted,
    /// The invocation had timed out already (410).
    Late,
    /// Over the service's limit (413).
    TooLarge {
        size: usize,
    },
    Refused {
        status: u16,
        body: String,
    },
    /// No answer, however often it was sent.
    Lost(ConnError),
}

impl Posted {
    /// One line where the service did not take what was posted.
    pub(crate) fn log(&self, request_id: &str, what: &str) {
        match self {
            Posted::Accepted => {}
            Posted::Late => {
                log::warn(request_id, format_args!("the {what} came too late: the invocation had timed out (410)"));
            }
            Posted::TooLarge { size } => {
                log::error(
                    request_id,
                    format_args!("the Runtime API refused the {what} for its size, {size} bytes (413)"),
                );
            }
            Posted::Refused { status, body } => {
                log::error(request_id, format_args!("the Runtime API refused the {what}: status {status}: {body}"));
            }
            Posted::Lost(error) => {
                log::error(request_id, format_args!("the Runtime API gave no answer to the {what}: {error}"));
            }
        }
    }
}

/// The Runtime API over one connection.
pub(crate) struct Client {
    conn: Conn,
    address: Arc<Address>,
    /// The request for the next event, which never changes.
    next: Vec<u8>,
    reply: Post,
    error: Post,
    init_error: Post,
    /// The head of the POST under way.
    head: Vec<u8>,
    /// The buffer of the last reply, for the next one.
    room: ReplyBuffer,
}

impl Client {
    // Apart: its callers are cold.
    #[inline(never)]
    pub(crate) fn new(address: Arc<Address>) -> Client {
        Client {
            conn: Conn::new(),
            next: request_head::get(&address, NEXT, None),
            reply: Post::new(&address, INVOCATION, "/response", "application/json"),
            error: Post::new(&address, INVOCATION, "/error", ERROR_JSON),
            init_error: Post::new(&address, INIT_ERROR, "", ERROR_JSON),
            head: Vec::with_capacity(HEAD_BYTES),
            room: ReplyBuffer::default(),
            address,
        }
    }

    /// Opens the connection, so that the first request goes out with its first poll. A failure is met again there.
    pub(crate) async fn open(&mut self) {
        let _ = self.conn.open(&self.address).await;
    }

    /// Waits for the next event, which is then taken in two steps: its headers, its payload.
    ///
    /// # Cancel safety
    ///
    /// A client whose `next` was dropped must not be used any more: an answer is still to come.
    pub(crate) async fn next(&mut self) -> Result<(), Fatal> {
        match self.ask_next().await {
            Ok(200) => Ok(()),
            // What is rare is boxed, here and below: the future of the usual case stays small.
            other => Box::pin(self.next_after(other)).await,
        }
    }

    /// The next event, after a request for it that brought none.
    async fn next_after(&mut self, mut asked: Result<u16, ConnError>) -> Result<(), Fatal> {
        let mut outage = Outage::default();
        loop {
            let error = match asked {
                Ok(200) => return Ok(()),
                Ok(500) => return Err(Fatal::NonRecoverable("/next")),
                Ok(204) => None,
                Ok(status) => Some(NextError::Status { status, body: excerpt(self.conn.body()) }),
                Err(error) => Some(error.into()),
            };
            let pause = match error {
                None => NO_EVENT_PAUSE,
                Some(error) => {
                    self.conn.close();
                    outage.pause(error)?
                }
            };
            tokio::time::sleep(pause).await;
            outage.sent = Some(Instant::now());
            asked = self.ask_next().await;
        }
    }

    /// `GET /next`, whose answer may take for ever to start.
    async fn ask_next(&mut self) -> Result<u16, ConnError> {
        self.conn.exchange(&self.address, &self.next, Due::Whenever).await
    }

    /// The headers of the event that came, which make its context.
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

    /// Takes the payload of the event that came, and the buffer for its reply, which comes back with that.
    pub(crate) fn take(&mut self) -> (Bytes, ReplyBuffer) {
        (self.conn.take_body(), std::mem::take(&mut self.room))
    }

    /// Posts what the function answered.
    pub(crate) async fn reply(&mut self, context: &Context, mut reply: ReplyBuffer) -> Result<Posted, Fatal> {
        let headers = [(INVOCATION_ID, context.invocation_id())];
        self.reply.write(&mut self.head, &segment(context.request_id()), reply.body().len(), &headers);
        let posted = self.post(reply.framed(&self.head)).await;
        self.room = reply;
        posted
    }

    /// Posts an error in place of a reply; or, without a context, why the function could not start.
    pub(crate) async fn error(&mut self, context: Option<&Context>, failure: &RenderedError) -> Result<Posted, Fatal> {
        let (post, id) = match context {
            Some(context) => (&self.error, segment(context.request_id())),
            None => (&self.init_error, Cow::Borrowed("")),
        };
        let invocation_id = context.and_then(Context::invocation_id);
        let headers = [(ERROR_TYPE, Some(&*failure.header)), (INVOCATION_ID, invocation_id)];
        post.write(&mut self.head, &id, failure.body.len(), &headers);
        let request = [&self.head, &failure.body[..]].concat();
        self.post(&request).await
    }

    /// Sends a POST; what the service makes of it.
    async fn post(&mut self, request: &[u8]) -> Result<Posted, Fatal> {
        match self.conn.deliver(&self.address, request).await {
            Ok((200..=299, _)) => Ok(Posted::Accepted),
            // The first one had arrived: the service takes one only.
            Ok((400 | 403, true)) => Ok(Posted::Accepted),
            Ok((status, _)) => self.posted(status, request.len()),
            Err(error) => Ok(Posted::Lost(error)),
        }
    }

    #[cold]
    fn posted(&self, status: u16, size: usize) -> Result<Posted, Fatal> {
        match status {
            500 => Err(Fatal::NonRecoverable("an answer")),
            410 => Ok(Posted::Late),
            413 => Ok(Posted::TooLarge { size }),
            status => Ok(Posted::Refused { status, body: excerpt(self.conn.body()) }),
        }
    }
}

/// Requests for the next event that failed one after the other.
#[derive(Default)]
struct Outage {
    since: Option<Instant>,
    tries: usize,
    /// When the last request was sent, if that is known.
    sent: Option<Instant>,
}

impl Outage {
    /// How long to wait before the next try, or that it was the last.
    fn pause(&mut self, error: NextError) -> Result<Duration, Fatal> {
        let now = Instant::now();
        // A request that was held for long before it failed starts an outage of its own.
        if self.sent.is_some_and(|sent| now - sent > RETRY_WINDOW) {
            *self = Outage::default();
        }
        let since = *self.since.get_or_insert(now);
        let pause = RETRY_PAUSES.get(self.tries).copied();
        self.tries += 1;
        match pause {
            Some(pause) if now - since <= RETRY_WINDOW => Ok(pause),
            _ => Err(Fatal::Lost { error, tries: self.tries }),
        }
    }
}

/// A request id as one segment of a path. Lambda's are UUIDs; anything else must not reach into the request's head.
fn segment(id: &str) -> Cow<'_, str> {
    // Not `any`: without an early end, several bytes are looked at together.
    if id.bytes().fold(0, |odd, byte| odd | u8::from(!(byte.is_ascii_alphanumeric() | (byte == b'-')))) == 0 {
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

/// The start of an answer's body, on one line, for the log.
fn excerpt(body: &[u8]) -> String {
    const BYTES: usize = 200;
    let body = body[..body.len().min(BYTES)].trim_ascii();
    // Byte by byte, and pushed: what std has for texts is 1 KB, and what the compiler makes of a `map` half of that.
    let mut line = Vec::with_capacity(BYTES);
    for &byte in body {
        line.push(if matches!(byte, b'\n' | b'\r') { b' ' } else { byte });
    }
    String::from_utf8_lossy(&line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_stays_one_segment() {
        assert_eq!(segment("8476a536-e9f4-11e8-9739-2dfe598c3fcd"), "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
        assert_eq!(segment("a/b c\r\nx: é?"), "a%2Fb%20c%0D%0Ax%3A%20%C3%A9%3F");
        assert_eq!(segment("a_b.c~d"), "a_b.c~d");
        assert_eq!(segment(""), "");
    }
}
