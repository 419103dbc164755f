//! The function, and checks of what it returns.

use super::{Impossible, Never, Pass, Type};
use crate::function::args::Signature;
use lrt_core::BoxError;
use serde::Serialize;
use std::convert::Infallible;
use std::ops::Deref;

/// Starts the checks of a function with the parameters `A`.
pub fn function<F: Signature<A>, A>(_: F) -> Checked<F::Parameters, F::Future, F::Output> {
    Checked { parameters: F::parameters(), output: Output::new(), future: Type::new() }
}

/// A function whose parts are checked.
pub struct Checked<A, Fut, T> {
    /// The types of its parameters.
    pub parameters: A,
    /// What awaiting it gives.
    pub output: Output<T>,
    /// What calling it gives.
    pub future: Type<Fut>,
}

/// What a function returns: a `Result`, or else a [`PlainOutput`].
pub struct Output<T>(PlainOutput<T>);

/// What a function returns that is no `Result`.
pub struct PlainOutput<T>(Type<T>);

impl<T> Output<T> {
    pub(super) fn new() -> Self {
        Output(PlainOutput(Type::new()))
    }
}

impl<T, E> Output<Result<T, E>> {
    /// The value that becomes the reply.
    pub fn value(&self) -> Type<T> {
        Type::new()
    }

    /// The error that becomes the invocation's.
    pub fn error(&self) -> Type<E> {
        Type::new()
    }
}

impl<T> PlainOutput<T> {
    /// The value that becomes the reply.
    pub fn value(&self) -> Type<T> {
        Type::new()
    }

    /// There is none.
    pub fn error(&self) -> Type<Infallible> {
        Type::new()
    }
}

impl<T> Deref for Output<T> {
    type Target = PlainOutput<T>;

    fn deref(&self) -> &PlainOutput<T> {
        &self.0
    }
}

/// What becomes the reply.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the reply: it does not implement `serde::Serialize`",
    label = "cannot be written as JSON",
    note = "add `#[derive(serde::Serialize)]` to the type, and to the types of its fields"
)]
pub trait JsonReply<P>: Sized {
    /// It does.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> JsonReply<Pass> for T {
    fn check(_: &Type<T>) -> Pass {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<T: Impossible> JsonReply<Never> for T {
    fn check(_: &Type<T>) -> Never {
        Never
    }
}

/// The error of a function, or of its init.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error: it does not implement `std::error::Error`",
    label = "not an error",
    note = "implement it (`#[derive(Debug, thiserror::Error)]` does), or return a `String` or an `lrt::Error`; \
            a boxed error is a `Box<dyn std::error::Error + Send + Sync>`"
)]
pub trait Failure<P>: Sized {
    /// It is one.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> Failure<Pass> for E {
    fn check(_: &Type<E>) -> Pass {
        Pass::NEW
    }
}

#[diagnostic::do_not_recommend]
impl<E: Impossible> Failure<Never> for E {
    fn check(_: &Type<E>) -> Never {
        Never
    }
}
