//! Checks of `shutdown`.

use super::{Impossible, Never, Output, Pass, Type};

/// The path that is given for `shutdown`.
#[diagnostic::on_unimplemented(
    message = "`shutdown` takes an `async fn` with one parameter, a `&T` of what `init` returns",
    label = "has other parameters, or is no function",
    note = "write `async fn(_: &T)`, or `async fn(_: &())` where there is no `init`"
)]
pub trait ShutdownFn<P> {
    /// What it borrows, and what calling it gives.
    fn call(self) -> P;
}

#[diagnostic::do_not_recommend]
impl<F: Fn(&'static T) -> Fut, T: 'static, Fut> ShutdownFn<Shutdown<T, Fut>> for F {
    fn call(self) -> Shutdown<T, Fut> {
        Shutdown { borrows: Type::new(), future: Type::new() }
    }
}

#[diagnostic::do_not_recommend]
impl<F: Impossible> ShutdownFn<Never> for F {
    fn call(self) -> Never {
        Never
    }
}

/// A shutdown that can be called.
pub struct Shutdown<T, Fut> {
    /// The `T` of its parameter.
    pub borrows: Type<T>,
    /// What calling it gives.
    pub future: Type<Fut>,
}

/// What it borrows where there is no `init`.
#[diagnostic::on_unimplemented(
    message = "`shutdown` takes a `&{Self}`, and there is no `init` that returns a `{Self}`",
    label = "borrows from what `init` returns",
    note = "add `init = path`, or write `async fn(_: &())`"
)]
pub trait BorrowedFromNothing<P>: Sized {
    /// It is a `()`.
    fn check(_: &Type<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl BorrowedFromNothing<Pass> for () {
    fn check(_: &Type<()>) -> Pass {
        Pass::NEW
    }
}

/// What awaiting `shutdown` gives.
#[diagnostic::on_unimplemented(
    message = "`shutdown` must return nothing",
    label = "returns `{Self}`",
    note = "nobody is left to take it: log an error where it happens"
)]
pub trait ShutdownOutput<P>: Sized {
    /// It is nothing.
    fn check(_: &Output<Self>) -> P;
}

#[diagnostic::do_not_recommend]
impl ShutdownOutput<Pass> for () {
    fn check(_: &Output<()>) -> Pass {
        Pass::NEW
    }
}
