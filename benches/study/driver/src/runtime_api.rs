//! The Lambda Runtime API of one sandbox: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use crate::http::{Reply, Server, json};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, Response};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{Mutex, mpsc};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
/// A function that does not call the API for this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct RuntimeApi {
    server: Server,
    calls: mpsc::UnboundedReceiver<(Instant, Call)>,
    events: mpsc::UnboundedSender<(u64, Bytes)>,
    invocations: u64,
}

/// A call of the API by the function.
enum Call {
    Next,
    Response { id: String, body: Bytes },
    Error(Bytes),
}

/// The function reported an error, or called the API in the wrong order.
#[derive(Debug)]
pub struct InvocationError(String);

impl fmt::Display for InvocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvocationError {}

pub struct Invocation {
    /// Time from the event to the last byte of the response.
    pub duration: Duration,
    pub response: Bytes,
}

impl RuntimeApi {
    pub async fn start() -> io::Result<Self> {
        let (call, calls) = mpsc::unbounded_channel();
        let (events, pending) = mpsc::unbounded_channel();
        let pending = Arc::new(Mutex::new(pending));
        let server = Server::start(None, move |request| answer(request, call.clone(), Arc::clone(&pending))).await?;
        Ok(Self { server, calls, events, invocations: 0 })
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Waits until the function asks for an event, and returns the time at which it did.
    pub async fn next(&mut self) -> Result<Instant, InvocationError> {
        match self.call().await? {
            (at, Call::Next) => Ok(at),
            (_, Call::Error(error)) => Err(reported(&error)),
            (_, Call::Response { .. }) => Err(InvocationError("the function sent a second response".to_owned())),
        }
    }

    /// Sends an event to the function, which waits for one, and receives the response.
    pub async fn invoke(&mut self, event: Bytes) -> Result<Invocation, InvocationError> {
        self.invocations += 1;
        let sent = Instant::now();
        self.events.send((self.invocations, event)).expect("the server has the receiver");
        match self.call().await? {
            (at, Call::Response { id, body }) if id == request_id(self.invocations) => {
                Ok(Invocation { duration: at - sent, response: body })
            }
            (_, Call::Response { id, .. }) => Err(InvocationError(format!("unknown request id: {id}"))),
            (_, Call::Error(error)) => Err(reported(&error)),
            (_, Call::Next) => Err(InvocationError("the function asked for an event before it responded".to_owned())),
        }
    }

    async fn call(&mut self) -> Result<(Instant, Call), InvocationError> {
        match tokio::time::timeout(PATIENCE, self.calls.recv()).await {
            Ok(Some(call)) => Ok(call),
            _ => Err(InvocationError(format!("the function did not call the Runtime API for {PATIENCE:?}"))),
        }
    }
}

fn reported(error: &Bytes) -> InvocationError {
    InvocationError(format!("the function reported an error: {}", String::from_utf8_lossy(error)))
}

fn request_id(invocation: u64) -> String {
    format!("8f6d2a1c-8a35-4a5c-9e0f-{invocation:012}")
}

type Events = Arc<Mutex<mpsc::UnboundedReceiver<(u64, Bytes)>>>;

async fn answer(request: Request<Bytes>, call: mpsc::UnboundedSender<(Instant, Call)>, events: Events) -> Reply {
    let now = Instant::now();
    let path = request.uri().path();
    if request.method() == Method::GET && path == NEXT {
        let _ = call.send((now, Call::Next));
        return match events.lock().await.recv().await {
            Some((invocation, event)) => event_reply(invocation, event),
            None => json(500, "{}"),
        };
    }
    let outcome = match path.strip_suffix("/response").and_then(|path| path.rsplit('/').next()) {
        Some(id) => Call::Response { id: id.to_owned(), body: request.into_body() },
        None => Call::Error(request.into_body()),
    };
    let _ = call.send((now, outcome));
    json(202, r#"{"status":"OK"}"#)
}

fn event_reply(invocation: u64, event: Bytes) -> Reply {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + PATIENCE;
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", request_id(invocation))
        .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:study")
        .header("lambda-runtime-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0")
        .body(Full::new(event))
        .expect("the headers are valid")
}
