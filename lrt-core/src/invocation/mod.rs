//! One event on its way to the function.

mod background;
mod context;
mod current;
mod deadline;
mod shutdown;

pub use context::{Context, EventHeaders, FunctionInstance};
pub(crate) use current::Own;
pub use deadline::{Deadline, DeadlineMargin, Fraction};

use crate::reply::ReplyBuffer;
use bytes::Bytes;

/// An event as layers see it: the payload's bytes and the [`Context`].
///
/// It is `Clone`, so that tower's retry fits around a function; a clone shares the payload.
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
    /// An invocation of this payload.
    pub fn new(payload: impl Into<Bytes>, context: Context) -> Invocation {
        Invocation::with_reply_buffer(payload.into(), context, ReplyBuffer::default())
    }

    pub(crate) fn with_reply_buffer(payload: Bytes, context: Context, reply_buffer: ReplyBuffer) -> Invocation {
        Invocation { payload, context, reply_buffer }
    }

    /// The event's bytes: JSON, as Lambda sent it.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The event's bytes, to keep or to replace.
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

    /// What is known of the invocation.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Takes the payload out, and the place where the reply is written.
    pub fn into_parts(self) -> (Bytes, ReplyBuffer) {
        (self.payload, self.reply_buffer)
    }

    /// Lets go of the payload and keeps the place where the reply is written.
    pub fn into_reply_buffer(self) -> ReplyBuffer {
        self.reply_buffer
    }
}
