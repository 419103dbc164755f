//! A check of what a function of `streaming` returns.

use super::{Impossible, Never, Pass, Type};
use crate::stream::Chunk;
use futures_core::Stream;

/// What becomes a streamed reply.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be streamed: it is no `Stream` of bytes",
    label = "not what a function of `streaming` returns",
    note = "return an `impl Stream<Item = Bytes>`, or a `Result` of one; `String`, `Vec<u8>`, `&'static str` and a `Result` \
            of any of them are items as well",
    note = "the stream is `Send` and `'static`"
)]
pub trait StreamReply<P>: Sized {
    /// It does.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl<S: Stream<Item: Chunk<C>> + Send + 'static, C> StreamReply<Pass<C>> for S {
    fn check(_: &Type<S>) -> Pass<C> {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<S: Impossible> StreamReply<Never> for S {
    fn check(_: &Type<S>) -> Never {
        Never
    }
}
