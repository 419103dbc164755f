//! Inputs of batch functions: one record, or all records of a batch.

use super::event::RawRecord;
use super::full_batch::{Batch, BatchFailures, BatchState};
use super::kind::Mode;
use super::payload::DecodeError;
use crate::function::parameters::{Extract, Input, Use, ViaContext};
use lrt_core::{Context, ErrorReport};
use std::convert::Infallible;
use std::future::{Future, ready};
use std::marker::PhantomData;

/// A type that is decoded from a record of the source `S`. `M` is an inferred marker that selects the decoding.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from a record: it does not implement `serde::Deserialize`",
    label = "cannot be decoded from a record",
    note = "add `#[derive(serde::Deserialize)]` to the type, and to the types of its fields; other payloads are \
            `lrt::payload::Text` and `lrt::payload::Raw`",
    note = "a record with its envelope is a `Message<T>` for `sqs`, a `Change<T>` for `dynamodb`, a `Record<T>` for `kinesis`, \
            an `lrt::kafka::Record<T>` for `kafka`",
    note = "all records at once are a `Batch` of these: `Batch<Message<T>>`",
    note = "if it is what `init` returns, borrow it: `&{Self}`"
)]
pub trait FromRecord<S, M>: Sized + Send + 'static {
    /// Decodes the record.
    ///
    /// # Errors
    ///
    /// Returns an error if the type does not accept the record.
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError>;

    /// Checks, on the first record of an event, that this type can be decoded from its records at all.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot, and the entire invocation fails.
    fn check(_: &RawRecord) -> Result<(), ErrorReport> {
        Ok(())
    }
}

/// Input of a function that handles one record of the source `S` at a time.
pub struct RecordInput<S> {
    record: RawRecord,
    source: PhantomData<fn(S)>,
}

impl<S> RecordInput<S> {
    pub(super) fn new(record: RawRecord) -> Self {
        RecordInput { record, source: PhantomData }
    }
}

impl<S> Input for RecordInput<S> {
    type Rejection = DecodeError;
    type Sample = RawRecord;
}

/// Input of a function that handles all records of a batch at once.
pub struct BatchInput<S> {
    batch: BatchState,
    source: PhantomData<fn(S)>,
}

impl<S> BatchInput<S> {
    pub(super) fn new(batch: BatchState) -> Self {
        BatchInput { batch, source: PhantomData }
    }
}

impl<S> Input for BatchInput<S> {
    type Rejection = Infallible;
    type Sample = RawRecord;
    const MUST_BE_TAKEN: bool = true;
}

/// Marker of a parameter that is decoded from one record; see [`FromRecord`] for `M`.
#[derive(Debug)]
pub struct ViaRecord<M>(PhantomData<M>);

impl<S, T: FromRecord<S, M>, M> Extract<RecordInput<S>, ViaRecord<M>> for T {
    type Ref = ();
    const USE: Use = Use::Whole;

    fn extract(input: &mut RecordInput<S>, (): ()) -> impl Future<Output = Result<T, DecodeError>> + Send {
        ready(T::from_record(&input.record).map_err(|error| error.with_record(&input.record)))
    }

    fn check_sample(first: &RawRecord) -> Result<(), ErrorReport> {
        T::check(first)
    }
}

#[diagnostic::do_not_recommend]
impl<S> Extract<RecordInput<S>, ViaContext> for Context {
    type Ref = ();

    fn extract(input: &mut RecordInput<S>, (): ()) -> impl Future<Output = Result<Context, DecodeError>> + Send {
        ready(Ok(input.record.context().clone()))
    }
}

/// Marker of the [`Batch`] parameter; see [`FromRecord`] for `M`.
#[derive(Debug)]
pub struct ViaBatch<M>(PhantomData<M>);

impl<S, T: FromRecord<S, M>, M> Extract<BatchInput<S>, ViaBatch<M>> for Batch<T> {
    type Ref = ();
    const USE: Use = Use::Whole;

    fn extract(input: &mut BatchInput<S>, (): ()) -> impl Future<Output = Result<Batch<T>, Infallible>> + Send {
        ready(Ok(Batch::new(&input.batch)))
    }

    fn check_sample(first: &RawRecord) -> Result<(), ErrorReport> {
        T::check(first)
    }
}

#[diagnostic::do_not_recommend]
impl<S> Extract<BatchInput<S>, ViaContext> for Context {
    type Ref = ();

    fn extract(input: &mut BatchInput<S>, (): ()) -> impl Future<Output = Result<Context, Infallible>> + Send {
        ready(Ok(input.batch.event.context.clone()))
    }
}

/// Mode of a function that handles one record at a time.
#[derive(Clone, Copy, Debug)]
pub struct OneRecord;

/// Mode of a function that handles all records of a batch at once.
#[derive(Clone, Copy, Debug)]
pub struct FullBatch;

/// The value that a batch function returns in its `Ok`. Its type determines the mode `M`, in which the function handles
/// records.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from this batch function",
    label = "expected `()` for one record, `BatchFailures` for a `Batch`",
    note = "a function that takes one record at a time succeeds with `Ok(())`: write `Result<(), E>`",
    note = "a function that takes a `Batch` says which records failed: write `Result<BatchFailures, E>`, with \
            `Ok(BatchFailures::new())` if none did"
)]
pub trait RecordReply<M: Mode> {
    /// Returns the value.
    fn into_reply(self) -> M::Reply;
}

impl RecordReply<OneRecord> for () {
    fn into_reply(self) {}
}

impl RecordReply<FullBatch> for BatchFailures {
    fn into_reply(self) -> BatchFailures {
        self
    }
}
