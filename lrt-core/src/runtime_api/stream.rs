//! Posts streaming replies.
//!
//! See [Streaming responses](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).

use super::http1::chunked_encoder::ChunkedEncoder;
use super::http1::conn::ConnError;
use super::http1::request_head;
use super::{Client, ERROR_TYPE, Fatal, INVOCATION, INVOCATION_ID, PostOutcome, excerpt, segment};
use crate::error::RenderedError;
use crate::invocation::Context;
use crate::log;
use bytes::Bytes;
use std::io;
use std::task::{self, Poll, ready};

const ERROR_BODY: &str = "lambda-runtime-function-error-body";

/// The names of the trailers, which have to be announced.
const TRAILERS: &str = "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body";

/// The maximum size of the error in the trailers in bytes, before base64. Servers accept less in trailers than in a
/// body: Go's server, which the Runtime Interface Emulator uses, accepts 4096 bytes in total.
pub(crate) const MAX_TRAILER_BYTES: usize = 2700;

/// The reason why no more of a stream can be sent.
#[derive(Debug)]
pub(crate) enum StreamAborted {
    /// The service responded before the end, and did not accept the reply.
    EarlyResponse,
    /// The connection was lost, most likely because the caller disconnected.
    ConnectionLost(ConnError),
}

impl From<io::Error> for StreamAborted {
    fn from(error: io::Error) -> StreamAborted {
        StreamAborted::ConnectionLost(error.into())
    }
}

/// The POST of a streaming reply.
pub(crate) struct Posting<'a> {
    client: &'a mut Client,
    request_id: &'a str,
    out: ChunkedEncoder,
    /// The size of the chunks that were added.
    size: usize,
    /// True until the first byte was sent, so that everything can be sent on another connection.
    is_unsent: bool,
    /// True if the service accepted the reply before its end, and continues to read.
    accepted: bool,
    /// True if the end was added.
    ended: bool,
}

impl<'a> Posting<'a> {
    /// Opens the connection and creates the head, which is sent with the first chunk.
    pub(crate) async fn open(
        client: &'a mut Client,
        context: &'a Context,
        content_type: &str,
    ) -> Result<Posting<'a>, ConnError> {
        let headers = [
            ("content-type", Some(content_type)),
            ("lambda-runtime-function-response-mode", Some("streaming")),
            ("trailer", Some(TRAILERS)),
            (INVOCATION_ID, context.invocation_id()),
        ];
        let path = format!("{INVOCATION}{}/response", segment(context.request_id()));
        let head = request_head::post_chunked(&client.address, &path, &headers);
        client.conn.open_fresh(&client.address).await?;
        let request_id = context.request_id();
        Ok(Posting {
            client,
            request_id,
            out: ChunkedEncoder::new(head),
            size: 0,
            is_unsent: true,
            accepted: false,
            ended: false,
        })
    }

    /// Adds a chunk that is sent together with the unsent data before it.
    pub(crate) fn add(&mut self, chunk: &[u8]) {
        self.size += chunk.len();
        self.out.copy(chunk);
    }

    /// Adds a chunk. All data before it must be sent, except for that of [`add`](Posting::add).
    pub(crate) fn chunk(&mut self, chunk: Bytes) {
        self.size += chunk.len();
        self.out.chunk(chunk);
    }

    /// Adds the end of a complete stream. It is sent with the last chunk if that is not sent yet.
    pub(crate) fn add_end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.out.end(b"");
        }
    }

    /// Sends the data that was added, as far as the socket accepts it.
    pub(crate) fn poll_send(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), StreamAborted>> {
        while !self.out.is_empty() {
            match self.client.conn.poll_send(&mut self.out, cx) {
                Poll::Ready(Ok(_)) => self.is_unsent = false,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => return self.poll_aborted(cx).map(Err),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until the service stops accepting the stream.
    pub(crate) fn poll_aborted(&mut self, cx: &mut task::Context<'_>) -> Poll<StreamAborted> {
        loop {
            match ready!(self.client.conn.poll_early_response(self.accepted, cx)) {
                // Some servers respond as soon as they know the destination of the reply, and continue to read.
                Ok(200..=299) => self.accepted = true,
                Ok(_) => return Poll::Ready(StreamAborted::EarlyResponse),
                Err(error) => return Poll::Ready(StreamAborted::ConnectionLost(error)),
            }
        }
    }

    /// Starts over on another connection if nothing was sent on this one.
    pub(crate) async fn reopen(&mut self) -> bool {
        if !std::mem::take(&mut self.is_unsent) {
            return false;
        }
        self.client.conn.close();
        self.out.rewind();
        self.client.conn.open_fresh(&self.client.address).await.is_ok()
    }

    /// Sends the end with the error of the stream, and returns the outcome.
    pub(crate) async fn fail(mut self, failure: &RenderedError) -> Result<PostOutcome, Fatal> {
        // If the end was added before, the reply is complete.
        if !std::mem::replace(&mut self.ended, true) {
            let mut trailers = Vec::new();
            request_head::push_header(&mut trailers, ERROR_TYPE, &failure.header);
            request_head::push_base64_header(&mut trailers, ERROR_BODY, &failure.body);
            self.out.end(&trailers);
        }
        let mut sent = self.client.conn.send_all(&mut self.out).await;
        if sent.is_err() && self.reopen().await {
            sent = self.client.conn.send_all(&mut self.out).await;
        }
        match sent {
            Ok(()) => self.response().await,
            Err(error) => self.abort(StreamAborted::ConnectionLost(error)).await,
        }
    }

    /// Leaves the stream incomplete and returns the outcome.
    pub(crate) async fn abort(mut self, aborted: StreamAborted) -> Result<PostOutcome, Fatal> {
        let posted = match aborted {
            StreamAborted::EarlyResponse => self.response().await,
            // Most likely the caller has disconnected.
            StreamAborted::ConnectionLost(error) => {
                self.log_aborted(&error);
                Ok(PostOutcome::Accepted)
            }
        };
        // The request is incomplete, so no other can follow on this connection.
        self.client.conn.close();
        posted
    }

    /// Logs that the other side has closed the connection.
    fn log_aborted(&self, error: &ConnError) {
        // Unwritten data includes the framing, so this is at most the number of bytes that were sent.
        let sent = self.size.saturating_sub(self.out.unwritten());
        log::warn(
            self.request_id,
            format_args!("the streamed reply was not read to its end: {error} ({sent} bytes sent)"),
        );
    }

    /// Reads the response to a stream whose end was sent, and returns the outcome.
    pub(crate) async fn response(&mut self) -> Result<PostOutcome, Fatal> {
        match self.client.conn.read_response_of_stream().await {
            Ok(200..=299) => Ok(PostOutcome::Accepted),
            // A reply that has begun cannot be replaced by an error.
            Ok(413) => Ok(PostOutcome::Rejected { status: 413, body: excerpt(self.client.conn.body()) }),
            Ok(status) => self.client.outcome(self.request_id, status, 0),
            // Some servers respond early, and close the connection when they have read everything.
            Err(ConnError::Closed(_)) if self.accepted => Ok(PostOutcome::Accepted),
            // A connection is reset if the other side has closed it before it has read everything. Without a response, it may have
            // been closed earlier as well.
            Err(error @ (ConnError::Closed(_) | ConnError::Broken(_))) => {
                self.log_aborted(&error);
                Ok(PostOutcome::Accepted)
            }
            Err(error) => Ok(PostOutcome::NoResponse(error)),
        }
    }
}
