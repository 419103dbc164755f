//! Checks of `init`.

use super::{Impossible, Never, Output, Type};
use std::future::Future;
use std::marker::PhantomData;

/// What `init` returned, which can be shared.
pub struct State<S>(PhantomData<fn() -> S>);

impl<S> State<S> {
    fn new() -> Self {
        State(PhantomData)
    }

    /// What comes after the checks of `init`.
    pub fn then<T>(&self, next: T) -> T {
        next
    }
}

/// The state of a function with an init that returns an `S`.
pub fn state<S>(_: &Type<S>) -> State<S> {
    State::new()
}

/// The path that is given for `init`.
#[diagnostic::on_unimplemented(
    message = "`init` takes an `async fn` without parameters",
    label = "takes parameters, or is no function",
    note = "write `async fn() -> S` or `async fn() -> Result<S, E>`"
)]
pub trait InitFn<P> {
    /// What calling it gives.
    fn call(self) -> P;
}

#[diagnostic::do_not_recommend]
impl<F: Fn() -> Fut, Fut> InitFn<Type<Fut>> for F {
    fn call(self) -> Type<Fut> {
        Type::new()
    }
}

#[diagnostic::do_not_recommend]
impl<F: Impossible> InitFn<Never> for F {
    fn call(self) -> Never {
        Never
    }
}

/// What calling `init` or `shutdown` gives.
#[diagnostic::on_unimplemented(
    message = "this function must be async",
    label = "returns `{Self}`, which cannot be awaited",
    note = "write `async fn` in place of `fn`"
)]
pub trait Awaited<P>: Sized {
    /// What awaiting it gives.
    fn output(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl<Fut: Future> Awaited<Output<Fut::Output>> for Fut {
    fn output(_: &Type<Fut>) -> Output<Fut::Output> {
        Output::new()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Impossible> Awaited<Never> for T {
    fn output(_: &Type<T>) -> Never {
        Never
    }
}
