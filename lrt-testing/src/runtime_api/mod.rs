//! A fake of Lambda's [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) and
//! [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
//!
//! A request passes through `server`, `connection` (bytes), `request`, `endpoint`, `state` (its effect) and `response`,
//! which `fault` writes. Status codes, bodies and limits were observed in AWS's Runtime Interface Emulator.
//!
//! It does not use an HTTP library, because faults are set for single bytes, and tests read the boundaries of chunks.

mod access;
mod answer;
mod builder;
mod connection;
mod endpoint;
mod error;
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

use std::io;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

pub use self::answer::{Answer, AnswerKind, Pending};
pub use self::builder::Builder;
pub use self::endpoint::Endpoint;
pub use self::event::Event;
pub use self::extension::Extension;
pub use self::fault::Fault;
pub use self::headers::Headers;
pub use self::request::{ReplyPart, Request};
pub use self::response::Framing;
use self::shared::SharedState;
use self::state::{State, Waiting};

/// A fake of Lambda's Runtime API on a local port, for the process of a function or for a task in this process.
///
/// [`invoke`](Self::invoke) sends an event to the function and returns its answer, [`fault`](Self::fault) injects a fault into a
/// request, and [`requests`](Self::requests) returns the requests so far. As in Lambda, one event is in flight at a time, and
/// `/next` returns the same event until it is answered.
///
/// It runs on the current tokio runtime, which needs the io and time drivers, and stops when the last clone is dropped.
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
/// // A process receives the address as AWS_LAMBDA_RUNTIME_API.
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
    shared: Arc<SharedState>,
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
    /// Starts the API on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot listen on a port.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Returns a builder, to change the default settings.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Returns the value for `AWS_LAMBDA_RUNTIME_API`, such as `127.0.0.1:4711`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.server.address
    }

    /// Sends an event to the function and waits for its answer.
    ///
    /// The wait has no time limit: the deadline is only sent to the function. If the process under test exits without an answer, call
    /// [`process_ended`](Self::process_ended).
    pub async fn invoke(&self, event: Event) -> Answer {
        self.send(event).await
    }

    /// Queues an event and returns a future of its answer.
    pub fn send(&self, event: Event) -> Pending {
        let request_id = event.id().to_owned();
        let (sender, answer) = oneshot::channel();
        self.server.shared.change(|state| state.send(event, Waiting { answer: sender, parts: None }));
        Pending::new(request_id, answer)
    }

    /// Queues an event and returns the parts of a streamed reply as they arrive, with backpressure. The answer then contains only the
    /// first megabyte. A reply that is not streamed has no parts. Dropping the receiver closes the function's connection.
    #[doc(hidden)]
    pub fn send_in_parts(&self, event: Event) -> (mpsc::Receiver<ReplyPart>, Pending) {
        let (parts, received) = mpsc::channel(1);
        (received, self.send_parts_to(parts, event))
    }

    #[doc(hidden)]
    pub fn send_parts_to(&self, parts: mpsc::Sender<ReplyPart>, event: Event) -> Pending {
        let request_id = event.id().to_owned();
        let (sender, answer) = oneshot::channel();
        self.server.shared.change(|state| state.send(event, Waiting { answer: sender, parts: Some(parts) }));
        Pending::new(request_id, answer)
    }

    /// Waits until no client is connected. At that point, all data from clients has been read.
    #[doc(hidden)]
    pub async fn disconnected(&self) {
        self.server.shared.when(|state| state.open.is_empty().then_some(())).await;
    }

    /// Sets a fault for the next request to this endpoint, or for the one that is already waiting. A fault that does
    /// not need an event takes effect immediately. Several faults apply to consecutive requests.
    ///
    /// ```
    /// use lrt::testing::{Endpoint, Fault, RuntimeApi};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let api = RuntimeApi::start().await?;
    /// // The reply arrives, but the function gets no response. It sends the reply again and has to accept a 403.
    /// api.fault(Endpoint::Response, Fault::Close { taken: true });
    /// // The first event has header names as cargo-lambda sends them.
    /// api.fault(Endpoint::Next, Fault::LowerCaseNames);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.server.shared.change(|state| state.faults.push((endpoint, fault)));
    }

    /// Returns all requests so far, in the order in which they were completed or aborted.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.shared.lock().requests.clone()
    }

    /// Returns the number of connections that were opened so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.server.shared.lock().connections
    }

    /// Waits until a client waits in `/next` and no event is queued for it, or until the API is stopped.
    pub async fn next_waiting(&self) {
        self.waiting(Endpoint::Next).await;
    }

    /// Returns the number of clients that wait in `/next`: the idle workers, if there are several
    /// ([`Builder::concurrency`]).
    #[must_use]
    pub fn waiting_for_next(&self) -> usize {
        self.server.shared.lock().held(Endpoint::Next)
    }

    /// Waits until an extension waits in `/event/next`, or until the API is stopped.
    pub async fn extension_waiting(&self) {
        self.waiting(Endpoint::ExtensionNext).await;
    }

    async fn waiting(&self, endpoint: Endpoint) {
        self.server.shared.when(|state| (state.holds(endpoint) || state.stopped).then_some(())).await;
    }

    /// Waits for the init error of the process. The answer is `Lost` if the API is stopped.
    ///
    /// As in Lambda, this error is also the answer to all events that are queued, or that are sent before a process calls `/next`.
    pub async fn init_error(&self) -> Answer {
        let error = |state: &mut State| state.init_error.clone().or(state.stopped.then(Answer::lost));
        self.server.shared.when(error).await
    }

    /// Returns the init error of the process, if it has posted one.
    #[must_use]
    pub fn try_init_error(&self) -> Option<Answer> {
        self.server.shared.lock().init_error.clone()
    }

    /// Returns the extensions that the process has registered.
    ///
    /// As in Lambda, no event is delivered before each of them has called `/event/next`.
    #[must_use]
    pub fn extensions(&self) -> Vec<Extension> {
        let state = self.server.shared.lock();
        state.extensions.list(|connection| state.is_held(connection, Endpoint::ExtensionNext))
    }

    /// Declares that the process under test has exited. The API cannot detect this, because a client with a closed
    /// connection may reconnect.
    ///
    /// Events in flight are [`Lost`](AnswerKind::Lost). Queued events wait for the next process, which starts without extensions and
    /// without an init error.
    pub fn process_ended(&self) {
        self.server.shared.change(|state| state.process_ended());
    }

    /// Closes the port and all connections. All pending answers are [`Lost`](AnswerKind::Lost). The recorded requests stay available.
    pub fn stop(&self) {
        self.server.stop();
    }
}
