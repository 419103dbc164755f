//! What `#[lambda]` asks the compiler about a function before it builds it, so that each mistake is one error at its
//! culprit. Not for use by hand: the builder asks the same of its types.
//!
//! # How a check speaks once
//!
//! A check is a call that the macro writes with the span of what it is about: `<_ as JsonPayload<_>>::check(…)`
//! underlines the user's `Order`. If it holds, its type is [`Pass`]. If not, the compiler tells the trait's own message,
//! and the type stays unknown; what is called on an unknown type is not looked at any more. The function that is built
//! comes out of [`Pass::then`], after each check, so what the builder would say about the same mistake is never said.
//! Should a check overlook something, the builder still says it: checks add to its bounds, and replace none.
//!
//! That only works where the compiler has a choice: a trait with one impl that could match is taken for that impl, its
//! type for known, and what the impl asks for is what is missed. So each trait that is implemented for all types with a bound
//! has a second such impl, for [`Never`].
//!
//! Nothing of this is left in a binary: all values here are of size zero, and all calls are empty.

mod borrow;
mod broken;
mod function;
#[cfg(feature = "http")]
mod http;
mod init;
mod layer;
mod mains;
mod parameter;
#[cfg(feature = "batch")]
mod record;
mod shutdown;
#[cfg(feature = "streaming")]
mod stream;
mod threads;

pub use crate::several::{NameClash, name_clash};
pub use borrow::{BorrowedFromInit, Found, Member, Missing, NoMember, OneOfItsType, There};
pub use broken::{Broken, broken};
pub use function::{Checked, Failure, JsonReply, Output, PlainOutput, function};
#[cfg(feature = "http")]
pub use http::{
    AnyExtractor, AnyResponse, BeforeTheBody, BuiltService, Extracted, Extractor, Extracts, HttpFailure, HttpLayer,
    HttpParameter, HttpReply, KnownExtractor, KnownResponse, NoResponse, Responds, Wrapper,
};
pub use init::{Awaited, InitFn, State, state};
pub use layer::FunctionLayer;
pub use mains::{InsideOfAnother, Mains, mains};
pub use parameter::{IntoDeadlineMargin, JsonPayload, ThisContext};
#[cfg(feature = "batch")]
pub use parameter::{JsonEvent, OfRecords};
#[cfg(feature = "batch")]
pub use record::{
    Answer, AnswerOfOne, BatchAnswer, ChangeImage, NamesFailures, NamesNothing, OneByOne, RecordAnswer, RecordEnvelope,
    RecordLayer, RecordPayload, RecordReply,
};
pub use shutdown::{BorrowedFromNothing, Shutdown, ShutdownFn, ShutdownOutput};
#[cfg(feature = "streaming")]
pub use stream::StreamReply;
pub use threads::{NotBoth, OneThread, Type};

use std::marker::PhantomData;

/// A check that holds. `K` is what was found, where there are two things that pass.
#[derive(Debug)]
pub struct Pass<K = ()>(PhantomData<K>);

// Whatever was found: a check may be what two others wait for.
impl<K> Clone for Pass<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Pass<K> {}

impl<K> Pass<K> {
    const NEW: Self = Pass(PhantomData);

    /// What this is of is one of JSON as well.
    pub fn of_json(self) -> Self {
        self
    }

    /// What comes after this check: the function, in the end.
    pub fn then<T>(self, next: T) -> T {
        next
    }
}

/// Used where a function is compiled with `panic = "abort"`, for its warning.
///
/// A panic should become a function error of that one invocation. With `abort` it ends the process: whoever called sees
/// `Runtime.ExitError`, and the next invocation pays a cold start. Cargo's own profiles unwind, but cargo-lambda builds
/// releases with `abort` unless the project says otherwise. `#[allow(deprecated)]` below `#[lambda]` accepts that.
#[deprecated(
    note = "with `panic = \"abort\"` a panic ends the process, not just its invocation; write `panic = \"unwind\"` \
            below `[profile.release]` in Cargo.toml"
)]
pub const PANIC_ABORT: () = ();

/// `T`, whatever it is: with `_` for `T`, a type that is inferred but has the span of the user's type.
pub type Same<T> = T;

/// The value, as an expression that has the span of what the user wrote.
pub fn same<T>(value: T) -> T {
    value
}

/// What a check would be of that nothing passes; see the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Never;

/// Implemented for nothing.
#[diagnostic::on_unimplemented(message = "`{Self}` is not what this takes")]
pub trait Impossible {}
