//! The one fake of Lambda's [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) and
//! [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
//!
//! A request's way: `server` (connections) → `wire` (bytes) → `request` → `endpoint` → `state` (what it changes) →
//! `response`, written by `fault`. Status codes, bodies and limits are those that AWS's Runtime Interface Emulator was seen to send.

mod answer;
mod builder;
mod endpoint;
pub(super) mod event;
mod extension;
mod fault;
mod headers;
mod request;
mod response;
mod server;
mod shared;
mod state;
#[cfg(test)]
mod tests;
mod wire;

use std::io;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

pub use self::answer::Part;
pub use self::answer::{Answer, AnswerKind, Pending};
pub use self::builder::Builder;
pub use self::endpoint::Endpoint;
pub use self::event::Event;
pub use self::extension::Extension;
pub use self::fault::Fault;
pub use self::headers::Headers;
pub use self::request::Request;
pub use self::response::Framing;
use self::shared::Shared;
use self::state::{State, Waiting};

/// Lambda's Runtime API on a port of this machine, for a function's process or for a task in this one.
///
/// Events go in with [`invoke`](Self::invoke), answers come out; [`fault`](Self::fault) breaks a request in a chosen
/// way; [`requests`](Self::requests) tells what was asked. One event is under way at a time, as in Lambda, and `/next`
/// gives the same event again until it is answered.
///
/// It runs on the current tokio runtime, which needs its io and time drivers. When the last clone is dropped, it stops.
///
/// ```
/// use lrt::testing::{Event, RuntimeApi};
/// # use std::io::{Read, Write};
/// # fn function(address: String) -> std::io::Result<()> {
/// #     let mut api = std::net::TcpStream::connect(address)?;
/// #     write!(api, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\n\r\n")?;
/// #     api.read(&mut [0; 4096])?;
/// #     write!(api, "POST /2018-06-01/runtime/invocation/a-1/response HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n42")
/// # }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let api = RuntimeApi::start().await?;
/// // A process would be given it as AWS_LAMBDA_RUNTIME_API.
/// let address = api.address().to_owned();
/// std::thread::spawn(move || function(address));
///
/// let answer = api.invoke(Event::new("[6, 7]").request_id("a-1")).await;
/// assert_eq!(answer.text(), "42");
/// assert_eq!(api.connections(), 1);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct RuntimeApi {
    server: Arc<Server>,
}

struct Server {
    shared: Arc<Shared>,
    address: String,
    task: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Server {
    fn stop(&self) {
        self.shared.change(|state| state.stop());
        self.task.abort();
    }
}

impl RuntimeApi {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If no port can be listened on.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Settings that differ from Lambda's usual ones.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The value for `AWS_LAMBDA_RUNTIME_API`, such as `127.0.0.1:4711`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.server.address
    }

    /// Hands an event to the function and waits for its answer.
    ///
    /// There is no time limit: the deadline is only told. If the process under test may end without an answer, say so
    /// with [`process_ended`](Self::process_ended).
    pub async fn invoke(&self, event: Event) -> Answer {
        self.send(event).await
    }

    /// Queues an event; the answer can be awaited later, or never.
    pub fn send(&self, event: Event) -> Pending {
        let request_id = event.id().to_owned();
        let (sender, answer) = oneshot::channel();
        self.server.shared.change(|state| state.send(event, Waiting { answer: sender, parts: None }));
        Pending::new(request_id, answer)
    }

    /// The same for those who want a streamed reply as it comes, at their own pace. Its answer has but the first megabyte
    /// of it then; of a reply that is not streamed, no part comes. Dropping the receiver closes the function's connection.
    #[doc(hidden)]
    pub fn send_in_parts(&self, event: Event) -> (mpsc::Receiver<Part>, Pending) {
        let (parts, received) = mpsc::channel(1);
        (received, self.send_parts_to(parts, event))
    }

    #[doc(hidden)]
    pub fn send_parts_to(&self, parts: mpsc::Sender<Part>, event: Event) -> Pending {
        let request_id = event.id().to_owned();
        let (sender, answer) = oneshot::channel();
        self.server.shared.change(|state| state.send(event, Waiting { answer: sender, parts: Some(parts) }));
        Pending::new(request_id, answer)
    }

    /// Waits until no client is connected: what they had sent has been read then.
    #[doc(hidden)]
    pub async fn disconnected(&self) {
        self.server.shared.when(|state| state.open.is_empty().then_some(())).await;
    }

    /// Sets a fault for the next request to this endpoint that is not answered yet: one that is being held meets it
    /// too, and without delay if the fault is one that needs no event. Several are met one after the other.
    ///
    /// ```
    /// use lrt::testing::{Endpoint, Fault, RuntimeApi};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let api = RuntimeApi::start().await?;
    /// // The reply arrives, but the function is not told so: it will send it again, and must bear the 403.
    /// api.fault(Endpoint::Response, Fault::Close { taken: true });
    /// // The first event comes as if from cargo-lambda.
    /// api.fault(Endpoint::Next, Fault::LowerCaseNames);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.server.shared.change(|state| state.faults.push((endpoint, fault)));
    }

    /// All requests so far, in the order in which they were complete (or known to stay incomplete).
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.shared.lock().requests.clone()
    }

    /// How many connections were opened so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.server.shared.lock().connections
    }

    /// Waits until a client waits in `/next` with no event for it, or the API is stopped.
    pub async fn next_waiting(&self) {
        self.waiting(Endpoint::Next).await;
    }

    /// How many clients wait in `/next` now: of several workers
    /// ([`Builder::concurrency`]), those that have nothing to do.
    #[must_use]
    pub fn waiting_for_next(&self) -> usize {
        self.server.shared.lock().held(Endpoint::Next)
    }

    /// Waits until an extension waits in its `/event/next`, or the API is stopped.
    pub async fn extension_waiting(&self) {
        self.waiting(Endpoint::ExtensionNext).await;
    }

    async fn waiting(&self, endpoint: Endpoint) {
        self.server.shared.when(|state| (state.holds(endpoint) || state.stopped).then_some(())).await;
    }

    /// Waits for the process's init error; `Lost` if the API is stopped.
    ///
    /// Events that are queued then, or sent before a process asks for one, are answered with that error, as in Lambda.
    pub async fn init_error(&self) -> Answer {
        let error = |state: &mut State| state.init_error.clone().or(state.stopped.then(Answer::lost));
        self.server.shared.when(error).await
    }

    /// The process's init error, if it has posted one.
    #[must_use]
    pub fn try_init_error(&self) -> Option<Answer> {
        self.server.shared.lock().init_error.clone()
    }

    /// The extensions that the process has registered.
    ///
    /// As in Lambda, no event is handed out before each of them has asked for its next event.
    #[must_use]
    pub fn extensions(&self) -> Vec<Extension> {
        let state = self.server.shared.lock();
        state.extensions.list(|connection| state.is_held(connection, Endpoint::ExtensionNext))
    }

    /// Tells the API that the process under test has ended, which it cannot see: a closed connection may come back.
    ///
    /// The events under way are [`Lost`](AnswerKind::Lost); those still queued wait for the next process, which starts
    /// anew: without extensions or an init error.
    pub fn process_ended(&self) {
        self.server.shared.change(|state| state.process_ended());
    }

    /// Stops: the port and all connections are closed, and every answer that is waited for is
    /// [`Lost`](AnswerKind::Lost). What was seen so far can still be asked for.
    pub fn stop(&self) {
        self.server.stop();
    }
}
