//! Items for the code that `#[lambda]`, `#[handler]` and `main!` generate. They are not covered by semantic versioning.
//!
//! The attribute's builder call differs from a hand-written one in two ways:
//!
//! - It wraps the function in a closure that returns what the builder accepts: `adapt` turns plain values into `Result`s,
//!   and errors into responses.
//! - Each part of the function is checked (`check`) in a call that has the span of that part, so that a mistake is
//!   reported once, at its location.

mod adapt;
mod check;
#[cfg(all(fuzzing, feature = "batch"))]
pub mod fuzzing;
mod main;
mod stub;

#[cfg(feature = "http")]
pub use crate::authorizer::{AuthorizerFunction, AuthorizerResult, Authorizes};
#[cfg(feature = "batch")]
pub use crate::batch::transform::Transforming;
pub use crate::builder::{
    BorrowedFrom, Definition, FunctionKind, NoShutdown, OfKind, SetShutdown, ShutdownOf, WithShutdown,
};
pub use crate::dispatch::{FunctionEntry, Mistake, mistake};
pub use crate::function::output::{ErrorReply, JsonReply};
pub use crate::function::parameters::{Args, AsyncFn, Extract, Input, Needs, Use, ViaContext, ViaState};
pub use crate::function::payload::FromPayload;
pub use crate::function::rejected::{NoImpl, Rejected};
pub use crate::function::signature::{Signature, Type, Unchecked, parameters};
pub use crate::run::{run_handler, serve_handler};
#[cfg(feature = "streaming")]
pub use crate::stream::{Chunk, StreamReply};
pub use adapt::*;
pub use check::*;
pub use lrt_core::__private::{HasRef, ProvideState, RefAt, StateRefs, WithState};
pub use main::*;
pub use stub::{CompileErrorStub, compile_error_stub};

/// Causes the warning for a function that is compiled with `panic = "abort"`.
///
/// A panic should become a function error of that one invocation. With `abort` it ends the process: the caller sees
/// `Runtime.ExitError`, and the next invocation is a cold start. Cargo's own profiles unwind, but cargo-lambda builds
/// releases with `abort` unless the project says otherwise. `#[allow(deprecated)]` below `#[lambda]` accepts that.
#[deprecated(
    note = "with `panic = \"abort\"` a panic ends the process, not just its invocation; write `panic = \"unwind\"` \
            below `[profile.release]` in Cargo.toml"
)]
pub const PANIC_ABORT: () = ();
