use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use uuid::Uuid;

use super::headers::Headers;
use super::response::{Framing, Response};

pub(super) const REQUEST_ID: &str = "Lambda-Runtime-Aws-Request-Id";
pub(super) const DEADLINE_MS: &str = "Lambda-Runtime-Deadline-Ms";
pub(super) const FUNCTION_ARN: &str = "Lambda-Runtime-Invoked-Function-Arn";
pub(super) const INVOCATION_ID: &str = "Lambda-Runtime-Invocation-Id";
const TRACE_ID: &str = "Lambda-Runtime-Trace-Id";

/// Lambda's maximum timeout.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Lambda sends `Content-Length` up to this size, and a chunked body above it.
const MAX_LENGTH_FRAMED_BYTES: usize = 2048;

/// An event for the function: the response to `/next`.
///
/// By default, it has the headers that Lambda always sends: a new request id, a deadline 15 minutes after it is first delivered,
/// the function's ARN, and a trace id that is not sampled.
///
/// ```
/// use lrt::testing::{Event, Framing};
/// use std::time::Duration;
///
/// let event = Event::new(r#"{"order":1}"#)
///     .request_id("order-1")
///     .deadline_in(Duration::from_secs(3))
///     .header("Lambda-Runtime-Invocation-Id", "7decfb80-a02c-4e25-afd5-bf47a6442292")
///     .without_header("Lambda-Runtime-Trace-Id")
///     .framing(Framing::Chunked);
/// # drop(event);
/// ```
#[derive(Clone, Debug)]
pub struct Event {
    payload: Bytes,
    headers: Headers,
    /// `None` if `header` or `without_header` changed the header.
    deadline: Option<Deadline>,
    framing: Option<Framing>,
}

#[derive(Clone, Copy, Debug)]
enum Deadline {
    At(SystemTime),
    In(Duration),
}

impl Event {
    /// Creates an event with this payload, which may be invalid JSON, and the headers that Lambda always sends.
    #[must_use]
    pub fn new(payload: impl Into<Bytes>) -> Self {
        let mut headers = Headers::default();
        headers.push("Content-Type", "application/json");
        headers.push(REQUEST_ID, uuid());
        headers.push(FUNCTION_ARN, "arn:aws:lambda:us-east-1:012345678912:function:test_function");
        let time = unix_ms(SystemTime::now()) / 1000;
        let random = || Uuid::new_v4().simple().to_string();
        headers.push(TRACE_ID, format!("Root=1-{time:08x}-{};Parent={};Sampled=0", &random()[..24], &random()[..16]));
        Self { payload: payload.into(), headers, deadline: Some(Deadline::In(DEFAULT_TIMEOUT)), framing: None }
    }

    /// Sets the request id. The default is a new UUID.
    #[must_use]
    pub fn request_id(self, id: impl Into<String>) -> Self {
        self.header(REQUEST_ID, id)
    }

    /// Sets the deadline, which may be in the past, as under some emulators. It is sent in milliseconds.
    #[must_use]
    pub fn deadline(mut self, at: SystemTime) -> Self {
        self.deadline = Some(Deadline::At(at));
        self
    }

    /// Sets the deadline, relative to the time at which the event is first delivered. It is sent in milliseconds.
    #[must_use]
    pub fn deadline_in(mut self, timeout: Duration) -> Self {
        self.deadline = Some(Deadline::In(timeout));
        self
    }

    /// Adds a header, or replaces the header with this name. Name and value are not validated.
    ///
    /// With `Lambda-Runtime-Invocation-Id`, an answer that echoes another value is rejected with 410, as in Lambda.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        if name.eq_ignore_ascii_case(DEADLINE_MS) {
            self.deadline = None;
        }
        self.headers.set(name, value);
        self
    }

    /// Removes a header. Without a request id, the answer is expected at the path with an empty id.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        if name.eq_ignore_ascii_case(DEADLINE_MS) {
            self.deadline = None;
        }
        self.headers.remove(name);
        self
    }

    /// Sets the framing of the body. The default is the same as in Lambda: `Content-Length` up to 2048 bytes, chunks
    /// above.
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = Some(framing);
        self
    }

    /// Returns the payload.
    #[doc(hidden)]
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// Returns the value of a header.
    #[doc(hidden)]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// Returns the request id.
    pub(super) fn id(&self) -> &str {
        self.headers.get(REQUEST_ID).unwrap_or_default()
    }

    /// Returns the response to `/next` and fixes the deadline, so that it does not change if the event is delivered
    /// again.
    pub(super) fn into_response(mut self) -> Response {
        if let Some(deadline) = self.deadline {
            let ms = match deadline {
                Deadline::At(at) => unix_ms(at),
                Deadline::In(timeout) => unix_ms(SystemTime::now()).saturating_add(timeout.as_millis()),
            };
            self.headers.set(DEADLINE_MS, ms.to_string());
        }
        let length_framed = self.payload.len() <= MAX_LENGTH_FRAMED_BYTES;
        let framing = self.framing.unwrap_or(if length_framed { Framing::Length } else { Framing::Chunked });
        Response { status: 200, headers: self.headers, body: self.payload, framing }
    }
}

fn unix_ms(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

/// Returns a random (version 4) UUID.
pub fn uuid() -> String {
    Uuid::new_v4().to_string()
}
