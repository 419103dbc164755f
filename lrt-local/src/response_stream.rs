//! Streamed replies, forwarded as they arrive.

use super::function_error::FunctionError;
use hyper::body::{Body, Bytes, Frame};
use lrt_testing::__private::Reply;
use lrt_testing::__private::ReplyPart;
use lrt_testing::{Answer, Pending};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc::Receiver;

/// Separates the head of a streamed HTTP response from its body, and must follow within the maximum size of the head
/// ([response streaming](https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html)).
pub(super) const DELIMITER: [u8; 8] = [0; 8];
const MAX_PRELUDE_BYTES: usize = 16 * 1024;

/// The remaining body of a streamed reply.
pub(super) struct ResponseStream {
    parts: Receiver<ReplyPart>,
    answer: Pending,
    /// Bytes of the body that have arrived together with the head.
    first: Option<Bytes>,
    /// The function has failed, and the preceding bytes are still being written.
    error: Option<FunctionError>,
}

/// Error at the end of a stream: an error of the function, or the exit of its process.
#[derive(Debug)]
pub(super) struct StreamError(pub(super) FunctionError);

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the function failed after the first bytes of its reply")
    }
}

impl std::error::Error for StreamError {}

/// The beginning of an HTTP function's reply.
pub(super) enum StreamStart {
    /// The head of a streamed response, and its body.
    Streamed(Reply, ResponseStream),
    /// An error, or a reply that is not streamed.
    Buffered(Answer),
    /// A streamed reply without a valid head.
    Invalid(String),
}

/// Waits until a function starts to stream its reply, or has sent another reply.
pub(super) async fn start(mut parts: Receiver<ReplyPart>, answer: Pending) -> Result<ResponseStream, Answer> {
    match parts.recv().await {
        Some(_) => Ok(ResponseStream { parts, answer, first: None, error: None }),
        None => Err(answer.await),
    }
}

/// Like [`start`], for HTTP functions, whose streams begin with the head of the response.
pub(super) async fn start_http(parts: Receiver<ReplyPart>, answer: Pending) -> StreamStart {
    let mut stream = match start(parts, answer).await {
        Ok(stream) => stream,
        Err(answer) => return StreamStart::Buffered(answer),
    };
    let mut received = Vec::new();
    loop {
        if let Some(end) = received.windows(DELIMITER.len()).position(|bytes| bytes == DELIMITER) {
            let first = Bytes::copy_from_slice(&received[end + DELIMITER.len()..]);
            stream.first = Some(first).filter(|first| !first.is_empty());
            return match Reply::read_prelude(&received[..end]) {
                Ok(reply) => StreamStart::Streamed(reply, stream),
                Err(error) => StreamStart::Invalid(error),
            };
        }
        if received.len() > MAX_PRELUDE_BYTES {
            return StreamStart::Invalid(format!("the stream has no prelude within {MAX_PRELUDE_BYTES} bytes"));
        }
        match stream.parts.recv().await {
            Some(ReplyPart::Bytes(bytes)) => received.extend_from_slice(&bytes),
            Some(ReplyPart::Started) => {}
            None => return StreamStart::Invalid("the stream ended within its prelude".to_owned()),
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
        if let Some(error) = self.error.take() {
            return Poll::Ready(Some(Err(StreamError(error))));
        }
        // A failure is reported in trailers. In that case, the connection to the client is closed, as in the service.
        let answer = ready!(Pin::new(&mut self.answer).poll(cx));
        let Some(error) = FunctionError::from_answer(&answer, self.answer.request_id()) else {
            return Poll::Ready(None);
        };
        // hyper writes its buffer while the body is pending, and discards it if the body fails.
        self.error = Some(error);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
