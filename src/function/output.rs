//! What a function, or its init, may return: a `Result`, or a plain value.

use lrt_core::{BoxError, ErrorReport, Reply, ReplyBuffer};
use serde::Serialize;

/// The return value is a `Result`.
#[derive(Debug)]
pub struct Fallible;

/// The return value is no `Result`.
#[derive(Debug)]
pub struct Plain;

/// What a function returns. `M` says whether it is [`Fallible`] or [`Plain`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a Lambda function returns",
    label = "not `serde::Serialize`, or with an error that is no `std::error::Error`",
    note = "return `T` or `Result<T, E>`, with `T: serde::Serialize` and `E` an error, a `String` or a `lrt::Error`"
)]
pub trait Output<M> {
    /// Writes the reply.
    ///
    /// # Errors
    ///
    /// The function's own error, or `Runtime.MarshalError`.
    fn into_reply(self, buffer: ReplyBuffer) -> Result<Reply, ErrorReport>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize, E: Into<BoxError>> Output<Fallible> for Result<T, E> {
    fn into_reply(self, buffer: ReplyBuffer) -> Result<Reply, ErrorReport> {
        buffer.json(&self.map_err(ErrorReport::new)?)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Output<Plain> for T {
    fn into_reply(self, buffer: ReplyBuffer) -> Result<Reply, ErrorReport> {
        buffer.json(&self)
    }
}

/// What an init returns. `M` says whether it is [`Fallible`] or [`Plain`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what `init` returns",
    label = "not `Send + Sync + 'static`, or an error that cannot become a `Box<dyn Error + Send + Sync>`",
    note = "init is `async fn() -> Result<S, E>` or `async fn() -> S`"
)]
pub trait InitOutput<M> {
    /// The value that the function borrows from.
    type State: Send + Sync + 'static;

    /// That value.
    ///
    /// # Errors
    ///
    /// Init's own error.
    fn into_state(self) -> Result<Self::State, ErrorReport>;
}

impl<S: Send + Sync + 'static, E: Into<BoxError>> InitOutput<Fallible> for Result<S, E> {
    type State = S;

    fn into_state(self) -> Result<S, ErrorReport> {
        self.map_err(ErrorReport::new)
    }
}

impl<S: Send + Sync + 'static> InitOutput<Plain> for S {
    type State = S;

    fn into_state(self) -> Result<S, ErrorReport> {
        Ok(self)
    }
}
