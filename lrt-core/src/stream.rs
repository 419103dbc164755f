//! A reply that is made while it is sent.

use crate::error::BoxError;
use crate::invocation::{Context, DeadlineMargin};
use crate::runtime::guard::Stop;
use crate::runtime::stream;
use crate::runtime_api::{Client, Fatal};
use bytes::Bytes;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll};

/// The most bytes of a streamed reply: 200 MiB.
///
/// See [Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
pub const MAX_STREAM_BYTES: usize = 200 * 1024 * 1024;

/// Bytes that are made one after the other: what `futures_core::Stream` and `http_body::Body` have in common.
pub trait Chunks: Send {
    /// The next chunk; `None` when there is none any more. Nobody asks again after that, or after an error.
    ///
    /// An empty chunk is passed over.
    fn poll_chunk(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>>;

    /// Whether it is known that no chunk follows, so that the end can go out with the last one.
    fn is_end(&self) -> bool {
        false
    }
}

/// A reply that is sent while it is made: each chunk leaves as soon as it is there, and the next is asked for when the
/// connection has taken it.
///
/// What fails before the first byte is an error of the invocation as any other. What fails after it, the guard before the
/// deadline and a stream over [`MAX_STREAM_BYTES`] included, is told in the trailers behind what was sent.
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
    /// A reply of these chunks.
    pub fn new(body: impl Chunks + 'static) -> Streamed {
        Streamed { content_type: "application/octet-stream", prelude: Vec::new(), body: Box::pin(body), margin: None }
    }

    /// Its `Content-Type` towards Lambda. Without one, it is bytes.
    pub fn content_type(mut self, content_type: &'static str) -> Streamed {
        self.content_type = content_type;
        self
    }

    /// Chunks that are there before the others are asked for. They leave at once, each as a chunk of its own.
    pub fn prelude(mut self, chunks: Vec<Bytes>) -> Streamed {
        self.prelude = chunks;
        self
    }

    /// When the guard cuts it off, if that is not when it does so with the function.
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

/// A stream that a reply holds.
pub(crate) trait AnyStream: Send + Sync {
    /// The same stream.
    fn share(&self) -> Box<dyn AnyStream>;

    /// The stream itself, unless another clone of the reply had it already.
    fn take(&self) -> Option<Streamed>;

    /// Posts it, and says what became of it. All that streaming needs is behind this method, and so not in the loop of those who do not stream.
    fn send<'a, 'b: 'a>(
        self: Box<Self>,
        client: &'a mut Client,
        context: &'a Context,
        margin: DeadlineMargin,
        stop: &'a mut Stop<'b>,
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
        stop: &'a mut Stop<'b>,
    ) -> Sending<'a> {
        Box::pin(stream::send(self.take(), client, context, margin, stop))
    }
}
