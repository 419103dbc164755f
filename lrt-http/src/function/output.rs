//! What a function returns: a response, or an error that the log is told of.

use axum_core::response::{IntoResponse, Response};
use lrt_core::{BoxError, ErrorReport};
use std::borrow::Cow;

/// The return value is a response as it is: the error of a `Result` as well.
#[derive(Debug)]
pub struct Answered;

/// The return value is a `Result` whose error is none of the client's business.
#[derive(Debug)]
pub struct Failing;

/// What a function of requests returns. `M` says whether it is [`Answered`] or [`Failing`].
///
/// One type may be both (an error that is `IntoResponse` and `std::error::Error`; a `String`), so nobody can infer `M`.
/// Who has a function at hand asks in this order, as a builder does with a method in each of several places:
///
/// 1. `Result<T, E>` with a [`TextError`]: [`Failing`]. As a response, that would be a text with status 200;
/// 2. any `IntoResponse`: [`Answered`];
/// 3. any other `Result<T, E>`: [`Failing`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what an HTTP function returns",
    label = "no `IntoResponse`, and no `Result` of one with an error",
    note = "JSON is `Json<T>`, for any `T: serde::Serialize`; an error is `IntoResponse`, a `std::error::Error`, a `String` or a `lrt::Error`"
)]
pub trait HttpOutput<M> {
    /// The answer. Where there is a [current](lrt_core::Context::current) context, a 500 has its request id.
    fn into_answer(self) -> Response;
}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse> HttpOutput<Answered> for T {
    fn into_answer(self) -> Response {
        self.into_response()
    }
}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse, E: Into<BoxError>> HttpOutput<Failing> for Result<T, E> {
    fn into_answer(self) -> Response {
        match self {
            Ok(value) => value.into_response(),
            Err(error) => lrt_core::http::server_error(&ErrorReport::new(error)),
        }
    }
}

/// Text as an error: what a function returns so is for the log, although text is a response as well.
pub trait TextError: Into<BoxError> {}

impl TextError for String {}
impl TextError for &str {}
impl TextError for Cow<'_, str> {}
