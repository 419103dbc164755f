//! One kept-alive connection.

use super::body::{BodyError, Chunked, MAX_BODY_BYTES};
use super::head::{Framing, Head, HeadError};
use crate::runtime_api::address::{Address, Target};
use bytes::{Buf, Bytes, BytesMut};
use std::future::{Future, poll_fn};
use std::io;
use std::ops::Range;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

/// How long a connection may take to open. The Runtime API is on the same host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the other side may stand still: within an answer that started, before that of a POST, or taking a request.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Room for each read: an ordinary event with its head comes in one.
const READ_BYTES: usize = 16 * 1024;

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

/// An answer that was read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: Head,
    bytes: Bytes,
    body: Range<usize>,
}

impl Answer {
    /// The bytes that the head's values stand in.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn body(&self) -> Bytes {
        self.bytes.slice(self.body.clone())
    }
}

/// A connection that is opened when it is needed, kept as long as both sides like, and opened again after a failure.
///
/// Events are read into one buffer and handed out from it without a copy. Once nobody holds the last event, the
/// buffer is used again.
pub(crate) struct Conn {
    stream: Option<TcpStream>,
    buffer: BytesMut,
    /// One timer for all answers: it is moved only when it fires, so that an answer in time costs no timer.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Conn {
    pub(crate) fn new() -> Conn {
        Conn { stream: None, buffer: BytesMut::new(), alarm: None }
    }

    /// Drops the connection; the next request opens another.
    pub(crate) fn close(&mut self) {
        self.stream = None;
        self.buffer.clear();
    }

    /// Sends a request, in one `send` where it fits, and opens the connection first if there is none.
    pub(crate) async fn send(&mut self, address: &Address, request: &[u8]) -> Result<(), ConnError> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(connect(address).await?),
        };
        let mut sent = 0;
        while sent < request.len() {
            match in_time(&mut self.alarm, stream.write(&request[sent..])).await {
                Ok(n) => sent += n,
                // A server that refuses a body early answers and closes: its answer may be there to read.
                Err(ConnError::Broken(error)) if error.kind() == io::ErrorKind::BrokenPipe => break,
                Err(error) => return Err(self.fail(error)),
            }
        }
        Ok(())
    }

    /// Sends a request whose answer is due, and reads that.
    pub(crate) async fn exchange(&mut self, address: &Address, request: &[u8]) -> Result<Answer, ConnError> {
        self.send(address, request).await?;
        self.receive(Due::Now).await
    }

    /// Reads an answer whole.
    ///
    /// # Cancel safety
    ///
    /// What was read stays in the buffer, and a later call goes on with it.
    pub(crate) async fn receive(&mut self, due: Due) -> Result<Answer, ConnError> {
        match self.read_answer(due).await {
            Ok(answer) => {
                if answer.head.close || answer.head.framing == Framing::UntilClose {
                    self.close();
                }
                Ok(answer)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    async fn read_answer(&mut self, due: Due) -> Result<Answer, ConnError> {
        let head = loop {
            match Head::parse(&self.buffer)? {
                // Interim answers (100, 103) come before the one that counts.
                Some(head) if head.status < 200 => self.buffer.advance(head.len),
                Some(head) => break head,
                None => {
                    let (due, at) = match self.buffer.is_empty() {
                        true => (due, "before it answered"),
                        false => (Due::Now, "within the answer's head"),
                    };
                    self.read(due).await?.ok_or(ConnError::Closed(at))?;
                }
            }
        };
        let (body, end) = match head.framing {
            Framing::Length(length) => {
                if length > MAX_BODY_BYTES {
                    return Err(BodyError::TooLong.into());
                }
                let end = head.len + length;
                self.buffer.reserve(end.saturating_sub(self.buffer.len()));
                while self.buffer.len() < end {
                    self.read(Due::Now).await?.ok_or(ConnError::Closed("within the answer's body"))?;
                }
                (head.len..end, end)
            }
            Framing::Chunked => {
                let mut chunked = Chunked::new(head.len);
                while !chunked.decode(&mut self.buffer)? {
                    self.read(Due::Now).await?.ok_or(ConnError::Closed("within the answer's body"))?;
                }
                (chunked.body(), chunked.end())
            }
            // Nobody needs the body of an answer that says nothing of its length, other than an event's.
            Framing::UntilClose if due == Due::Now => (head.len..head.len, self.buffer.len()),
            Framing::UntilClose => {
                while self.read(Due::Now).await?.is_some() {
                    if self.buffer.len() > MAX_BODY_BYTES {
                        return Err(BodyError::TooLong.into());
                    }
                }
                (head.len..self.buffer.len(), self.buffer.len())
            }
        };
        Ok(Answer { head, bytes: self.buffer.split_to(end).freeze(), body })
    }

    /// Reads what is there; `None` when the other side closed.
    async fn read(&mut self, due: Due) -> Result<Option<usize>, ConnError> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        if self.buffer.capacity() - self.buffer.len() < READ_BYTES / 4 {
            self.buffer.reserve(READ_BYTES);
        }
        let read = stream.read_buf(&mut self.buffer);
        let n = match due {
            Due::Now => in_time(&mut self.alarm, read).await?,
            Due::Whenever => read.await?,
        };
        Ok((n > 0).then_some(n))
    }

    fn fail(&mut self, error: ConnError) -> ConnError {
        self.close();
        error
    }
}

async fn connect(address: &Address) -> Result<TcpStream, ConnError> {
    let connect = async {
        match &address.target {
            Target::Address(address) => TcpStream::connect(address).await,
            Target::Name(name, port) => TcpStream::connect((name.as_str(), *port)).await,
        }
    };
    let stream = match tokio::time::timeout(CONNECT_TIMEOUT, connect).await {
        Ok(connected) => connected,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    };
    stream
        .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
        .map_err(|error| ConnError::Connect { host: address.host.clone(), error })
}

/// Waits for a read or a write, at most [`ANSWER_TIMEOUT`].
async fn in_time(
    alarm: &mut Option<Pin<Box<Sleep>>>,
    progress: impl Future<Output = io::Result<usize>>,
) -> Result<usize, ConnError> {
    let mut progress = pin!(progress);
    let mut since = None;
    poll_fn(|cx| {
        // The socket comes first: after Lambda thawed the process, the answer and the alarm are there together.
        if let Poll::Ready(n) = progress.as_mut().poll(cx) {
            return Poll::Ready(n.map_err(ConnError::from));
        }
        let since = *since.get_or_insert_with(Instant::now);
        let alarm = alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(since + ANSWER_TIMEOUT)));
        while alarm.as_mut().poll(cx).is_ready() {
            let due = since + ANSWER_TIMEOUT;
            if Instant::now() >= due {
                return Poll::Ready(Err(ConnError::Slow));
            }
            alarm.as_mut().reset(due);
        }
        Poll::Pending
    })
    .await
}
