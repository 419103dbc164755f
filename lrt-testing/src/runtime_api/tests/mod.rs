//! The API over loopback sockets, byte by byte.

mod connection;
mod faults;
mod invocations;
mod process;

use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::RuntimeApi;

/// Long enough for a busy machine. Only a failing test waits this long.
const TEST_TIMEOUT: Duration = Duration::from_secs(10);

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { timeout(TEST_TIMEOUT, test).await.expect("the test hangs") })
}

async fn start() -> RuntimeApi {
    RuntimeApi::start().await.expect("a port")
}

/// A client that sends exactly the bytes that the test specifies.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.split("\r\n").filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn id(&self) -> &str {
        self.header("Lambda-Runtime-Aws-Request-Id").expect("a request id")
    }

    fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("UTF-8")
    }
}

impl Client {
    async fn new(api: &RuntimeApi) -> Self {
        let stream = TcpStream::connect(api.address()).await.expect("the API listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, buffer: Vec::new() }
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("the API reads");
    }

    async fn send_next(&mut self) {
        self.send(NEXT).await;
    }

    async fn next(&mut self) -> Reply {
        self.send_next().await;
        self.read().await
    }

    async fn post(&mut self, path: &str, headers: &str, body: &str) -> Reply {
        self.send(post(path, headers, body)).await;
        self.read().await
    }

    async fn respond(&mut self, id: &str, body: &str) -> Reply {
        self.post(&format!("invocation/{id}/response"), "", body).await
    }

    /// Reads until the connection is closed.
    async fn rest(&mut self) -> Vec<u8> {
        // A reset also ends the connection.
        while self.more().await {}
        std::mem::take(&mut self.buffer)
    }

    async fn more(&mut self) -> bool {
        self.stream.read_buf(&mut self.buffer).await.is_ok_and(|bytes| bytes > 0)
    }

    async fn line(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|bytes| bytes == end.as_bytes()) {
                let line = self.buffer.drain(..at + end.len()).take(at).collect();
                return String::from_utf8(line).expect("UTF-8");
            }
            assert!(self.more().await, "closed after {:?}", String::from_utf8_lossy(&self.buffer));
        }
    }

    async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            assert!(self.more().await, "closed in the body");
        }
        self.buffer.drain(..count).collect()
    }

    async fn read(&mut self) -> Reply {
        let head = self.line("\r\n\r\n").await;
        let status = head[9..12].parse().expect("a status");
        let mut reply = Reply { status, head, body: Vec::new() };
        if let Some(length) = reply.header("Content-Length") {
            let length = length.parse().expect("a length");
            reply.body = self.bytes(length).await;
        } else if reply.header("Transfer-Encoding").is_some() {
            loop {
                let line = self.line("\r\n").await;
                let size = line.split(';').next().expect("split gives one");
                match usize::from_str_radix(size, 16).expect("a chunk size") {
                    0 => break,
                    size => reply.body.extend(self.bytes(size).await),
                }
                assert_eq!(self.line("\r\n").await, "");
            }
            while !self.line("\r\n").await.is_empty() {}
        } else if reply.header("Connection") == Some("close") {
            reply.body = self.rest().await;
        }
        reply
    }
}

const NEXT: &str = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\n\r\n";

fn post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("POST /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}
