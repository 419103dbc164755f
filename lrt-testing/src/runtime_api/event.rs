use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::headers::Headers;
use super::response::{Framing, Response};

pub(super) const REQUEST_ID: &str = "Lambda-Runtime-Aws-Request-Id";
pub(super) const DEADLINE_MS: &str = "Lambda-Runtime-Deadline-Ms";
pub(super) const FUNCTION_ARN: &str = "Lambda-Runtime-Invoked-Function-Arn";
pub(super) const INVOCATION_ID: &str = "Lambda-Runtime-Invocation-Id";
const TRACE_ID: &str = "Lambda-Runtime-Trace-Id";

/// The longest timeout that Lambda takes.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Up to this size the service sends `Content-Length`, above it chunks.
const MAX_LENGTH_FRAMED_BYTES: usize = 2048;

/// An event for the function: what its `/next` is answered with.
///
/// Without further words it has the headers that Lambda always sends: a fresh request id, a deadline 15 minutes after
/// it was first handed out, the function's ARN, a trace id that is not sampled.
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
    /// `None`: the header is as `header` and `without_header` left it.
    deadline: Option<Deadline>,
    framing: Option<Framing>,
}

#[derive(Clone, Copy, Debug)]
enum Deadline {
    At(SystemTime),
    In(Duration),
}

impl Event {
    /// An event with these bytes, which need not be JSON, and the headers that Lambda always sends.
    #[must_use]
    pub fn new(payload: impl Into<Bytes>) -> Self {
        let mut headers = Headers::default();
        headers.push("Content-Type", "application/json");
        headers.push(REQUEST_ID, uuid());
        headers.push(FUNCTION_ARN, "arn:aws:lambda:us-east-1:012345678912:function:test_function");
        let time = unix_ms(SystemTime::now()) / 1000;
        let (root, parent) = (random() >> 32, random());
        headers.push(TRACE_ID, format!("Root=1-{time:08x}-{root:08x}{:016x};Parent={parent:016x};Sampled=0", random()));
        Self { payload: payload.into(), headers, deadline: Some(Deadline::In(DEFAULT_TIMEOUT)), framing: None }
    }

    /// Sets the request id, which is unique unless set.
    #[must_use]
    pub fn request_id(self, id: impl Into<String>) -> Self {
        self.header(REQUEST_ID, id)
    }

    /// Sets the deadline to a point in time; it may lie in the past, as some emulators' do. Sent in ms.
    #[must_use]
    pub fn deadline(mut self, at: SystemTime) -> Self {
        self.deadline = Some(Deadline::At(at));
        self
    }

    /// Sets the deadline to this long after the event is first handed out. Sent in ms.
    #[must_use]
    pub fn deadline_in(mut self, timeout: Duration) -> Self {
        self.deadline = Some(Deadline::In(timeout));
        self
    }

    /// Adds a header, or replaces the one of this name. Nothing is checked: odd bytes are sent as they are.
    ///
    /// With `Lambda-Runtime-Invocation-Id`, an answer that echoes another value is refused with 410, as Lambda does.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        if name.eq_ignore_ascii_case(DEADLINE_MS) {
            self.deadline = None;
        }
        self.headers.set(name, value);
        self
    }

    /// Leaves a header out. Without a request id the answer is expected at the path with an empty id.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        if name.eq_ignore_ascii_case(DEADLINE_MS) {
            self.deadline = None;
        }
        self.headers.remove(name);
        self
    }

    /// How the body's end is told. Unless set it is as in Lambda: `Content-Length` up to 2048 bytes, chunks above.
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = Some(framing);
        self
    }

    /// What the function gets to see.
    #[doc(hidden)]
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// The value of a header.
    #[doc(hidden)]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The request id that the answer will be posted under.
    pub(super) fn id(&self) -> &str {
        self.headers.get(REQUEST_ID).unwrap_or_default()
    }

    /// The answer to `/next`, with the deadline fixed: the same event handed out again has the same deadline.
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

/// Different for every call: std seeds each `RandomState` anew.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// A random (version 4) UUID.
#[doc(hidden)]
pub fn uuid() -> String {
    let (high, low) = (random(), random());
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}
