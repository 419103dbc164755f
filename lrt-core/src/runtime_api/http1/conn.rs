//! One kept-alive connection.

use super::chunked_decoder::{BodyError, Chunked, MAX_BODY_BYTES};
use super::chunked_encoder::Outgoing;
use super::response_head::{Framing, Head, HeadError};
use super::stall_timeout::{ANSWER_TIMEOUT, Alarm};
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

/// How long a connection may take to open. The Runtime API is on the same host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Pauses before something is tried again: five more tries, all within two seconds.
pub(crate) const RETRY_PAUSES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(400),
    Duration::from_millis(900),
];

/// ReplyBuffer for each read: an ordinary event with its head comes in one.
const READ_BYTES: usize = 16 * 1024;

/// Bytes of an answer that are read before its request is whole.
const MAX_EARLY_BYTES: usize = 64 * 1024;

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnError {
    #[error("cannot connect to {host}: {error}")]
    Connect { host: String, error: io::Error },
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    #[error("the connection was closed {0}")]
    Closed(&'static str),
    #[error("no answer within {} s", ANSWER_TIMEOUT.as_secs())]
    Slow,
    #[error("the answer is not HTTP: {0}")]
    Head(#[from] HeadError),
    #[error("the answer's body is broken: {0}")]
    Body(#[from] BodyError),
}

/// When an answer starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Within [`ANSWER_TIMEOUT`].
    Now,
    /// When there is something to say: a long poll.
    Whenever,
}

/// How the end of the body under way is found.
enum Body {
    /// It is there once so many bytes are.
    Until(usize),
    Chunked(Chunked),
    UntilClose,
}

/// Where an answer stands in the bytes that were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) head: Head,
    body: Range<usize>,
    end: usize,
}

/// A connection that is opened when it is needed, kept as long as both sides like, and opened again after a failure.
///
/// Events are read into one buffer and handed out from it without a copy. Once nobody holds the last event, the
/// buffer is used again.
pub(crate) struct Conn {
    stream: Option<TcpStream>,
    buffer: BytesMut,
    /// The last answer, at the start of the buffer until it is taken or the next request is sent.
    answer: Answer,
    alarm: Alarm,
}

impl Conn {
    pub(crate) fn new() -> Conn {
        Conn { stream: None, buffer: BytesMut::new(), answer: Answer::default(), alarm: Alarm::default() }
    }

    /// Drops the connection; the next request opens another.
    pub(crate) fn close(&mut self) {
        self.stream = None;
        self.buffer.clear();
        self.answer = Answer::default();
    }

    /// Opens the connection if there is none.
    pub(crate) async fn open(&mut self, address: &Address) -> Result<(), ConnError> {
        if self.stream.is_none() {
            let stream = self.stream.insert(connect(address)?);
            // So that the first request goes at once, as all others do: tokio has to hear of it first.
            poll_fn(|cx| stream.poll_write_ready(cx)).await?;
        }
        Ok(())
    }

    /// Sends a request and reads its answer; the status of that.
    ///
    /// # Cancel safety
    ///
    /// None: a connection whose exchange was dropped has to be closed, or not to be used any more.
    pub(crate) async fn exchange(&mut self, address: &Address, request: &[u8], due: Due) -> Result<u16, ConnError> {
        self.forget_answer();
        let sent = self.send_now(request);
        if sent < request.len() {
            Box::pin(self.send_rest(address, request, sent)).await?;
        }
        let read = self.read_answer(due).await;
        let head = &self.answer.head;
        if read.is_err() || head.close || head.framing == Framing::UntilClose {
            self.stream = None;
        }
        read.map(|()| self.answer.head.status)
    }

    /// Sends a request that must arrive. One that got no answer is sent once more, and a connection that cannot be opened
    /// is tried again for a while. The status of the answer, and whether an earlier sending may have arrived as well.
    pub(crate) async fn deliver(&mut self, address: &Address, request: &[u8]) -> Result<(u16, bool), ConnError> {
        match self.exchange(address, request, Due::Now).await {
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
                // Emulators may start a function before they listen.
                let Some(pause) = pauses.next() else { return Err(error) };
                tokio::time::sleep(pause).await;
            } else if sent {
                return Err(error);
            } else {
                sent = true;
            }
            match self.exchange(address, request, Due::Now).await {
                Ok(status) => return Ok((status, sent)),
                Err(next) => error = next,
            }
        }
    }

    /// Opens the connection for a request that is sent in parts, and anew if the other side has closed it since the last
    /// answer: what was sent of such a request cannot be sent again.
    pub(crate) async fn open_anew(&mut self, address: &Address) -> Result<(), ConnError> {
        self.forget_answer();
        if self.stream.as_ref().is_some_and(|stream| !is_quiet(stream)) {
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
    pub(crate) fn poll_send(&mut self, out: &mut Outgoing, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Some(stream) => out.poll_write(Pin::new(stream), cx),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Writes what is left of such a request, as long as the other side takes something of it now and then.
    pub(crate) async fn send_all(&mut self, out: &mut Outgoing) -> Result<(), ConnError> {
        while !out.is_empty() {
            let Some(stream) = &mut self.stream else { return Err(ConnError::Closed("within the request")) };
            self.alarm.unless(poll_fn(|cx| out.poll_write(Pin::new(&mut *stream), cx))).await?;
        }
        Ok(())
    }

    /// Reads what comes before the request is whole: a whole head makes its status known. It stays where it is for
    /// [`answer`](Conn::answer). With `is_known`, only the connection's end is waited for.
    pub(crate) fn poll_early(&mut self, is_known: bool, cx: &mut Context<'_>) -> Poll<Result<u16, ConnError>> {
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

    /// Reads the answer to a request that was sent in parts; its status. After one that was left unfinished, the
    /// connection has to be closed.
    pub(crate) async fn answer(&mut self) -> Result<u16, ConnError> {
        let read = self.read_answer(Due::Now).await;
        let head = &self.answer.head;
        if read.is_err() || head.close || head.framing == Framing::UntilClose {
            self.stream = None;
        }
        read.map(|()| self.answer.head.status)
    }

    /// Sends what goes at once, in one `send`: nearly always all. How much that was.
    fn send_now(&mut self, request: &[u8]) -> usize {
        match &self.stream {
            // Errors come again when the rest is sent.
            Some(stream) => stream.try_write(request).unwrap_or(0),
            None => 0,
        }
    }

    /// Sends what is left of a request, and opens the connection first if there is none.
    #[cold]
    async fn send_rest(&mut self, address: &Address, request: &[u8], mut sent: usize) -> Result<(), ConnError> {
        self.open(address).await?;
        let Some(stream) = &mut self.stream else { return Err(ConnError::Closed("before the request")) };
        while sent < request.len() {
            match self.alarm.unless(stream.write(&request[sent..])).await {
                Ok(n) => sent += n,
                // A server that refuses a body early answers and closes: its answer may be there to read.
                Err(ConnError::Broken(error)) if error.kind() == io::ErrorKind::BrokenPipe => break,
                Err(error) => {
                    self.close();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn read_answer(&mut self, due: Due) -> Result<(), ConnError> {
        let head = loop {
            match Head::parse(&self.buffer)? {
                // Interim answers (100, 103) come before the one that counts.
                Some(head) if head.status < 200 => self.skip(head.len),
                Some(head) => break head,
                None => {
                    let (due, place) = match self.buffer.is_empty() {
                        true => (due, "before it answered"),
                        false => (Due::Now, "within the answer's head"),
                    };
                    self.read(due, place).await?;
                }
            }
        };
        let body = match head.framing {
            Framing::Length(length) if length > MAX_BODY_BYTES => return Err(BodyError::TooLong.into()),
            Framing::Length(length) => Body::Until(head.len + length),
            Framing::Chunked => Body::Chunked(Chunked::new(head.len)),
            // Nobody needs the body of an answer that says nothing of its length, other than an event's.
            Framing::UntilClose if due == Due::Now => Body::Until(head.len),
            Framing::UntilClose => Body::UntilClose,
        };
        let start = head.len;
        self.answer.head = head;
        (self.answer.body, self.answer.end) = match body {
            Body::Until(end) if end <= self.buffer.len() => (start..end, end),
            body => Box::pin(self.read_body(start, body)).await?,
        };
        Ok(())
    }

    /// Reads a body that did not come in one piece with its head: where it is, and where what follows it starts.
    async fn read_body(&mut self, start: usize, mut body: Body) -> Result<(Range<usize>, usize), ConnError> {
        if let Body::Until(end) = body {
            self.buffer.reserve(end - self.buffer.len());
        }
        loop {
            let len = self.buffer.len();
            match &mut body {
                Body::Until(end) if *end <= len => return Ok((start..*end, *end)),
                Body::Chunked(chunked) => {
                    let done = chunked.decode(&mut self.buffer)?;
                    if done {
                        return Ok((chunked.body(), chunked.end()));
                    }
                }
                Body::UntilClose if len - start > MAX_BODY_BYTES => return Err(BodyError::TooLong.into()),
                _ => {}
            }
            match self.read(Due::Now, "within the answer's body").await {
                Err(ConnError::Closed(_)) if matches!(body, Body::UntilClose) => return Ok((start..len, len)),
                read => read?,
            }
        }
    }

    /// Reads what is there; an error when the other side closed.
    async fn read(&mut self, due: Due, place: &'static str) -> Result<(), ConnError> {
        let Some(stream) = &mut self.stream else { return Err(ConnError::Closed(place)) };
        if self.buffer.capacity() - self.buffer.len() < READ_BYTES / 4 {
            self.buffer.reserve(READ_BYTES);
        }
        let read = stream.read_buf(&mut self.buffer);
        let n = match due {
            Due::Now => self.alarm.unless(read).await?,
            Due::Whenever => read.await?,
        };
        if n > 0 { Ok(()) } else { Err(ConnError::Closed(place)) }
    }

    /// The head of the last answer, and the bytes that its values stand in.
    pub(crate) fn head(&self) -> (&Head, &[u8]) {
        (&self.answer.head, &self.buffer)
    }

    /// The body of the last answer.
    pub(crate) fn body(&self) -> &[u8] {
        &self.buffer[self.answer.body.clone()]
    }

    /// Takes the body of the last answer out, without a copy. Its head is gone then.
    pub(crate) fn take_body(&mut self) -> Bytes {
        let Range { start, end } = std::mem::take(&mut self.answer.body);
        self.answer.end -= end;
        let mut body = self.buffer.split_to(end).freeze();
        body.advance(start);
        body
    }

    // Apart: it is 280 bytes wherever it is called.
    #[inline(never)]
    fn skip(&mut self, bytes: usize) {
        self.buffer.advance(bytes);
    }

    fn forget_answer(&mut self) {
        self.skip(self.answer.end);
        self.answer.body = 0..0;
        self.answer.end = 0;
        if self.stream.is_none() {
            self.buffer.clear();
        }
    }
}

/// Whether nothing came since the last answer, neither bytes nor the connection's end.
fn is_quiet(stream: &TcpStream) -> bool {
    stream.try_read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// Opens a connection. This blocks, as the lookup of a name does: the Runtime API is on the same host, where connections are
/// open or refused at once, and what would wait for others is 4 KB of each binary and 3 % of its cold start.
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
    use crate::runtime_api::http1::response_head::Field;
    use proptest::prelude::*;
    use tokio::net::TcpListener;

    /// A server that answers request after request with these pieces, each its own write, and what it hands out.
    async fn serve(answers: Vec<Vec<Vec<u8>>>, close: bool) -> Address {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let mut stream = None;
            for answer in answers {
                let mut open = match stream.take() {
                    Some(open) => open,
                    None => listener.accept().await.unwrap().0,
                };
                open.set_nodelay(true).unwrap();
                let mut request = [0; 1024];
                if open.read(&mut request).await.unwrap_or(0) == 0 {
                    return;
                }
                for piece in answer {
                    let _ = open.write_all(&piece).await;
                    // Time for the other side to see the piece alone.
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

    /// Whole answers, and the body that is in each.
    const ANSWERS: [(&str, &str); 5] = [
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

    async fn assert_answer(conn: &mut Conn, address: &Address, body: &str, what: &str) {
        let status = conn.exchange(address, REQUEST, Due::Whenever).await;
        assert_eq!(status.unwrap_or_else(|error| panic!("{what}: {error}")), 200);
        let (head, bytes) = conn.head();
        assert_eq!(head.value(bytes, Field::TraceId), Some("7"), "{what}");
        assert_eq!(conn.body(), body.as_bytes(), "{what}");
        assert_eq!(conn.take_body(), body.as_bytes(), "{what}");
    }

    #[tokio::test]
    async fn an_answer_split_at_every_byte_is_the_same() {
        for (answer, body) in ANSWERS {
            let answer = answer.as_bytes();
            let split = |at: usize| vec![answer[..at].to_vec(), answer[at..].to_vec()];
            let address = serve((0..answer.len()).map(split).collect(), body == "{}").await;
            let mut conn = Conn::new();
            for at in 0..answer.len() {
                // Where the server closes, each exchange starts with a connection that is gone: that is the next test's.
                if body == "{}" {
                    conn.close();
                }
                assert_answer(&mut conn, &address, body, &format!("{body} split at {at}")).await;
            }
        }
    }

    #[tokio::test]
    async fn an_answer_byte_by_byte_is_the_same() {
        for (answer, body) in ANSWERS {
            let address = serve(vec![answer.bytes().map(|byte| vec![byte]).collect()], true).await;
            assert_answer(&mut Conn::new(), &address, body, body).await;
        }
    }

    #[tokio::test]
    async fn an_answer_without_a_length_ends_with_the_connection() {
        let answer = "HTTP/1.1 200 OK\r\nLambda-Runtime-Trace-Id: 7\r\n\r\n[1]";
        for at in 0..answer.len() {
            let pieces = vec![answer.as_bytes()[..at].to_vec(), answer.as_bytes()[at..].to_vec()];
            let address = serve(vec![pieces], true).await;
            assert_answer(&mut Conn::new(), &address, "[1]", &format!("split at {at}")).await;
        }
    }

    #[tokio::test]
    async fn an_answer_cut_at_any_byte_is_an_error_that_says_where() {
        let (answer, body) = ANSWERS[0];
        let head = answer.len() - body.len();
        for end in 0..answer.len() {
            let address = serve(vec![vec![answer.as_bytes()[..end].to_vec()]], true).await;
            let error = Conn::new().exchange(&address, REQUEST, Due::Whenever).await.expect_err("the answer is cut");
            let place = match end {
                0 => "before it answered",
                end if end < head => "within the answer's head",
                _ => "within the answer's body",
            };
            assert!(matches!(error, ConnError::Closed(closed) if closed == place), "cut at {end}: {error}");
        }
    }

    #[tokio::test]
    async fn bodies_are_handed_out_from_the_read_buffer_which_is_used_again() {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}", "x".repeat(1000));
        let address = serve(vec![vec![answer.into_bytes()]; 100], false).await;
        let mut conn = Conn::new();
        let mut places = std::collections::BTreeSet::new();
        for _ in 0..100 {
            conn.exchange(&address, REQUEST, Due::Whenever).await.unwrap();
            let body = conn.take_body();
            places.insert(body.as_ptr() as usize);
        }
        let (first, last) = (*places.first().unwrap(), *places.last().unwrap());
        assert!(last - first < 2 * READ_BYTES, "100 bodies lie within {} bytes", last - first);
    }

    #[tokio::test]
    async fn an_announced_body_that_is_too_long_is_refused_before_it_is_read() {
        for head in ["Content-Length: 67108865", "Content-Length: 18446744073709551615"] {
            let address = serve(vec![vec![format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").into_bytes()]], false).await;
            let error = Conn::new().exchange(&address, REQUEST, Due::Whenever).await.expect_err(head);
            assert!(matches!(error, ConnError::Body(BodyError::TooLong) | ConnError::Head(_)), "{error}");
        }
    }

    #[tokio::test]
    async fn a_name_is_looked_up() {
        let Address { host, .. } = serve(vec![vec![ANSWERS[0].0.into()]], true).await;
        let address = host.replace("127.0.0.1", "http://localhost").parse().unwrap();
        assert_answer(&mut Conn::new(), &address, ANSWERS[0].1, "localhost").await;
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn garbage_is_an_error_and_never_a_panic(mut bytes: Vec<u8>, head in 0usize..4) {
            let heads = ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"];
            bytes.splice(0..0, heads[head].bytes());
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
                let address = serve(vec![vec![bytes]], true).await;
                let mut conn = Conn::new();
                if conn.exchange(&address, REQUEST, Due::Whenever).await.is_ok() {
                    conn.take_body();
                }
            });
        }
    }
}
