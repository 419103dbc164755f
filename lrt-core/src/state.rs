//! What a function borrows of the value that its init made.

/// A value with a `T` to lend: itself, or a member of a tuple. `I` says which, and is inferred.
///
/// A tuple with two members of one type lends neither, since nobody could say which is meant.
#[diagnostic::on_unimplemented(
    message = "`init` does not return a `{T}`",
    label = "no `{T}` to borrow in `{Self}`",
    note = "a `&T` parameter borrows the value that `init` returns, or a member of it if that is a tuple"
)]
pub trait Has<T, I> {
    /// Lends it.
    fn lend(&self) -> &T;
}

/// The value itself is meant.
#[derive(Debug)]
pub struct Whole;

/// The member at this place of a tuple is meant.
#[derive(Debug)]
pub struct At<const N: usize>;

impl<T> Has<T, Whole> for T {
    fn lend(&self) -> &T {
        self
    }
}

/// A value that can lend all that a function borrows; `R` are the references, `I` the places, which are inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not have all that the function borrows",
    label = "neither what a `&T` parameter borrows, nor a tuple that has it"
)]
pub trait Provides<R, I>: Sized + Send + Sync + 'static {
    /// Lends them, for as long as the process lives.
    fn provide(&'static self) -> R;
}

#[diagnostic::do_not_recommend]
impl<S: Has<T, I>, T, I> ProvidesOne<&'static T, Lent<I>> for S {
    fn provide_one(&'static self) -> &'static T {
        self.lend()
    }
}

#[diagnostic::do_not_recommend]
impl<S> ProvidesOne<(), Nothing> for S {
    fn provide_one(&'static self) {}
}

/// One entry of [`Provides`].
#[diagnostic::on_unimplemented(
    message = "`init` does not return what a parameter `{R}` borrows",
    label = "`init` returns `{Self}`",
    note = "a `&T` parameter borrows the value that `init` returns, or a member of it if that is a tuple"
)]
pub trait ProvidesOne<R, I> {
    /// Lends it.
    fn provide_one(&'static self) -> R;
}

/// What a function (`F`) and its layers (`L`) borrow of init's value.
#[derive(Clone, Copy, Debug)]
pub struct Borrowed<F, L = ()> {
    /// What the function borrows: one entry for each parameter.
    pub function: F,
    /// What the layers borrow: `((…, second), first)`, counted from the innermost.
    pub layers: L,
}

#[diagnostic::do_not_recommend]
impl<S, F, L, I, J> Provides<Borrowed<F, L>, (I, J)> for S
where
    S: Provides<F, I> + ProvidesLayers<L, J>,
{
    fn provide(&'static self) -> Borrowed<F, L> {
        Borrowed { function: self.provide(), layers: self.provide_layers() }
    }
}

/// A value that can lend all that layers borrow.
pub trait ProvidesLayers<L, J>: Send + Sync + 'static {
    /// Lends it.
    fn provide_layers(&'static self) -> L;
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync + 'static> ProvidesLayers<(), ()> for S {
    fn provide_layers(&'static self) {}
}

#[diagnostic::do_not_recommend]
impl<S, L, R, J, I> ProvidesLayers<(L, R), (J, I)> for S
where
    S: ProvidesLayers<L, J> + ProvidesOne<R, I>,
{
    fn provide_layers(&'static self) -> (L, R) {
        (self.provide_layers(), self.provide_one())
    }
}

/// The kind of an entry that is a reference.
#[derive(Debug)]
pub struct Lent<I>(std::marker::PhantomData<I>);

/// The kind of an entry that borrows nothing.
#[derive(Debug)]
pub struct Nothing;

macro_rules! members {
    ($T:ident at $n:tt of $($S:ident)*) => {
        impl<$($S),*> Has<$T, At<$n>> for ($($S,)*) {
            fn lend(&self) -> &$T {
                &self.$n
            }
        }
    };
}

macro_rules! provides {
    ($([$($R:ident $I:ident),*])*) => {$(
        impl<S, $($R, $I),*> Provides<($($R,)*), ($($I,)*)> for S
        where
            S: Send + Sync + 'static $(+ ProvidesOne<$R, $I>)*,
        {
            #[allow(clippy::unused_unit)]
            fn provide(&'static self) -> ($($R,)*) {
                ($(ProvidesOne::<$R, $I>::provide_one(self),)*)
            }
        }
    )*};
}

members!(A at 0 of A);
members!(A at 0 of A B);
members!(B at 1 of A B);
members!(A at 0 of A B C);
members!(B at 1 of A B C);
members!(C at 2 of A B C);
members!(A at 0 of A B C D);
members!(B at 1 of A B C D);
members!(C at 2 of A B C D);
members!(D at 3 of A B C D);
members!(A at 0 of A B C D E);
members!(B at 1 of A B C D E);
members!(C at 2 of A B C D E);
members!(D at 3 of A B C D E);
members!(E at 4 of A B C D E);
members!(A at 0 of A B C D E F);
members!(B at 1 of A B C D E F);
members!(C at 2 of A B C D E F);
members!(D at 3 of A B C D E F);
members!(E at 4 of A B C D E F);
members!(F at 5 of A B C D E F);

provides! {
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
