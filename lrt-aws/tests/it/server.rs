//! TLS server that counts its connections.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Behavior of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behavior {
    /// Uses plain HTTP.
    pub(crate) plain: bool,
    /// Accepts connections, but never starts the handshake.
    pub(crate) hangs: bool,
    /// Waits before each response to a call; a `GET` is answered at once.
    pub(crate) delay: Duration,
    /// Waits between the head and the body of a response to a call.
    pub(crate) body_delay: Duration,
    /// Closes the connection of the first call instead of responding.
    pub(crate) drops_first_call: bool,
    /// Closes connections that have been idle for this time.
    pub(crate) idle_timeout: Option<Duration>,
    /// Status and body of the responses to calls, in order. The last one is repeated.
    pub(crate) responses: Vec<(u16, String)>,
}

/// A request, with the number of its connection.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    pub(crate) connection: usize,
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl ReceivedRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0.eq_ignore_ascii_case(name)).map(|header| &*header.1)
    }

    /// Returns true for a `GET /`, which opens a connection.
    pub(crate) fn is_warm_up(&self) -> bool {
        self.line == "GET / HTTP/1.1"
    }
}

#[derive(Default)]
struct Seen {
    connections: usize,
    requests: Vec<ReceivedRequest>,
}

/// Server on a local port. It runs until the current tokio runtime ends.
pub(crate) struct Server {
    port: u16,
    plain: bool,
    seen: Arc<Mutex<Seen>>,
}

impl Server {
    pub(crate) async fn start(behavior: Behavior) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (port, plain) = (listener.local_addr().unwrap().port(), behavior.plain);
        let seen = Arc::<Mutex<Seen>>::default();
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            let acceptor = acceptor();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // Otherwise each response would wait for a delayed acknowledgement.
                stream.set_nodelay(true).unwrap();
                tokio::spawn(serve(stream, acceptor.clone(), behavior.clone(), Arc::clone(&shared)));
            }
        });
        Server { port, plain, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://localhost:{}", if self.plain { "http" } else { "https" }, self.port)
    }

    /// Returns the number of handshakes that were completed.
    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.seen.lock().unwrap().requests.clone()
    }

    /// Returns the requests that are calls of the SDK.
    pub(crate) fn calls(&self) -> Vec<ReceivedRequest> {
        self.requests().into_iter().filter(|request| !request.is_warm_up()).collect()
    }
}

fn acceptor() -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(include_bytes!("tls/chain.pem")).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server-key.pem")).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    TlsAcceptor::from(Arc::new(config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap()))
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, behavior: Behavior, seen: Arc<Mutex<Seen>>) {
    if behavior.hangs {
        tokio::time::sleep(Duration::from_secs(60)).await;
    } else if behavior.plain {
        converse(stream, &behavior, &seen).await;
    } else if let Ok(stream) = acceptor.accept(stream).await {
        converse(stream, &behavior, &seen).await;
    }
}

/// Answers requests until the client, or the idle timeout, ends the connection.
async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, behavior: &Behavior, seen: &Mutex<Seen>) {
    let connection = {
        let mut seen = seen.lock().unwrap();
        seen.connections += 1;
        seen.connections
    };
    let idle_timeout = behavior.idle_timeout.unwrap_or(Duration::from_secs(60));
    while let Ok(Some(mut request)) = tokio::time::timeout(idle_timeout, read(&mut stream)).await {
        request.connection = connection;
        let calls = {
            let mut seen = seen.lock().unwrap();
            seen.requests.push(request.clone());
            seen.requests.iter().filter(|request| !request.is_warm_up()).count()
        };
        if behavior.drops_first_call && calls == 1 && !request.is_warm_up() {
            return;
        }
        let (status, body) = response(&request, behavior, calls);
        if !request.is_warm_up() {
            tokio::time::sleep(behavior.delay).await;
        }
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
        if !request.is_warm_up() {
            tokio::time::sleep(behavior.body_delay).await;
        }
        if stream.write_all(body.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
    _ = stream.shutdown().await;
}

fn response(request: &ReceivedRequest, behavior: &Behavior, calls: usize) -> (u16, String) {
    if request.is_warm_up() {
        return (404, "not found".into());
    }
    let nth = calls.min(behavior.responses.len());
    if let Some(response) = nth.checked_sub(1).and_then(|index| behavior.responses.get(index)) {
        return response.clone();
    }
    // STS responds with XML, and DynamoDB with JSON.
    match request.header("x-amz-target") {
        Some(_) => (200, r#"{"TableNames":[]}"#.into()),
        None => (200, "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>".into()),
    }
}

/// Reads a request; `None` at the end of the connection.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<ReceivedRequest> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let line = lines.next().unwrap().to_owned();
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut request = ReceivedRequest { connection: 0, line, headers: headers.collect(), body: String::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Some(request)
}
