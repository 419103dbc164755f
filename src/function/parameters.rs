//! Parameters of functions: each is extracted from the function's input, or borrows what `init` returned.

use super::payload::FromPayload;
use super::signature::{Signature, Type};
use lrt_core::{Context, ErrorReport, Invocation};
use std::future::{Future, ready};

/// An async function with the parameters `A`, a tuple.
///
/// Implemented for all `async fn`s and closures with up to eight parameters.
pub trait AsyncFn<A>: Clone + Send + Sync + 'static {
    /// The output of its future.
    type Output;
    /// The future that it returns.
    type Future: Future<Output = Self::Output> + Send + 'static;

    /// Calls the function.
    fn call(&self, args: A) -> Self::Future;
}

/// The input of a function's call: an invocation, a record, a batch or an HTTP request.
pub trait Input: Send {
    /// Reason why a parameter cannot be extracted.
    type Rejection: Send;
    /// Data that all inputs of a call share, for [`Extract::check_sample`]: the first record of a batch, the route of an
    /// HTTP function, or the payload of an invocation.
    type Sample: ?Sized;
    /// True if exactly one parameter must take the entire input.
    const MUST_BE_TAKEN: bool = false;
}

/// An [`Invocation`]'s payload is JSON.
impl Input for Invocation {
    type Rejection = ErrorReport;
    type Sample = [u8];
}

/// A parameter's use of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It reads a part of the input, or does not use it. A function has any number of such parameters.
    Part,
    /// It takes the payload, the record, the batch or the body. A function has at most one such parameter, which is
    /// extracted after all others.
    Whole,
}

/// Requirements of parameters on the events of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Aggregated records are not split.
    pub undivided: bool,
    /// The records of a Kinesis stream are the changes of a DynamoDB table.
    pub changes: bool,
    /// The event has a tumbling window.
    pub window: bool,
    /// The record is decoded before the function is called with it.
    pub record: bool,
}

impl Needs {
    /// No requirements.
    pub const NONE: Needs = Needs { undivided: false, changes: false, window: false, record: false };

    /// Returns the requirements of two parameters.
    #[must_use]
    pub const fn and(self, other: Needs) -> Needs {
        Needs {
            undivided: self.undivided || other.undivided,
            changes: self.changes || other.changes,
            window: self.window || other.window,
            record: self.record || other.record,
        }
    }
}

/// A parameter that can be extracted from the input `I`. `K` is a marker that selects the extraction, and is inferred
/// from the parameter's type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of this function",
    label = "cannot be extracted from the function's input",
    note = "parameters are a payload, record or extractor, the `lrt::Context`, and `&T`s of what `init` returns",
    note = "the payload of an event or record implements `serde::Deserialize`"
)]
pub trait Extract<I: Input, K>: Sized + Send + 'static {
    /// Reference that it borrows from the state; `()` for none.
    type Ref: Copy + Send + Sync + 'static;
    /// Its use of the input.
    const USE: Use = Use::Part;
    /// Its requirements.
    const NEEDS: Needs = Needs::NONE;

    /// Extracts the parameter.
    ///
    /// # Errors
    ///
    /// Returns an error if the type does not accept the input.
    fn extract(input: &mut I, state: Self::Ref) -> impl Future<Output = Result<Self, I::Rejection>> + Send;

    /// Checks that parameters of this type can be extracted at all.
    ///
    /// # Errors
    ///
    /// Returns an error if they cannot. It fails the entire invocation, or the cold start of an HTTP function.
    fn check_sample(_: &I::Sample) -> Result<(), ErrorReport> {
        Ok(())
    }
}

// Compiler messages mention the markers of parameters, so these are types that everyone knows. The marker of a parameter
// that is decoded is a tuple with the marker of its decoding.

/// Marker of a `&T` parameter, which borrows what `init` returned.
pub type ViaState = &'static ();

/// Marker of the [`Context`] parameter.
pub type ViaContext = Context;

#[diagnostic::do_not_recommend]
impl<I: Input, T: Sync> Extract<I, ViaState> for &'static T {
    type Ref = &'static T;

    fn extract(_: &mut I, state: &'static T) -> impl Future<Output = Result<&'static T, I::Rejection>> + Send {
        ready(Ok(state))
    }
}

#[diagnostic::do_not_recommend]
impl Extract<Invocation, ViaContext> for Context {
    type Ref = ();

    fn extract(invocation: &mut Invocation, (): ()) -> impl Future<Output = Result<Context, ErrorReport>> + Send {
        ready(Ok(invocation.context().clone()))
    }
}

impl<T: FromPayload<M> + Send + 'static, M> Extract<Invocation, (M,)> for T {
    type Ref = ();
    const USE: Use = Use::Whole;

    fn extract(invocation: &mut Invocation, (): ()) -> impl Future<Output = Result<T, ErrorReport>> + Send {
        ready(T::from_payload(invocation.payload()))
    }

    fn check_sample(payload: &[u8]) -> Result<(), ErrorReport> {
        T::from_payload(payload).map(drop)
    }
}

/// All parameters of a function, a tuple. `K` is the tuple of their markers.
pub trait Args<I: Input, K>: Sized + Send + 'static {
    /// References that they borrow from the state: a tuple with an entry for each parameter.
    type Refs: Copy + Send + Sync + 'static;
    /// Their requirements.
    const NEEDS: Needs;

    /// Extracts the parameters in their order; a parameter that takes the whole input is extracted last.
    ///
    /// # Errors
    ///
    /// Returns the rejection of the first parameter that cannot be extracted.
    fn extract(input: &mut I, state: Self::Refs) -> impl Future<Output = Result<Self, I::Rejection>> + Send;

    /// Calls [`Extract::check_sample`] of each parameter.
    ///
    /// # Errors
    ///
    /// Returns the first error of a parameter.
    fn check_sample(sample: &I::Sample) -> Result<(), ErrorReport>;
}

/// Panics at compile time if the parameters of a function cannot be combined.
const fn check_uses<I: Input>(uses: &[Use]) {
    let (mut taken, mut next) = (0, 0);
    while next < uses.len() {
        if matches!(uses[next], Use::Whole) {
            taken += 1;
        }
        next += 1;
    }
    assert!(taken <= 1, "only one parameter can take the payload, the record, the batch or the body");
    assert!(taken == 1 || !I::MUST_BE_TAKEN, "a function that returns `BatchFailures` takes a `Batch`");
}

macro_rules! arities {
    ($([$($A:ident $K:ident $a:ident $state:ident),*])*) => {$(
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
        {
            type Parameters = ($(Type<$A>,)*);
            type Future = Fut;

            #[allow(clippy::unused_unit)]
            fn parameters() -> Self::Parameters {
                ($(Type::<$A>::new(),)*)
            }
        }

        impl<I: Input, $($A: Extract<I, $K>, $K),*> Args<I, ($($K,)*)> for ($($A,)*) {
            type Refs = ($($A::Ref,)*);
            const NEEDS: Needs = Needs::NONE$(.and($A::NEEDS))*;

            #[allow(unused_mut, unused_variables)]
            async fn extract(input: &mut I, ($($state,)*): Self::Refs) -> Result<Self, I::Rejection> {
                const { check_uses::<I>(&[$($A::USE),*]) };
                $(let mut $a = match $A::USE {
                    Use::Part => Some($A::extract(input, $state).await?),
                    Use::Whole => None,
                };)*
                $(if let Use::Whole = $A::USE {
                    $a = Some($A::extract(input, $state).await?);
                })*
                Ok(($($a.expect("each parameter is extracted in one of the two steps"),)*))
            }

            #[allow(unused_variables)]
            fn check_sample(sample: &I::Sample) -> Result<(), ErrorReport> {
                $($A::check_sample(sample)?;)*
                Ok(())
            }
        }
    )*};
}

arities! {
    []
    [A1 K1 a1 s1]
    [A1 K1 a1 s1, A2 K2 a2 s2]
    [A1 K1 a1 s1, A2 K2 a2 s2, A3 K3 a3 s3]
    [A1 K1 a1 s1, A2 K2 a2 s2, A3 K3 a3 s3, A4 K4 a4 s4]
    [A1 K1 a1 s1, A2 K2 a2 s2, A3 K3 a3 s3, A4 K4 a4 s4, A5 K5 a5 s5]
    [A1 K1 a1 s1, A2 K2 a2 s2, A3 K3 a3 s3, A4 K4 a4 s4, A5 K5 a5 s5, A6 K6 a6 s6]
    [A1 K1 a1 s1, A2 K2 a2 s2, A3 K3 a3 s3, A4 K4 a4 s4, A5 K5 a5 s5, A6 K6 a6 s6, A7 K7 a7 s7]
    [A1 K1 a1 s1, A2 K2 a2 s2, A3 K3 a3 s3, A4 K4 a4 s4, A5 K5 a5 s5, A6 K6 a6 s6, A7 K7 a7 s7, A8 K8 a8 s8]
}
