//! Turns what a function returns into what the builder accepts.
//!
//! Rust has no specialization, so method resolution chooses: an inherent method is preferred to one of a trait, and a
//! method of `Tag` to one of `&Tag`.

use std::convert::Infallible;

/// Value that a function returned.
pub struct Returned<T>(pub T);

impl<T, E> Returned<Result<T, E>> {
    /// Returns the `Result` as it is.
    ///
    /// # Errors
    ///
    /// Returns the function's own error.
    pub fn into_result(self) -> Result<T, E> {
        self.0
    }
}

/// A function that returns a plain value.
pub trait ReturnedValue<T> {
    /// Returns the value in an `Ok`.
    ///
    /// # Errors
    ///
    /// None.
    fn into_result(self) -> Result<T, Infallible>;
}

impl<T> ReturnedValue<T> for Returned<T> {
    fn into_result(self) -> Result<T, Infallible> {
        Ok(self.0)
    }
}

#[cfg(feature = "http")]
mod http {
    use crate::http::Response;
    use axum_core::response::IntoResponse;
    use lrt_core::{BoxError, ErrorReport};
    use std::borrow::Cow;
    use std::marker::PhantomData;

    /// Type of the error of an HTTP function. [`respond`](Tag::respond) is the first of three methods with that name whose
    /// bounds hold.
    pub struct Tag<E>(PhantomData<fn() -> E>);

    impl<E> Tag<E> {
        /// Returns the tag of an error.
        pub fn of(_: &E) -> Tag<E> {
            Tag(PhantomData)
        }
    }

    /// A string as an error is only logged, although axum-core also implements a response for it (with status 200).
    pub trait TextError: Into<BoxError> {}

    impl TextError for String {}
    impl TextError for &str {}
    impl TextError for Cow<'_, str> {}

    impl<E: TextError> Tag<E> {
        /// Logs the error and answers with status 500.
        pub fn respond(&self, error: E) -> Response {
            lrt_core::http::server_error(&ErrorReport::new(error))
        }
    }

    /// An error that is a response, at least as the error of a `Result`, since axum-core's `ErrorResponse` is only a
    /// response in that position.
    pub trait RespondAsItself<E> {
        /// Answers with the error's own response.
        fn respond(&self, error: E) -> Response;
    }

    impl<E> RespondAsItself<E> for Tag<E>
    where
        Result<(), E>: IntoResponse,
    {
        fn respond(&self, error: E) -> Response {
            Err::<(), E>(error).into_response()
        }
    }

    /// Any other error.
    pub trait RespondWithServerError<E> {
        /// Logs the error and answers with status 500.
        fn respond(&self, error: E) -> Response
        where
            E: HttpError;
    }

    impl<E> RespondWithServerError<E> for &Tag<E> {
        fn respond(&self, error: E) -> Response
        where
            E: HttpError,
        {
            lrt_core::http::server_error(&ErrorReport::new(error))
        }
    }

    /// The error of an HTTP function that is not a response.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be the error: it implements neither `IntoResponse` nor `std::error::Error`",
        label = "neither a response nor an error",
        note = "an `IntoResponse` determines the response; any other error is logged and answered with status 500",
        note = "`#[derive(Debug, thiserror::Error)]` makes it an error"
    )]
    pub trait HttpError: Into<BoxError> {}

    #[diagnostic::do_not_recommend]
    impl<E: Into<BoxError>> HttpError for E {}
}

#[cfg(feature = "http")]
pub use http::{HttpError, RespondAsItself, RespondWithServerError, Tag, TextError};

#[cfg(all(test, feature = "http"))]
mod tests;
