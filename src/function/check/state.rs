//! Checks of init and shutdown, and of what is borrowed from the one's value.

use super::{Impossible, Never, Output, Pass, Type};
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;

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

/// What a function without an init has for init's value: a `()`.
#[derive(Debug)]
pub struct NoInit;

/// The state of a function without an init.
pub fn no_init() -> State<NoInit> {
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

impl<T> Type<T> {
    /// Looks for it in what `init` returned. `At` is the place where it is; see [`OneOfItsType`].
    pub fn in_init<S, At>(&self, _: &State<S>, _: At) -> Member<T, S, At> {
        Member(NoMember(PhantomData), PhantomData)
    }
}

/// A `T` in an `S`, if it is there; else it is a [`NoMember`].
pub struct Member<T, S, At>(NoMember<T, S>, PhantomData<fn() -> At>);

/// A `T` that is not in an `S`.
pub struct NoMember<T, S>(PhantomData<fn() -> (T, S)>);

/// What came of a search: `M` is [`There`] or [`Missing`].
pub struct Found<T, S, M>(NoMember<T, S>, PhantomData<M>);

/// It was found.
#[derive(Debug)]
pub struct There;

/// It was not found.
#[derive(Debug)]
pub struct Missing;

impl<T: OneOfItsType<S, At>, S, At> Member<T, S, At> {
    /// It is there.
    pub fn found(&self) -> Found<T, S, There> {
        Found(NoMember(PhantomData), PhantomData)
    }
}

impl<T, S> NoMember<T, S> {
    /// It is not there.
    pub fn found(&self) -> Found<T, S, Missing> {
        Found(NoMember(PhantomData), PhantomData)
    }
}

impl<T, S, At> Deref for Member<T, S, At> {
    type Target = NoMember<T, S>;

    fn deref(&self) -> &NoMember<T, S> {
        &self.0
    }
}

/// The `T` of a `&T` that borrows from an `S`.
#[diagnostic::on_unimplemented(
    message = "`init` does not return a `{Self}`",
    label = "`init` returns `{S}`",
    note = "a `&T` parameter borrows what `init` returns, or a member of it if that is a tuple"
)]
pub trait BorrowedFromInit<S, M, P>: Sized {
    /// It can.
    fn check(_: Found<Self, S, M>) -> P;
}

#[diagnostic::do_not_recommend]
impl<T, S> BorrowedFromInit<S, There, Pass> for T {
    fn check(_: Found<T, S, There>) -> Pass {
        Pass::NEW
    }
}

/// A type that is there once in `S`: itself, or one member of a tuple.
///
/// `At` is the place in `S`, an integer type: `u8` for the whole, others for the members. A literal is given for it,
/// whose type follows from the one place that there is. If there are several, it falls back to `i32`, which is no place,
/// and so the compiler tells what is wrong in place of "type annotations needed".
#[diagnostic::on_unimplemented(
    message = "`init` returns more than one `{Self}`",
    label = "which member of `{S}` is meant?",
    note = "give each a type of its own, such as `struct Primary({Self});`"
)]
pub trait OneOfItsType<S, At> {}

#[diagnostic::do_not_recommend]
impl<T> OneOfItsType<T, u8> for T {}

#[diagnostic::do_not_recommend]
impl OneOfItsType<NoInit, i8> for () {}

macro_rules! members {
    ($([$($T:ident)*] $Member:ident $At:ident;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($T),*> OneOfItsType<($($T,)*), $At> for $Member {}
    )*};
}

members! {
    [A] A i8;
    [A B] A i8;
    [A B] B i16;
    [A B C] A i8;
    [A B C] B i16;
    [A B C] C i64;
    [A B C D] A i8;
    [A B C D] B i16;
    [A B C D] C i64;
    [A B C D] D u16;
    [A B C D E] A i8;
    [A B C D E] B i16;
    [A B C D E] C i64;
    [A B C D E] D u16;
    [A B C D E] E u32;
    [A B C D E F] A i8;
    [A B C D E F] B i16;
    [A B C D E F] C i64;
    [A B C D E F] D u16;
    [A B C D E F] E u32;
    [A B C D E F] F u64;
}

/// The path that is given for `shutdown`.
#[diagnostic::on_unimplemented(
    message = "`shutdown` takes an `async fn` with one parameter, a `&T` of what `init` returns",
    label = "has other parameters, or is no function",
    note = "write `async fn(_: &T)`"
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
