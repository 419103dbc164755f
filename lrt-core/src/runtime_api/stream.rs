//! A reply that is posted while it is made.
//!
//! See [Streaming responses](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).

use super::http1::chunked_encoder::Outgoing;
use super::http1::conn::ConnError;
use super::http1::request_head;
use super::{Client, ERROR_TYPE, Fatal, INVOCATION, INVOCATION_ID, Posted, excerpt, segment};
use crate::error::RenderedError;
use crate::invocation::Context;
use crate::log;
use bytes::Bytes;
use std::io;
use std::task::{self, Poll, ready};

const ERROR_BODY: &str = "lambda-runtime-function-error-body";

/// The headers that may come as trailers, as they are announced.
const TRAILERS: &str = "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body";

/// Bytes of the error in the trailers, before base64. Servers take less of a trailer than of a body: Go's, which the
/// Runtime API's emulator is written in, at most 4096 bytes of all.
pub(crate) const MAX_TRAILER_BYTES: usize = 2700;

/// Why nothing more of a stream can be sent.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The other side answered before the end, and not that it took the reply.
    Early,
    /// The connection is gone, and with it most likely whoever read the reply.
    Gone(ConnError),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Refused {
        Refused::Gone(error.into())
    }
}

/// The POST of a reply that is made while it is sent.
pub(crate) struct Posting<'a> {
    client: &'a mut Client,
    request_id: &'a str,
    out: Outgoing,
    /// Nothing has left yet, so that all of it can be sent on another connection.
    fresh: bool,
    /// The other side has accepted the reply before its end, and goes on reading.
    accepted: bool,
    /// The end was taken.
    ended: bool,
}

impl<'a> Posting<'a> {
    /// Opens the connection and gets the head ready, which leaves with what is sent first.
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
        client.conn.open_anew(&client.address).await?;
        let request_id = context.request_id();
        Ok(Posting { client, request_id, out: Outgoing::new(head), fresh: true, accepted: false, ended: false })
    }

    /// Takes a chunk that goes out with what was taken before and is not sent yet.
    pub(crate) fn add(&mut self, chunk: &[u8]) {
        self.out.copy(chunk);
    }

    /// Takes a chunk. All that was taken before has to be sent, but for what [`add`](Posting::add) took.
    pub(crate) fn chunk(&mut self, chunk: Bytes) {
        self.out.chunk(chunk);
    }

    /// Takes the end of a stream that is whole. It goes out with the last chunk, if that is still here.
    pub(crate) fn add_end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.out.end(b"");
        }
    }

    /// Sends all that was taken, as far as the socket takes it.
    pub(crate) fn poll_send(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), Refused>> {
        while !self.out.is_empty() {
            match self.client.conn.poll_send(&mut self.out, cx) {
                Poll::Ready(Ok(_)) => self.fresh = false,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => return self.poll_refused(cx).map(Err),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until the other side does not want any more.
    pub(crate) fn poll_refused(&mut self, cx: &mut task::Context<'_>) -> Poll<Refused> {
        loop {
            match ready!(self.client.conn.poll_early(self.accepted, cx)) {
                // Some answer as soon as they know where the reply goes, and go on reading.
                Ok(200..=299) => self.accepted = true,
                Ok(_) => return Poll::Ready(Refused::Early),
                Err(error) => return Poll::Ready(Refused::Gone(error)),
            }
        }
    }

    /// Tries again on another connection, if nothing has left on this one.
    pub(crate) async fn reopen(&mut self) -> bool {
        if !std::mem::take(&mut self.fresh) {
            return false;
        }
        self.client.conn.close();
        self.out.rewind();
        self.client.conn.open_anew(&self.client.address).await.is_ok()
    }

    /// Sends the end with the failure that the stream ended in; what the service makes of it.
    pub(crate) async fn fail(mut self, failure: &RenderedError) -> Result<Posted, Fatal> {
        // Where the end was on its way already, the reply is whole.
        if !std::mem::replace(&mut self.ended, true) {
            let mut trailers = Vec::new();
            request_head::put(&mut trailers, ERROR_TYPE, &failure.header);
            request_head::put_base64(&mut trailers, ERROR_BODY, &failure.body);
            self.out.end(&trailers);
        }
        let mut sent = self.client.conn.send_all(&mut self.out).await;
        if sent.is_err() && self.reopen().await {
            sent = self.client.conn.send_all(&mut self.out).await;
        }
        match sent {
            Ok(()) => self.answer().await,
            Err(error) => self.stop(Refused::Gone(error)).await,
        }
    }

    /// Leaves the stream unfinished; what the service makes of it.
    pub(crate) async fn stop(mut self, why: Refused) -> Result<Posted, Fatal> {
        let posted = match why {
            Refused::Early => self.answer().await,
            // Most likely it is the caller who went away.
            Refused::Gone(error) => {
                log::warn(self.request_id, format_args!("the streamed reply was not read to its end: {error}"));
                Ok(Posted::Accepted)
            }
        };
        // The request has no end, so no other can follow.
        self.client.conn.close();
        posted
    }

    /// What the service makes of a stream whose end was sent.
    pub(crate) async fn answer(&mut self) -> Result<Posted, Fatal> {
        match self.client.conn.answer().await {
            Ok(200..=299) => Ok(Posted::Accepted),
            // There is no other answer to put in the place of one that has begun.
            Ok(413) => Ok(Posted::Refused { status: 413, body: excerpt(self.client.conn.body()) }),
            Ok(status) => self.client.posted(status, 0),
            // All was sent. Some close the connection then, with or without an answer.
            Err(ConnError::Closed(_) | ConnError::Broken(_)) => Ok(Posted::Accepted),
            Err(error) => Ok(Posted::Lost(error)),
        }
    }
}
