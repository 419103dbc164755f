//! A function, and a Runtime API whose responses a test writes.

use lrt_core::{
    BoxError, Environment, ErrorReport, FunctionService, Handler, Initialized, Invocation, Reply, Shutdown, service_fn,
};
use std::process::ExitCode;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Timeout of a test, far longer than any should take.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Long enough for the function to read from its socket.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// A function with its shutdown work.
pub(crate) struct TestHandler<F, S = ()>(pub(crate) F, pub(crate) S);

impl<F, Fut, S> Handler for TestHandler<F, S>
where
    F: Fn(Invocation) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply, BoxError>> + Send + 'static,
    S: Shutdown + Clone + Send + Sync + 'static,
{
    type State = ();
    type Shutdown = S;

    async fn init(&self) -> Result<Initialized<(), S>, ErrorReport> {
        Ok(Initialized { state: (), shutdown: self.1.clone() })
    }

    async fn service(&self, (): ()) -> Result<impl FunctionService, ErrorReport> {
        Ok(service_fn(self.0.clone()))
    }
}

/// Returns a function that replies with its payload.
pub(crate) fn echo() -> impl Handler {
    TestHandler(|invocation: Invocation| async move { Ok(Reply::from_bytes(invocation.payload().to_vec())) }, ())
}

/// The signal that ends the loop, as SIGTERM does.
pub(crate) type Signal = oneshot::Sender<()>;

/// Runs a function with this number of workers, and a Runtime API that `script` plays, until both have ended. The
/// connections that the script returns stay open. Returns true if the exit code is 0, and the lines that were logged.
pub(crate) fn run<T>(
    workers: usize,
    handler: impl Handler,
    script: impl AsyncFnOnce(RuntimeApi, Signal) -> T,
) -> (bool, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let api = RuntimeApi(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = api.0.local_addr().unwrap().to_string();
        let environment = Environment::new(&address, Default::default()).unwrap().with_concurrency(workers);
        let (signal, signaled) = oneshot::channel();
        let function = lrt_core::serve(&handler, environment, async { signaled.await.unwrap_or_default() });
        let both = async { tokio::join!(lrt_core::capture_log(function), script(api, signal)) };
        let ((code, log), _open) = tokio::time::timeout(TEST_TIMEOUT, both).await.expect("the test should end");
        // `ExitCode` does not implement `PartialEq`.
        (format!("{code:?}") == format!("{:?}", ExitCode::SUCCESS), log)
    })
}

pub(crate) struct RuntimeApi(TcpListener);

impl RuntimeApi {
    /// Accepts the next connection.
    pub(crate) async fn accept(&self) -> ApiConnection {
        ApiConnection { stream: self.0.accept().await.unwrap().0, received: Vec::new() }
    }

    /// Accepts the next connection, on which the function asks for an event.
    pub(crate) async fn accept_next(&self) -> ApiConnection {
        let mut connection = self.accept().await;
        connection.expect_next().await;
        connection
    }
}

pub(crate) struct ApiConnection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl ApiConnection {
    pub(crate) async fn send(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// Reads until the received bytes contain this text.
    pub(crate) async fn read_until(&mut self, text: &str) {
        while !self.received.windows(text.len()).any(|bytes| bytes == text.as_bytes()) {
            assert!(self.stream.read_buf(&mut self.received).await.unwrap() > 0, "closed before {text:?}");
        }
    }

    /// Reads a request whose body has a length. Returns its method and path, and its body.
    pub(crate) async fn request(&mut self) -> (String, String) {
        self.read_until("\r\n\r\n").await;
        let end = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(self.received[..end].to_vec()).unwrap();
        let length = head
            .to_ascii_lowercase()
            .lines()
            .find_map(|line| Some(line.strip_prefix("content-length:")?.trim().parse::<usize>().unwrap()));
        let length = end + length.unwrap_or(0);
        while self.received.len() < length {
            assert!(self.stream.read_buf(&mut self.received).await.unwrap() > 0, "closed within the body");
        }
        let body = String::from_utf8(self.received[end..length].to_vec()).unwrap();
        self.received.drain(..length);
        (head.split(" HTTP/").next().unwrap().to_owned(), body)
    }

    pub(crate) async fn expect_next(&mut self) {
        assert_eq!(self.request().await.0, "GET /2018-06-01/runtime/invocation/next");
    }

    /// Reads the reply to an event or its error (`kind`), accepts it, and returns its body.
    pub(crate) async fn accept_answer(&mut self, id: &str, kind: &str) -> String {
        let (line, body) = self.request().await;
        assert_eq!(line, format!("POST /2018-06-01/runtime/invocation/{id}/{kind}"), "{body}");
        self.send("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await;
        body
    }
}

/// Returns the response of `next` with an event.
pub(crate) fn event(id: &str, payload: &str) -> String {
    let length = payload.len();
    format!("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: {id}\r\nContent-Length: {length}\r\n\r\n{payload}")
}
