//! Types of a function's parameters, for the checks of `__private::check`.

use std::marker::PhantomData;
use std::ops::Deref;

/// A function with the parameters `A`. Unlike `AsyncFn`, it has no bounds on its future.
pub trait Signature<A> {
    /// The parameters, each as a [`Type`].
    type Parameters;
    /// The future that a call returns.
    type Future;

    /// Returns the types of the parameters.
    fn parameters() -> Self::Parameters;
}

/// Returns the types of a function's parameters.
pub fn parameters<F: Signature<A>, A>(_: &F) -> F::Parameters {
    F::parameters()
}

/// A type, without a value of it.
pub struct Type<T>(Unchecked<T>);

/// Receiver of the methods that are called if no method of [`Type`] applies.
pub struct Unchecked<T>(PhantomData<fn() -> T>);

impl<T> Clone for Type<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Type<T> {}

impl<T> Clone for Unchecked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Unchecked<T> {}

impl<T> Deref for Type<T> {
    type Target = Unchecked<T>;

    fn deref(&self) -> &Unchecked<T> {
        &self.0
    }
}

impl<T> Type<T> {
    /// Returns the type.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Type(Unchecked(PhantomData))
    }
}
