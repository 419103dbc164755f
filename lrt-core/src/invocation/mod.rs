//! Invocations: the payload and the context of an event, and its background work.

mod background;
mod context;
mod current;
#[cfg(feature = "metrics")]
mod recorder;

pub use context::{Context, EventHeaders, FunctionInfo, FunctionInstance};
pub(crate) use current::CurrentContext;

use crate::reply_buffer::ReplyBuffer;
use bytes::Bytes;

/// Installs the recorder of the facade crate `metrics`, once.
pub(crate) fn install_recorder() {
    #[cfg(feature = "metrics")]
    recorder::install();
}

/// An event: its payload and its [`Context`].
///
/// It is `Clone`, so that tower's retry can wrap a function. A clone shares the payload.
///
/// ```
/// use lrt_core::{Context, EventHeaders, Invocation};
///
/// let context = Context::new(&EventHeaders { request_id: "1", ..Default::default() }, Default::default(), false);
/// let invocation = Invocation::new("{}", context);
/// assert_eq!(invocation.payload(), "{}".as_bytes());
/// assert_eq!(invocation.context().request_id(), "1");
/// ```
#[derive(Clone, Debug)]
pub struct Invocation {
    payload: Bytes,
    context: Context,
    reply_buffer: ReplyBuffer,
}

impl Invocation {
    /// Creates an invocation from a payload. An empty payload is replaced by `{}`.
    pub fn new(payload: impl Into<Bytes>, context: Context) -> Invocation {
        Invocation::with_reply_buffer(payload.into(), context, ReplyBuffer::default())
    }

    pub(crate) fn with_reply_buffer(payload: Bytes, context: Context, reply_buffer: ReplyBuffer) -> Invocation {
        // As in Lambda's own runtimes, an event without a payload is an empty object.
        let payload = if payload.is_empty() { Bytes::from_static(b"{}") } else { payload };
        Invocation { payload, context, reply_buffer }
    }

    /// Returns the payload: JSON, as Lambda sent it.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns a mutable reference to the payload.
    ///
    /// ```
    /// # use lrt_core::{Context, EventHeaders, Invocation};
    /// # let context = Context::new(&EventHeaders::default(), Default::default(), false);
    /// let mut invocation = Invocation::new("[]", context);
    /// *invocation.payload_mut() = "{}".into();
    /// assert_eq!(invocation.payload(), b"{}");
    /// ```
    pub fn payload_mut(&mut self) -> &mut Bytes {
        &mut self.payload
    }

    /// Returns the context.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Returns the payload and the buffer for the reply.
    pub fn into_parts(self) -> (Bytes, ReplyBuffer) {
        (self.payload, self.reply_buffer)
    }

    /// Drops the payload and returns the buffer for the reply.
    pub fn into_reply_buffer(self) -> ReplyBuffer {
        self.reply_buffer
    }
}
