//! What a handler of records takes: one record, or the batch of them, with `Context` and `&T` beside.

use super::event::RawRecord;
use super::full_batch::{Batch, BatchFailures, BatchState};
use super::payload::DecodeError;
use crate::function::args::{ContextArg, StateArg};
use crate::function::output::{Fallible, Plain};
use lrt_core::{BoxError, Context, ErrorReport};
use std::marker::PhantomData;

/// What a record of the source `S` may be taken as. `M` says how, and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from a record",
    label = "not what a record of this kind is taken as",
    note = "a payload implements `serde::Deserialize`: #[derive(serde::Deserialize)]"
)]
pub trait FromRecord<S, M>: Sized + Send + 'static {
    /// Decodes it.
    ///
    /// # Errors
    ///
    /// When the record is not what the type takes.
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError>;

    /// Whether records of this event can be taken so at all, by the look of its first one.
    ///
    /// # Errors
    ///
    /// When none can: then the whole invocation fails.
    fn check(_: &RawRecord) -> Result<(), ErrorReport> {
        Ok(())
    }
}

/// A parameter of a function that handles one record.
pub trait RecordArg<S, K>: Sized + Send + 'static {
    /// What it borrows of init's value: a reference, or nothing.
    type Ref: Copy + Send + Sync + 'static;
    /// Whether it takes the record.
    const PAYLOAD: bool = false;

    /// Makes the parameter.
    ///
    /// # Errors
    ///
    /// When the record is not what the type takes.
    fn extract(record: &RawRecord, lent: Self::Ref) -> Result<Self, DecodeError>;

    /// As [`FromRecord::check`].
    ///
    /// # Errors
    ///
    /// As [`FromRecord::check`].
    fn check(_: &RawRecord) -> Result<(), ErrorReport> {
        Ok(())
    }
}

/// The kind of a parameter that is decoded from a record.
#[derive(Debug)]
pub struct ViaRecord<M>(PhantomData<M>);

impl<S, A: FromRecord<S, M>, M> RecordArg<S, ViaRecord<M>> for A {
    type Ref = ();
    const PAYLOAD: bool = true;

    fn extract(record: &RawRecord, (): ()) -> Result<A, DecodeError> {
        A::from_record(record).map_err(|error| error.with_record(record))
    }

    fn check(first: &RawRecord) -> Result<(), ErrorReport> {
        A::check(first)
    }
}

impl<S> RecordArg<S, ContextArg> for Context {
    type Ref = ();

    fn extract(record: &RawRecord, (): ()) -> Result<Context, DecodeError> {
        Ok(record.context().clone())
    }
}

impl<S, T: Sync> RecordArg<S, StateArg> for &'static T {
    type Ref = &'static T;

    fn extract(_: &RawRecord, lent: &'static T) -> Result<&'static T, DecodeError> {
        Ok(lent)
    }
}

/// A parameter of a function that handles the whole batch.
pub trait BatchArg<S, K>: Sized + Send + 'static {
    /// What it borrows of init's value: a reference, or nothing.
    type Ref: Copy + Send + Sync + 'static;
    /// Whether it takes the batch.
    const BATCH: bool = false;

    /// Makes the parameter.
    fn extract(whole: &BatchState, lent: Self::Ref) -> Self;

    /// As [`FromRecord::check`].
    ///
    /// # Errors
    ///
    /// As [`FromRecord::check`].
    fn check(_: &RawRecord) -> Result<(), ErrorReport> {
        Ok(())
    }
}

/// The kind of the [`Batch`] parameter.
#[derive(Debug)]
pub struct ViaBatch<M>(PhantomData<M>);

impl<S, A: FromRecord<S, M>, M> BatchArg<S, ViaBatch<M>> for Batch<A> {
    type Ref = ();
    const BATCH: bool = true;

    fn extract(whole: &BatchState, (): ()) -> Batch<A> {
        Batch::new(whole)
    }

    fn check(first: &RawRecord) -> Result<(), ErrorReport> {
        A::check(first)
    }
}

impl<S> BatchArg<S, ContextArg> for Context {
    type Ref = ();

    fn extract(whole: &BatchState, (): ()) -> Context {
        whole.event.context.clone()
    }
}

impl<S, T: Sync> BatchArg<S, StateArg> for &'static T {
    type Ref = &'static T;

    fn extract(_: &BatchState, lent: &'static T) -> &'static T {
        lent
    }
}

/// All parameters of a function that handles one record; `K` are their kinds.
pub trait RecordArgs<S, K>: Sized + Send + 'static {
    /// What they borrow, one entry for each.
    type Refs: Copy + Send + Sync + 'static;

    /// Makes the parameters.
    ///
    /// # Errors
    ///
    /// When the record is not what the function takes.
    fn extract(record: &RawRecord, lent: Self::Refs) -> Result<Self, DecodeError>;

    /// As [`FromRecord::check`].
    ///
    /// # Errors
    ///
    /// As [`FromRecord::check`].
    fn check(first: &RawRecord) -> Result<(), ErrorReport>;
}

/// All parameters of a function that handles the whole batch; `K` are their kinds.
pub trait BatchArgs<S, K>: Sized + Send + 'static {
    /// What they borrow, one entry for each.
    type Refs: Copy + Send + Sync + 'static;

    /// Makes the parameters.
    fn extract(whole: &BatchState, lent: Self::Refs) -> Self;

    /// As [`FromRecord::check`].
    ///
    /// # Errors
    ///
    /// As [`FromRecord::check`].
    fn check(first: &RawRecord) -> Result<(), ErrorReport>;
}

macro_rules! arities {
    ($([$($A:ident $K:ident $a:ident),*])*) => {$(
        impl<S, $($A: RecordArg<S, $K>, $K),*> RecordArgs<S, ($($K,)*)> for ($($A,)*) {
            type Refs = ($($A::Ref,)*);

            #[allow(unused_variables)]
            fn extract(record: &RawRecord, ($($a,)*): Self::Refs) -> Result<Self, DecodeError> {
                const { assert!(0 $(+ $A::PAYLOAD as u8)* <= 1, "a function takes one record") };
                Ok(($($A::extract(record, $a)?,)*))
            }

            #[allow(unused_variables)]
            fn check(first: &RawRecord) -> Result<(), ErrorReport> {
                $($A::check(first)?;)*
                Ok(())
            }
        }

        impl<S, $($A: BatchArg<S, $K>, $K),*> BatchArgs<S, ($($K,)*)> for ($($A,)*) {
            type Refs = ($($A::Ref,)*);

            #[allow(unused_variables, clippy::unused_unit)]
            fn extract(whole: &BatchState, ($($a,)*): Self::Refs) -> Self {
                const { assert!(0 $(+ $A::BATCH as u8)* == 1, "a function takes one batch") };
                ($($A::extract(whole, $a),)*)
            }

            #[allow(unused_variables)]
            fn check(first: &RawRecord) -> Result<(), ErrorReport> {
                $($A::check(first)?;)*
                Ok(())
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

/// What a function that handles one record returns: nothing, or an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what the handler of a record returns",
    label = "not `()`, nor a `Result<(), E>` with an error",
    note = "a record is done when its handler returns `Ok(())`: return `Result<(), E>`, with `E` an error, a `String` or an `lrt::Error`"
)]
pub trait RecordOutput<M> {
    /// Whether the record is done.
    ///
    /// # Errors
    ///
    /// The handler's own error: it is not.
    fn into_result(self) -> Result<(), BoxError>;
}

impl<E: Into<BoxError>> RecordOutput<Fallible> for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        // A box has no type to take a name from, so the error is named here.
        self.map_err(|error| Box::new(ErrorReport::new(error)) as BoxError)
    }
}

impl RecordOutput<Plain> for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

/// What a function that handles the whole batch returns: the records that failed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what the handler of a batch returns",
    label = "not `BatchFailures`, nor a `Result<BatchFailures, E>` with an error",
    note = "a handler of a `Batch` names what failed: return `Result<BatchFailures, E>`"
)]
pub trait BatchOutput<M> {
    /// What failed.
    ///
    /// # Errors
    ///
    /// The handler's own error: all records have failed.
    fn into_failures(self) -> Result<BatchFailures, ErrorReport>;
}

impl<E: Into<BoxError>> BatchOutput<Fallible> for Result<BatchFailures, E> {
    fn into_failures(self) -> Result<BatchFailures, ErrorReport> {
        self.map_err(ErrorReport::new)
    }
}

impl BatchOutput<Plain> for BatchFailures {
    fn into_failures(self) -> Result<BatchFailures, ErrorReport> {
        Ok(self)
    }
}
