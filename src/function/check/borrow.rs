//! Checks of `&T` parameters: what is borrowed from init's value.

use super::{Pass, State, Type};
use std::marker::PhantomData;
use std::ops::Deref;

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
