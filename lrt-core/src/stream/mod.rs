//! Streaming replies.

mod send;

pub(crate) use send::collect;

use crate::error::BoxError;
use crate::interrupt::{DeadlineMargin, ShutdownSignal};
use crate::invocation::Context;
use crate::runtime_api::{Client, Fatal};
use bytes::Bytes;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll};

/// The maximum size of a streamed reply in bytes: 200 MiB.
///
/// See [Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
pub const MAX_STREAM_BYTES: usize = 200 * 1024 * 1024;

/// A stream of chunks: the common part of `futures_core::Stream` and `http_body::Body`.
pub trait Chunks: Send {
    /// Polls for the next chunk. Returns `None` at the end. It is not called again after the end or an error.
    ///
    /// Empty chunks are skipped.
    fn poll_chunk(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>>;

    /// Returns true if no chunk follows, so that the end can be sent together with the last chunk.
    fn is_end(&self) -> bool {
        false
    }
}

/// A reply that is sent while it is produced: each chunk is sent at once, and the next one is polled when the
/// connection has accepted it.
///
/// An error before the first chunk is an error of the invocation like any other. Later errors, including a timeout and
/// a stream above [`MAX_STREAM_BYTES`], are sent in the trailers.
///
/// ```
/// use bytes::Bytes;
/// use lrt_core::{BoxError, Chunks, Reply, Streamed};
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
///
/// struct Countdown(u8);
///
/// impl Chunks for Countdown {
///     fn poll_chunk(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
///         let left = self.0.checked_sub(1);
///         self.0 = left.unwrap_or(0);
///         Poll::Ready(left.map(|left| Ok(left.to_string().into())))
///     }
/// }
///
/// let reply = Reply::from(Streamed::new(Countdown(3)).content_type("text/plain"));
/// assert!(reply.is_stream());
/// ```
pub struct Streamed {
    pub(crate) content_type: &'static str,
    pub(crate) prelude: Vec<Bytes>,
    pub(crate) body: Pin<Box<dyn Chunks>>,
    pub(crate) margin: Option<DeadlineMargin>,
}

impl Streamed {
    /// Creates a reply from a stream of chunks.
    pub fn new(body: impl Chunks + 'static) -> Streamed {
        Streamed { content_type: "application/octet-stream", prelude: Vec::new(), body: Box::pin(body), margin: None }
    }

    /// Sets the `Content-Type` of the reply. The default is `application/octet-stream`.
    pub fn content_type(mut self, content_type: &'static str) -> Streamed {
        self.content_type = content_type;
        self
    }

    /// Sets chunks that are sent at once, before the stream is polled.
    pub fn prelude(mut self, chunks: Vec<Bytes>) -> Streamed {
        self.prelude = chunks;
        self
    }

    /// Sets the time before the deadline at which the stream is stopped. The default is the function's margin.
    pub fn margin(mut self, margin: DeadlineMargin) -> Streamed {
        self.margin = Some(margin);
        self
    }

    pub(crate) fn shared(self) -> Box<dyn AnyStream> {
        Box::new(Shared(Arc::new(Mutex::new(Some(self)))))
    }
}

impl fmt::Debug for Streamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streamed")
    }
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), Fatal>> + 'a>>;

/// The stream of a reply.
pub(crate) trait AnyStream: Send + Sync {
    /// Returns another handle to the same stream.
    fn share(&self) -> Box<dyn AnyStream>;

    /// Takes the stream, unless another clone of the reply has taken it.
    fn take(&self) -> Option<Streamed>;

    /// Posts the stream and logs the outcome. All code for streaming is called through this method, so that other
    /// functions do not contain it.
    fn send<'a, 'b: 'a>(
        self: Box<Self>,
        client: &'a mut Client,
        context: &'a Context,
        margin: DeadlineMargin,
        shutdown: &'a mut ShutdownSignal<'b>,
    ) -> Sending<'a>;
}

struct Shared(Arc<Mutex<Option<Streamed>>>);

impl AnyStream for Shared {
    fn share(&self) -> Box<dyn AnyStream> {
        Box::new(Shared(Arc::clone(&self.0)))
    }

    fn take(&self) -> Option<Streamed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn send<'a, 'b: 'a>(
        self: Box<Self>,
        client: &'a mut Client,
        context: &'a Context,
        margin: DeadlineMargin,
        shutdown: &'a mut ShutdownSignal<'b>,
    ) -> Sending<'a> {
        Box::pin(send::send(self.take(), client, context, margin, shutdown))
    }
}
