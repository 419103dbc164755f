//! Return values of functions and of `init`: a `Result` of a value and an error.

use lrt_core::BoxError;
use serde::Serialize;

/// The value that a JSON function replies with: any `Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the reply: it does not implement `serde::Serialize`",
    label = "cannot be written as JSON",
    note = "add `#[derive(serde::Serialize)]` to the type, and to the types of its fields"
)]
pub trait JsonReply: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> JsonReply for T {}

/// The error of a function or of its `init`: anything that converts into a boxed error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error: it does not implement `std::error::Error`",
    label = "not an error",
    note = "implement it (`#[derive(Debug, thiserror::Error)]` does), or return a `String` or an `lrt::Error`; \
            a boxed error is a `Box<dyn std::error::Error + Send + Sync>`"
)]
pub trait ErrorReply: Into<BoxError> {}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> ErrorReply for E {}
