//! A kept-alive connection.

use super::chunked_decoder::{BodyError, ChunkedDecoder, MAX_BODY_BYTES};
use super::chunked_encoder::ChunkedEncoder;
use super::response_head::{self, Field, Framing, Head, HeadError};
use super::stall_timeout::{RESPONSE_TIMEOUT, StallTimeout};
use crate::runtime_api::address::Address;
use bytes::{Buf, Bytes, BytesMut};
use std::future::poll_fn;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The connect timeout. The Runtime API is on the same host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The delays before retries: five retries within two seconds.
pub(crate) const RETRY_PAUSES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(400),
    Duration::from_millis(900),
];

/// Buffer size of each read: an ordinary event and its head arrive in one read.
const READ_BYTES: usize = 16 * 1024;

/// The maximum number of response bytes that are read before the request is complete.
const MAX_EARLY_BYTES: usize = 64 * 1024;

/// The error of a request without a response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnError {
    #[error("cannot connect to {host}: {error}")]
    Connect { host: String, error: io::Error },
    #[error("connection failed: {0}")]
    Broken(#[from] io::Error),
    #[error("connection closed {0}")]
    Closed(&'static str),
    #[error("no response within {} s", RESPONSE_TIMEOUT.as_secs())]
    Slow,
    #[error("invalid response head: {0}")]
    Head(#[from] HeadError),
    #[error("invalid response body: {0}")]
    Body(#[from] BodyError),
}

/// The time within which a response has to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadDeadline {
    /// The response starts within [`RESPONSE_TIMEOUT`].
    Bounded,
    /// The response may start at any time: a long poll.
    LongPoll,
}

/// Framing of the current body.
enum Body {
    /// At a position in the buffer.
    Until(usize),
    Chunked(ChunkedDecoder),
    UntilClose,
}

/// The position of a response in the read buffer.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResponseSpan {
    pub(crate) head: Head,
    body: Range<usize>,
    end: usize,
}

/// A connection that is opened when it is needed, kept alive, and reopened after an error.
///
/// Events are read into one buffer and returned as slices of it. The buffer is reused once the last event is dropped.
pub(crate) struct Conn {
    stream: Option<TcpStream>,
    buffer: BytesMut,
    /// The last response, at the start of the buffer until its body is taken or the next request is sent.
    response: ResponseSpan,
    /// The body of the current response while it arrives, so that reading can continue after an exchange was dropped.
    unread_body: Option<Body>,
    timeout: StallTimeout,
}

impl Conn {
    pub(crate) fn new() -> Conn {
        Conn {
            stream: None,
            buffer: BytesMut::new(),
            response: ResponseSpan::default(),
            unread_body: None,
            timeout: StallTimeout::default(),
        }
    }

    /// Closes the connection. The next request opens another one.
    pub(crate) fn close(&mut self) {
        self.stream = None;
        self.buffer.clear();
        self.response = ResponseSpan::default();
        self.unread_body = None;
    }

    /// Opens the connection if it is closed.
    pub(crate) async fn open(&mut self, address: &Address) -> Result<(), ConnError> {
        if self.stream.is_none() {
            let stream = self.stream.insert(connect(address)?);
            // tokio has to register the socket before the first request can be sent without waiting.
            poll_fn(|cx| stream.poll_write_ready(cx)).await?;
        }
        Ok(())
    }

    /// Sends a request and reads the response. Returns its status.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: if the future is dropped before it completes, the connection has to be closed, or the rest of the
    /// response [read](Conn::resume).
    pub(crate) async fn exchange(
        &mut self,
        address: &Address,
        request: &[u8],
        deadline: ReadDeadline,
    ) -> Result<u16, ConnError> {
        self.discard_response();
        let sent = self.send_now(request);
        if sent < request.len() {
            Box::pin(self.send_rest(address, request, sent)).await?;
        }
        let read = self.read_response(deadline).await;
        self.finish(read)
    }

    /// Returns true if a part of a response has arrived. It is meaningful after an exchange was dropped.
    pub(crate) fn has_partial_response(&self) -> bool {
        self.stream.is_some() && !self.buffer.is_empty()
    }

    /// Reads the rest of a response whose exchange was dropped, and returns its status.
    pub(crate) async fn resume(&mut self, deadline: ReadDeadline) -> Result<u16, ConnError> {
        let read = match self.unread_body {
            Some(_) => self.read_body().await,
            None => self.read_response(deadline).await,
        };
        self.finish(read)
    }

    /// Returns the value of a header of a response that could not be read, if its line has arrived.
    pub(crate) fn partial_value(&self, field: Field) -> Option<String> {
        response_head::find_value(&self.buffer, field).map(ToOwned::to_owned)
    }

    /// Returns the status of a response. Closes the connection if it cannot be used again.
    fn finish(&mut self, read: Result<(), ConnError>) -> Result<u16, ConnError> {
        let head = &self.response.head;
        if read.is_err() || head.close || head.framing == Framing::UntilClose {
            self.stream = None;
        }
        read.map(|()| self.response.head.status)
    }

    /// Sends a request that must arrive. It is sent once more if no response arrives. Opening the connection is retried
    /// for a while. Returns the status of the response, and true if an earlier attempt may have arrived as well.
    pub(crate) async fn deliver(&mut self, address: &Address, request: &[u8]) -> Result<(u16, bool), ConnError> {
        match self.exchange(address, request, ReadDeadline::Bounded).await {
            Ok(status) => Ok((status, false)),
            Err(error) => Box::pin(self.deliver_after(error, address, request)).await,
        }
    }

    async fn deliver_after(
        &mut self,
        mut error: ConnError,
        address: &Address,
        request: &[u8],
    ) -> Result<(u16, bool), ConnError> {
        let mut pauses = RETRY_PAUSES.into_iter();
        let mut sent = false;
        loop {
            self.close();
            if let ConnError::Connect { .. } = error {
                // Emulators may start a function before they listen on the port.
                let Some(pause) = pauses.next() else { return Err(error) };
                tokio::time::sleep(pause).await;
            } else if sent {
                return Err(error);
            } else {
                sent = true;
            }
            match self.exchange(address, request, ReadDeadline::Bounded).await {
                Ok(status) => return Ok((status, sent)),
                Err(next) => error = next,
            }
        }
    }

    /// Opens the connection for a request that is sent in parts, and a new one if the server has closed it since the
    /// last response: the parts cannot be sent again.
    pub(crate) async fn open_fresh(&mut self, address: &Address) -> Result<(), ConnError> {
        self.discard_response();
        if self.stream.as_ref().is_some_and(|stream| !is_idle(stream)) {
            self.close();
        }
        let mut pauses = RETRY_PAUSES.into_iter();
        loop {
            match (self.open(address).await, pauses.next()) {
                (Err(ConnError::Connect { .. }), Some(pause)) => tokio::time::sleep(pause).await,
                (opened, _) => return opened,
            }
        }
    }

    /// Writes some of a request that is sent in parts.
    pub(crate) fn poll_send(&mut self, out: &mut ChunkedEncoder, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Some(stream) => out.poll_write(Pin::new(stream), cx),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Writes the rest of such a request, as long as the server makes progress.
    pub(crate) async fn send_all(&mut self, out: &mut ChunkedEncoder) -> Result<(), ConnError> {
        while !out.is_empty() {
            let Some(stream) = &mut self.stream else { return Err(ConnError::Closed("within the request")) };
            self.timeout.race(poll_fn(|cx| out.poll_write(Pin::new(&mut *stream), cx))).await?;
        }
        Ok(())
    }

    /// Reads a response before the request is complete. A complete head determines the status; it stays in the buffer
    /// for [`read_response_of_stream`](Conn::read_response_of_stream). With `is_known`, this only waits for the end of the connection.
    pub(crate) fn poll_early_response(&mut self, is_known: bool, cx: &mut Context<'_>) -> Poll<Result<u16, ConnError>> {
        loop {
            match Head::parse(&self.buffer)? {
                Some(head) if head.status < 200 => {
                    self.buffer.advance(head.len);
                    continue;
                }
                Some(head) if !is_known => return Poll::Ready(Ok(head.status)),
                _ if self.buffer.len() > MAX_EARLY_BYTES => return Poll::Pending,
                _ => {}
            }
            let Some(stream) = &self.stream else { return Poll::Ready(Err(ConnError::Closed("within the request"))) };
            ready!(stream.poll_read_ready(cx))?;
            self.buffer.reserve(READ_BYTES);
            match stream.try_read_buf(&mut self.buffer) {
                Ok(0) => return Poll::Ready(Err(ConnError::Closed("within the request"))),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    /// Reads the response to a request that was sent in parts, and returns its status. After an incomplete request, the
    /// connection has to be closed.
    pub(crate) async fn read_response_of_stream(&mut self) -> Result<u16, ConnError> {
        let read = self.read_response(ReadDeadline::Bounded).await;
        self.finish(read)
    }

    /// Sends as much as possible with one system call, which is usually everything. Returns the number of bytes.
    fn send_now(&mut self, request: &[u8]) -> usize {
        match &self.stream {
            // Errors are ignored, since sending the rest returns the same error.
            Some(stream) => stream.try_write(request).unwrap_or(0),
            None => 0,
        }
    }

    /// Sends the rest of a request. Opens the connection first if it is closed.
    #[cold]
    async fn send_rest(&mut self, address: &Address, request: &[u8], mut sent: usize) -> Result<(), ConnError> {
        self.open(address).await?;
        let Some(stream) = &mut self.stream else { return Err(ConnError::Closed("before the request")) };
        while sent < request.len() {
            match self.timeout.race(stream.write(&request[sent..])).await {
                Ok(n) => sent += n,
                // A server that rejects a body early responds and closes. Its response may be readable.
                Err(ConnError::Broken(error)) if error.kind() == io::ErrorKind::BrokenPipe => break,
                Err(error) => {
                    self.close();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn read_response(&mut self, deadline: ReadDeadline) -> Result<(), ConnError> {
        let head = loop {
            match Head::parse(&self.buffer)? {
                // Interim responses (100, 103) precede the final one.
                Some(head) if head.status < 200 => self.skip(head.len),
                Some(head) => break head,
                None => {
                    let (deadline, position) = match self.buffer.is_empty() {
                        true => (deadline, "before the response"),
                        false => (ReadDeadline::Bounded, "within the response head"),
                    };
                    self.read(deadline, position).await?;
                }
            }
        };
        let body = match head.framing {
            Framing::Length(length) if length > MAX_BODY_BYTES => return Err(BodyError::TooLong.into()),
            Framing::Length(length) => Body::Until(head.len + length),
            Framing::Chunked => Body::Chunked(ChunkedDecoder::new(head.len)),
            // Without a length, only the body of an event is needed.
            Framing::UntilClose if deadline == ReadDeadline::Bounded => Body::Until(head.len),
            Framing::UntilClose => Body::UntilClose,
        };
        let start = head.len;
        self.response.head = head;
        match body {
            Body::Until(end) if end <= self.buffer.len() => {
                (self.response.body, self.response.end) = (start..end, end);
                Ok(())
            }
            body => {
                self.unread_body = Some(body);
                Box::pin(self.read_body()).await
            }
        }
    }

    /// Reads a body that was not read together with its head.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the next call continues.
    async fn read_body(&mut self) -> Result<(), ConnError> {
        let start = self.response.head.len;
        (self.response.body, self.response.end) = loop {
            let len = self.buffer.len();
            match &mut self.unread_body {
                None => return Ok(()),
                Some(Body::Until(end)) if *end <= len => break (start..*end, *end),
                // With one more byte, bytes that were not requested are read as well, and noticed.
                Some(Body::Until(end)) => self.buffer.reserve(*end - len + 1),
                Some(Body::Chunked(chunked)) => {
                    if chunked.decode(&mut self.buffer)? {
                        break (chunked.body(), chunked.end());
                    }
                }
                Some(Body::UntilClose) if len - start > MAX_BODY_BYTES => return Err(BodyError::TooLong.into()),
                Some(Body::UntilClose) => {}
            }
            match self.read(ReadDeadline::Bounded, "within the response body").await {
                Err(ConnError::Closed(_)) if matches!(self.unread_body, Some(Body::UntilClose)) => {
                    break (start..len, len);
                }
                read => read?,
            }
        };
        self.unread_body = None;
        Ok(())
    }

    /// Reads available data. Returns an error if the server closed the connection.
    async fn read(&mut self, deadline: ReadDeadline, position: &'static str) -> Result<(), ConnError> {
        let Some(stream) = &mut self.stream else { return Err(ConnError::Closed(position)) };
        if self.buffer.capacity() - self.buffer.len() < READ_BYTES / 4 {
            self.buffer.reserve(READ_BYTES);
        }
        let read = stream.read_buf(&mut self.buffer);
        let n = match deadline {
            ReadDeadline::Bounded => self.timeout.race(read).await?,
            ReadDeadline::LongPoll => read.await?,
        };
        if n > 0 { Ok(()) } else { Err(ConnError::Closed(position)) }
    }

    /// Returns the head of the last response, and the bytes that its values refer to.
    pub(crate) fn head(&self) -> (&Head, &[u8]) {
        (&self.response.head, &self.buffer)
    }

    /// Returns the body of the last response.
    pub(crate) fn body(&self) -> &[u8] {
        &self.buffer[self.response.body.clone()]
    }

    /// Takes the body of the last response without a copy. Its head is lost.
    pub(crate) fn take_body(&mut self) -> Bytes {
        let Range { start, end } = std::mem::take(&mut self.response.body);
        self.response.end -= end;
        let mut body = self.buffer.split_to(end).freeze();
        body.advance(start);
        body
    }

    fn skip(&mut self, bytes: usize) {
        self.buffer.advance(bytes);
    }

    fn discard_response(&mut self) {
        self.skip(self.response.end);
        self.response.body = 0..0;
        self.response.end = 0;
        self.unread_body = None;
        // After bytes that were not requested, the next response would be taken for that of another request.
        if self.stream.is_none() || !self.buffer.is_empty() {
            self.close();
        }
    }
}

/// Returns true if nothing was received since the last response, neither data nor the end of the connection.
fn is_idle(stream: &TcpStream) -> bool {
    stream.try_read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// Opens a connection. This blocks, as resolving a name does too: the Runtime API is on the same host, where connecting
/// succeeds or fails at once, and an asynchronous connect would be 3 % of the cold start.
fn connect(address: &Address) -> Result<TcpStream, ConnError> {
    let connect = || {
        let mut failed = io::Error::from(io::ErrorKind::NotFound);
        for address in address.target.resolve()? {
            match std::net::TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    stream.set_nonblocking(true)?;
                    return TcpStream::from_std(stream);
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    };
    connect().map_err(|error| ConnError::Connect { host: address.host.clone(), error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::net::TcpListener;

    /// Starts a server that responds to each request with these pieces, each in a separate write. Returns its address.
    async fn serve(answers: Vec<Vec<Vec<u8>>>, close: bool) -> Address {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let mut stream = None;
            for response in answers {
                let mut open = match stream.take() {
                    Some(open) => open,
                    None => listener.accept().await.unwrap().0,
                };
                open.set_nodelay(true).unwrap();
                let mut request = [0; 1024];
                if open.read(&mut request).await.unwrap_or(0) == 0 {
                    return;
                }
                for piece in response {
                    let _ = open.write_all(&piece).await;
                    // Lets the client read the piece separately.
                    for _ in 0..3 {
                        tokio::task::yield_now().await;
                    }
                }
                if !close {
                    stream = Some(open);
                }
            }
        });
        address.parse().unwrap()
    }

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

    /// Complete responses and their bodies.
    const RESPONSES: [(&str, &str); 5] = [
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nLambda-Runtime-Trace-Id: 7\r\n\r\n{\"a\":\"b\\r\\n\"}",
            "{\"a\":\"b\\r\\n\"}",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nlambda-runtime-trace-id: 7\r\n\r\n\
             4;x=\"y\"\r\n[1,2\r\n2\r\n,3\r\n01\r\n]\r\n0\r\nX-Trailer: z\r\n\r\n",
            "[1,2,3]",
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nLAMBDA-RUNTIME-TRACE-ID:7\r\nContent-Length: 2\r\n\r\n{}",
            "{}",
        ),
        ("HTTP/1.1 200 OK\r\nLambda-Runtime-Trace-Id: 7\r\nContent-Length: 0\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\nLambda-Runtime-Trace-Id: 7\r\n\r\n{}", "{}"),
    ];

    async fn assert_response(conn: &mut Conn, address: &Address, body: &str, label: &str) {
        let status = conn.exchange(address, REQUEST, ReadDeadline::LongPoll).await;
        assert_eq!(status.unwrap_or_else(|error| panic!("{label}: {error}")), 200);
        let (head, bytes) = conn.head();
        assert_eq!(head.value(bytes, Field::TraceId), Some("7"), "{label}");
        assert_eq!(conn.body(), body.as_bytes(), "{label}");
        assert_eq!(conn.take_body(), body.as_bytes(), "{label}");
    }

    #[tokio::test]
    async fn response_split_at_every_byte_is_read() {
        for (response, body) in RESPONSES {
            let response = response.as_bytes();
            let split = |at: usize| vec![response[..at].to_vec(), response[at..].to_vec()];
            let address = serve((0..response.len()).map(split).collect(), body == "{}").await;
            let mut conn = Conn::new();
            for at in 0..response.len() {
                // Only if the server keeps the connection open: closed connections are covered by another test.
                if body == "{}" {
                    conn.close();
                }
                assert_response(&mut conn, &address, body, &format!("{body} split at {at}")).await;
            }
        }
    }

    #[tokio::test]
    async fn response_is_read_byte_by_byte() {
        for (response, body) in RESPONSES {
            let address = serve(vec![response.bytes().map(|byte| vec![byte]).collect()], true).await;
            assert_response(&mut Conn::new(), &address, body, body).await;
        }
    }

    #[tokio::test]
    async fn response_without_a_length_ends_with_the_connection() {
        let response = "HTTP/1.1 200 OK\r\nLambda-Runtime-Trace-Id: 7\r\n\r\n[1]";
        for at in 0..response.len() {
            let pieces = vec![response.as_bytes()[..at].to_vec(), response.as_bytes()[at..].to_vec()];
            let address = serve(vec![pieces], true).await;
            assert_response(&mut Conn::new(), &address, "[1]", &format!("split at {at}")).await;
        }
    }

    #[tokio::test]
    async fn response_cut_off_at_any_byte_is_an_error_with_its_position() {
        let (response, body) = RESPONSES[0];
        let head = response.len() - body.len();
        for end in 0..response.len() {
            let address = serve(vec![vec![response.as_bytes()[..end].to_vec()]], true).await;
            let error = Conn::new()
                .exchange(&address, REQUEST, ReadDeadline::LongPoll)
                .await
                .expect_err("the response is cut off");
            let position = match end {
                0 => "before the response",
                end if end < head => "within the response head",
                _ => "within the response body",
            };
            assert!(matches!(error, ConnError::Closed(closed) if closed == position), "cut at {end}: {error}");
        }
    }

    #[tokio::test]
    async fn bodies_are_slices_of_the_read_buffer_which_is_reused() {
        let response = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}", "x".repeat(1000));
        let address = serve(vec![vec![response.into_bytes()]; 100], false).await;
        let mut conn = Conn::new();
        let mut places = std::collections::BTreeSet::new();
        for _ in 0..100 {
            conn.exchange(&address, REQUEST, ReadDeadline::LongPoll).await.unwrap();
            let body = conn.take_body();
            places.insert(body.as_ptr() as usize);
        }
        let (first, last) = (*places.first().unwrap(), *places.last().unwrap());
        assert!(last - first < 2 * READ_BYTES, "100 bodies within {} bytes", last - first);
    }

    #[tokio::test]
    async fn announced_body_above_the_limit_is_rejected_before_it_is_read() {
        for head in ["Content-Length: 67108865", "Content-Length: 18446744073709551615"] {
            let address = serve(vec![vec![format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").into_bytes()]], false).await;
            let error = Conn::new().exchange(&address, REQUEST, ReadDeadline::LongPoll).await.expect_err(head);
            assert!(matches!(error, ConnError::Body(BodyError::TooLong) | ConnError::Head(_)), "{error}");
        }
    }

    #[tokio::test]
    async fn host_name_is_resolved() {
        let Address { host, .. } = serve(vec![vec![RESPONSES[0].0.into()]], true).await;
        let address = host.replace("127.0.0.1", "http://localhost").parse().unwrap();
        assert_response(&mut Conn::new(), &address, RESPONSES[0].1, "localhost").await;
    }

    proptest! {
        #[test]
        fn garbage_does_not_panic(mut bytes: Vec<u8>, head in 0usize..4) {
            let heads = ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"];
            bytes.splice(0..0, heads[head].bytes());
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
                let address = serve(vec![vec![bytes]], true).await;
                let mut conn = Conn::new();
                if conn.exchange(&address, REQUEST, ReadDeadline::LongPoll).await.is_ok() {
                    conn.take_body();
                }
            });
        }
    }
}
