//! A function's parameters.

use super::check::Type;
use lrt_core::{Context, ErrorReport, Invocation};
use serde::de::DeserializeOwned;
use std::future::Future;

/// An async function with the parameters `A`, a tuple.
///
/// Implemented for all `async fn`s and closures with up to eight parameters; nobody else needs to.
pub trait AsyncFn<A>: Clone + Send + Sync + 'static {
    /// What awaiting it gives.
    type Output;
    /// The future that it returns.
    type Future: Future<Output = Self::Output> + Send + 'static;

    /// Calls it.
    fn call(&self, args: A) -> Self::Future;
}

/// How a function with the parameters `A` returns, wherever its future may run.
pub trait Signature<A> {
    /// What awaiting it gives.
    type Output;
    /// The future that it returns.
    type Future;
    /// The types of its parameters.
    type Parameters;

    /// Those.
    fn parameters() -> Self::Parameters;
}

/// A parameter of a function. `K` is its kind, which follows from its type: [`PayloadArg`], [`ContextArg`] or
/// [`StateArg`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a Lambda function",
    label = "neither a payload, nor `Context`, nor a reference to what `init` returns",
    note = "a payload implements `serde::Deserialize`: add `#[derive(serde::Deserialize)]`"
)]
pub trait FnArg<K>: Sized + Send + 'static {
    /// What it borrows of init's value: a reference, or nothing.
    type Ref: Copy + Send + Sync + 'static;
    /// Whether it takes the payload.
    const PAYLOAD: bool = false;

    /// Makes the parameter from an invocation.
    ///
    /// # Errors
    ///
    /// `Runtime.UnmarshalError` when the payload is not what the type takes.
    fn extract(invocation: &Invocation, borrowed: Self::Ref) -> Result<Self, ErrorReport>;
}

/// The kind of a parameter that is decoded from the payload.
#[derive(Debug)]
pub struct PayloadArg;

/// The kind of the [`Context`] parameter.
#[derive(Debug)]
pub struct ContextArg;

/// The kind of a `&T` parameter: what `init` returned.
#[derive(Debug)]
pub struct StateArg;

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> FnArg<PayloadArg> for T {
    type Ref = ();
    const PAYLOAD: bool = true;

    fn extract(invocation: &Invocation, (): ()) -> Result<T, ErrorReport> {
        crate::json::decode(invocation.payload())
    }
}

#[diagnostic::do_not_recommend]
impl FnArg<ContextArg> for Context {
    type Ref = ();

    fn extract(invocation: &Invocation, (): ()) -> Result<Context, ErrorReport> {
        Ok(invocation.context().clone())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Sync> FnArg<StateArg> for &'static T {
    type Ref = &'static T;

    fn extract(_: &Invocation, borrowed: &'static T) -> Result<&'static T, ErrorReport> {
        Ok(borrowed)
    }
}

/// All parameters of a function; `K` are their kinds.
pub trait Args<K>: Sized + Send + 'static {
    /// What they borrow, one entry for each.
    type Refs: Copy + Send + Sync + 'static;

    /// Makes the parameters from an invocation.
    ///
    /// # Errors
    ///
    /// As [`FnArg::extract`].
    fn extract(invocation: &Invocation, borrowed: Self::Refs) -> Result<Self, ErrorReport>;
}

macro_rules! arities {
    ($([$($A:ident $K:ident $a:ident),*])*) => {$(
        impl<F, Fut, $($A,)*> AsyncFn<($($A,)*)> for F
        where
            F: Fn($($A),*) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future + Send + 'static,
        {
            type Output = Fut::Output;
            type Future = Fut;

            fn call(&self, ($($a,)*): ($($A,)*)) -> Fut {
                self($($a),*)
            }
        }

        impl<F, Fut, $($A,)*> Signature<($($A,)*)> for F
        where
            F: Fn($($A),*) -> Fut,
            Fut: Future,
        {
            type Output = Fut::Output;
            type Future = Fut;
            type Parameters = ($(Type<$A>,)*);

            #[allow(clippy::unused_unit)]
            fn parameters() -> Self::Parameters {
                ($(Type::<$A>::new(),)*)
            }
        }

        impl<$($A: FnArg<$K>, $K),*> Args<($($K,)*)> for ($($A,)*) {
            type Refs = ($($A::Ref,)*);

            #[allow(unused_variables)]
            fn extract(invocation: &Invocation, ($($a,)*): Self::Refs) -> Result<Self, ErrorReport> {
                const { assert!(0 $(+ $A::PAYLOAD as u8)* <= 1, "a function takes one payload") };
                Ok(($($A::extract(invocation, $a)?,)*))
            }
        }
    )*};
}

arities! {
    []
    [A1 K1 a1]
    [A1 K1 a1, A2 K2 a2]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3, A4 K4 a4]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3, A4 K4 a4, A5 K5 a5]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3, A4 K4 a4, A5 K5 a5, A6 K6 a6]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3, A4 K4 a4, A5 K5 a5, A6 K6 a6, A7 K7 a7]
    [A1 K1 a1, A2 K2 a2, A3 K3 a3, A4 K4 a4, A5 K5 a5, A6 K6 a6, A7 K7 a7, A8 K8 a8]
}
