//! The Runtime API: what is asked, in which words, and what the answers mean.
//!
//! See [Using the Lambda runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

pub(crate) mod address;
pub(crate) mod extension;
mod http1;

use crate::error::Failure;
use crate::invocation::{Deadline, EventHeaders};
use crate::reply::{Reply, Room};
use address::Address;
use bytes::Bytes;
use http1::conn::{Answer, Conn, ConnError, Due};
use http1::encode::Encoder;
use http1::head::Field;
use std::borrow::Cow;
use std::time::Duration;
use tokio::time::Instant;

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
const INVOCATION: &str = "/2018-06-01/runtime/invocation/";
const INIT_ERROR: &str = "/2018-06-01/runtime/init/error";

const INVOCATION_ID: &str = "lambda-runtime-invocation-id";

const JSON: &str = "application/json";
const ERROR_JSON: &str = "application/vnd.aws.lambda.error+json";

/// Pauses before a request for the next event is sent again: five more tries, all within two seconds.
const RETRY_PAUSES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(400),
    Duration::from_millis(900),
];

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
    TooLarge { size: usize },
    Refused { status: u16, body: String },
    /// Twice no answer.
    Lost(ConnError),
}

/// An event, as it was read.
#[derive(Debug)]
pub(crate) struct Event(Answer);

impl Event {
    pub(crate) fn payload(&self) -> Bytes {
        self.0.body()
    }

    /// The headers that make the event's context. They are looked at here, each time.
    pub(crate) fn headers(&self) -> EventHeaders<'_> {
        EventHeaders {
            request_id: self.value(Field::RequestId).unwrap_or_default(),
            function_arn: self.value(Field::FunctionArn).unwrap_or_default(),
            deadline: self.value(Field::DeadlineMs).and_then(Deadline::parse),
            trace_id: self.value(Field::TraceId),
            tenant_id: self.value(Field::TenantId),
            client_context: self.value(Field::ClientContext),
            identity: self.value(Field::Identity),
        }
    }

    /// `Lambda-Runtime-Invocation-Id`: what the service sends is echoed.
    pub(crate) fn invocation_id(&self) -> Option<&str> {
        self.value(Field::InvocationId)
    }

    fn value(&self, field: Field) -> Option<&str> {
        self.0.head.value(self.0.bytes(), field)
    }
}

/// Which event an answer is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct To<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) invocation_id: Option<&'a str>,
}

/// The Runtime API over one connection.
pub(crate) struct Client {
    conn: Conn,
    address: Address,
    encoder: Encoder,
    /// The request for the next event, which never changes.
    next: Vec<u8>,
    /// The buffer of the last reply, for the next one.
    room: Room,
}

impl Client {
    pub(crate) fn new(address: Address) -> Client {
        let mut encoder = Encoder::new(&address);
        encoder.get(NEXT, &[]);
        let next = encoder.head().to_vec();
        Client { conn: Conn::new(), address, encoder, next, room: Room::default() }
    }

    /// Waits for the next event.
    ///
    /// # Cancel safety
    ///
    /// A client whose `next` was dropped must not be used for another request: its answer is still to come.
    pub(crate) async fn next(&mut self) -> Result<Event, Fatal> {
        let mut outage: Option<Instant> = None;
        let mut tries = 0;
        loop {
            // The clock is read only where something is wrong already.
            let asked = outage.map(|_| Instant::now());
            let error = match self.ask_next().await {
                Ok(answer) => match answer.head.status {
                    200 => return Ok(Event(answer)),
                    204 => {
                        outage = None;
                        tokio::time::sleep(NO_EVENT_PAUSE).await;
                        continue;
                    }
                    500 => return Err(Fatal::NonRecoverable("/next")),
                    status => NextError::Status { status, body: excerpt(&answer) },
                },
                Err(error) => error.into(),
            };
            self.conn.close();
            // A request that was held for long before it failed starts an outage of its own.
            let now = Instant::now();
            if asked.is_none_or(|asked| now - asked > RETRY_WINDOW) {
                (outage, tries) = (Some(now), 0);
            }
            let over = outage.is_some_and(|since| now - since > RETRY_WINDOW);
            match RETRY_PAUSES.get(tries) {
                Some(&pause) if !over => tokio::time::sleep(pause).await,
                _ => return Err(Fatal::Lost { error, tries: tries + 1 }),
            }
            tries += 1;
        }
    }

    /// `GET /next`, whose answer may take for ever to start.
    async fn ask_next(&mut self) -> Result<Answer, ConnError> {
        self.conn.send(&self.address, &self.next).await?;
        self.conn.receive(Due::Whenever).await
    }

    /// The buffer for a reply. It comes back with [`Client::reply`].
    pub(crate) fn room(&mut self) -> Room {
        std::mem::take(&mut self.room)
    }

    /// Posts what the function answered.
    pub(crate) async fn reply(&mut self, to: To<'_>, mut reply: Reply) -> Result<Posted, Fatal> {
        let path = [INVOCATION, &segment(to.request_id), "/response"];
        self.encoder.post(&path, JSON, &[(INVOCATION_ID, to.invocation_id)], reply.body().len());
        let posted = self.post("a reply", reply.framed(self.encoder.head())).await;
        self.room = reply.into_room();
        posted
    }

    /// Posts an error in place of a reply.
    pub(crate) async fn error(&mut self, to: To<'_>, failure: &Failure) -> Result<Posted, Fatal> {
        let path = [INVOCATION, &segment(to.request_id), "/error"];
        self.post_failure(&path, to.invocation_id, failure).await
    }

    /// Posts why the function could not start.
    pub(crate) async fn init_error(&mut self, failure: &Failure) -> Result<Posted, Fatal> {
        self.post_failure(&[INIT_ERROR], None, failure).await
    }

    async fn post_failure(
        &mut self,
        path: &[&str],
        invocation_id: Option<&str>,
        failure: &Failure,
    ) -> Result<Posted, Fatal> {
        let headers = [
            ("lambda-runtime-function-error-type", Some(failure.header.as_str())),
            (INVOCATION_ID, invocation_id),
        ];
        let mut report = std::mem::take(&mut self.room).bytes(&failure.body);
        self.encoder.post(path, ERROR_JSON, &headers, report.body().len());
        let posted = self.post("an error", report.framed(self.encoder.head())).await;
        self.room = report.into_room();
        posted
    }

    /// Sends a POST, and once more on a new connection if it gets no answer.
    async fn post(&mut self, what: &'static str, request: &[u8]) -> Result<Posted, Fatal> {
        let (answer, again) = match self.conn.exchange(&self.address, request).await {
            Ok(answer) => (answer, false),
            Err(_) => match self.conn.exchange(&self.address, request).await {
                Ok(answer) => (answer, true),
                Err(error) => return Ok(Posted::Lost(error)),
            },
        };
        Ok(match answer.head.status {
            200..=299 => Posted::Accepted,
            500 => return Err(Fatal::NonRecoverable(what)),
            410 => Posted::Late,
            413 => Posted::TooLarge { size: request.len() },
            // The first one had arrived: the service takes one only.
            400..=499 if again => Posted::Accepted,
            status => Posted::Refused { status, body: excerpt(&answer) },
        })
    }
}

/// A request id as one segment of a path. Lambda's are UUIDs; anything else must not reach into the request's head.
fn segment(id: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    if id.bytes().all(plain) {
        return Cow::Borrowed(id);
    }
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    Cow::Owned(id.bytes().map(encode).collect())
}

/// The start of an answer's body, on one line, for the log.
fn excerpt(answer: &Answer) -> String {
    const BYTES: usize = 200;
    let body = answer.body();
    String::from_utf8_lossy(&body[..body.len().min(BYTES)]).trim().replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_stays_one_segment() {
        assert_eq!(segment("8476a536-e9f4-11e8-9739-2dfe598c3fcd"), "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
        assert_eq!(segment("a/b c\r\nx: é?"), "a%2Fb%20c%0D%0Ax%3A%20%C3%A9%3F");
        assert_eq!(segment(""), "");
    }
}
