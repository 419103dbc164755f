//! Answers that are handed on as they come.

use super::function_error::FunctionError;
use hyper::body::{Body, Bytes, Frame};
use lrt_testing::__private::{Reply, ReplyPart};
use lrt_testing::{Answer, Pending};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc::Receiver;

/// What stands between the head and the body of an answer that is streamed, and where its end has to be
/// ([response streaming](https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html)).
pub(super) const DELIMITER: [u8; 8] = [0; 8];
const MAX_PRELUDE_BYTES: usize = 16 * 1024;

/// A reply that is streamed, of which the body is still to come.
pub(super) struct ResponseStream {
    parts: Receiver<ReplyPart>,
    answer: Pending,
    /// What came of the body already.
    first: Option<Bytes>,
    /// The function failed, and what it had sent is on its way.
    failed: Option<FunctionError>,
}

/// What a stream ended in: the function's error, or the end of its process.
#[derive(Debug)]
pub(super) struct StreamError(pub(super) FunctionError);

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the function failed after the first bytes of its answer")
    }
}

impl std::error::Error for StreamError {}

/// Waits until a function begins to stream its answer, or has answered otherwise.
pub(super) async fn begin(mut parts: Receiver<ReplyPart>, answer: Pending) -> Result<ResponseStream, Answer> {
    match parts.recv().await {
        Some(_) => Ok(ResponseStream { parts, answer, first: None, failed: None }),
        None => Err(answer.await),
    }
}

/// The same of a function of HTTP requests: the head of the response that it streams, and the body.
pub(super) async fn head(
    parts: Receiver<ReplyPart>,
    answer: Pending,
) -> Result<(Reply, ResponseStream), Result<Answer, String>> {
    let mut streamed = begin(parts, answer).await.map_err(Ok)?;
    let mut came = Vec::new();
    loop {
        if let Some(at) = came.windows(DELIMITER.len()).position(|bytes| bytes == DELIMITER) {
            let reply = Reply::read_prelude(&came[..at]).map_err(Err)?;
            let first = Bytes::copy_from_slice(&came[at + DELIMITER.len()..]);
            streamed.first = Some(first).filter(|first| !first.is_empty());
            return Ok((reply, streamed));
        }
        if came.len() > MAX_PRELUDE_BYTES {
            return Err(Err(format!("it is streamed, and has no prelude within {MAX_PRELUDE_BYTES} bytes")));
        }
        match streamed.parts.recv().await {
            Some(ReplyPart::Bytes(bytes)) => came.extend_from_slice(&bytes),
            Some(ReplyPart::Started) => {}
            None => return Err(Err("it is streamed, and ended within its prelude".to_owned())),
        }
    }
}

impl Body for ResponseStream {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        while let Some(part) = ready!(self.parts.poll_recv(cx)) {
            if let ReplyPart::Bytes(bytes) = part {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
        }
        if let Some(failure) = self.failed.take() {
            return Poll::Ready(Some(Err(StreamError(failure))));
        }
        // What it ended in is told behind it. The connection is cut then, as the service does.
        let answer = ready!(Pin::new(&mut self.answer).poll(cx));
        let Some(failure) = FunctionError::of(&answer, self.answer.request_id()) else { return Poll::Ready(None) };
        // hyper writes what it has while it waits, and drops it for an error.
        self.failed = Some(failure);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
