//! State of a function: the value that its `init` returned, and the references that its parameters and layers borrow.

use std::marker::PhantomData;

/// A value that a `T` can be borrowed from: the `T` itself, or a tuple with a member of that type.
///
/// `Place` is an inferred marker of the position of the `T`. It is an integer type, `u8` for the value itself. A macro
/// passes a literal for it: the compiler infers the literal's type if there is exactly one position, and falls back to
/// `i32`, which is not a position, if a tuple has two members of one type.
#[diagnostic::on_unimplemented(
    message = "`init` does not return exactly one `{T}`",
    label = "`init` returns `{Self}`",
    note = "a `&T` borrows what `init` returns, or a member of it if that is a tuple; wrap members of the same type in types \
            of their own, such as `struct Primary({T});`"
)]
pub trait HasRef<T, Place> {
    /// Borrows the `T`.
    fn get_ref(&self) -> &T;
}

#[diagnostic::do_not_recommend]
impl<T> HasRef<T, u8> for T {
    fn get_ref(&self) -> &T {
        self
    }
}

macro_rules! members {
    ($([$($T:ident)*] $Member:ident $place:tt $Place:ident;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($T),*> HasRef<$Member, $Place> for ($($T,)*) {
            fn get_ref(&self) -> &$Member {
                &self.$place
            }
        }
    )*};
}

members! {
    [A] A 0 i8;
    [A B] A 0 i8;
    [A B] B 1 i16;
    [A B C] A 0 i8;
    [A B C] B 1 i16;
    [A B C] C 2 i64;
    [A B C D] A 0 i8;
    [A B C D] B 1 i16;
    [A B C D] C 2 i64;
    [A B C D] D 3 u16;
    [A B C D E] A 0 i8;
    [A B C D E] B 1 i16;
    [A B C D E] C 2 i64;
    [A B C D E] D 3 u16;
    [A B C D E] E 4 u32;
    [A B C D E F] A 0 i8;
    [A B C D E F] B 1 i16;
    [A B C D E F] C 2 i64;
    [A B C D E F] D 3 u16;
    [A B C D E F] E 4 u32;
    [A B C D E F] F 5 u64;
}

/// References that a function (`F`) and its layers (`L`) borrow from the state.
#[derive(Clone, Copy, Debug)]
pub struct StateRefs<F, L = ()> {
    /// References of the function: a tuple with an entry for each parameter.
    pub function: F,
    /// References of the layers: `((…, second), first)`, counted from the innermost.
    pub layers: L,
}

/// A state that the references `R` can be borrowed from. `Places` is an inferred marker of their positions.
///
/// `R` is a reference, `()` for a parameter that borrows nothing, a tuple of these, or [`StateRefs`].
pub trait ProvideState<R, Places>: Send + Sync + 'static {
    /// Borrows the references, for as long as the process lives.
    fn provide(&'static self) -> R;
}

/// Position of a single reference; see [`HasRef`].
#[derive(Debug)]
pub struct RefAt<Place>(PhantomData<Place>);

impl<S, T, Place> ProvideState<&'static T, RefAt<Place>> for S
where
    S: HasRef<T, Place> + Send + Sync + 'static,
{
    fn provide(&'static self) -> &'static T {
        self.get_ref()
    }
}

impl<S, F, L, I, J> ProvideState<StateRefs<F, L>, (I, J)> for S
where
    S: ProvideState<F, I> + ProvideState<L, J>,
{
    fn provide(&'static self) -> StateRefs<F, L> {
        StateRefs { function: self.provide(), layers: self.provide() }
    }
}

macro_rules! tuples {
    ($([$($R:ident $I:ident),*])*) => {$(
        impl<S, $($R, $I),*> ProvideState<($($R,)*), ($($I,)*)> for S
        where
            S: Send + Sync + 'static $(+ ProvideState<$R, $I>)*,
        {
            #[allow(clippy::unused_unit)]
            fn provide(&'static self) -> ($($R,)*) {
                ($(ProvideState::<$R, $I>::provide(self),)*)
            }
        }
    )*};
}

tuples! {
    []
    [R1 I1]
    [R1 I1, R2 I2]
    [R1 I1, R2 I2, R3 I3]
    [R1 I1, R2 I2, R3 I3, R4 I4]
    [R1 I1, R2 I2, R3 I3, R4 I4, R5 I5]
    [R1 I1, R2 I2, R3 I3, R4 I4, R5 I5, R6 I6]
    [R1 I1, R2 I2, R3 I3, R4 I4, R5 I5, R6 I6, R7 I7]
    [R1 I1, R2 I2, R3 I3, R4 I4, R5 I5, R6 I6, R7 I7, R8 I8]
}
