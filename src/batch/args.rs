//! Inputs of batch functions: one record, or all records of a batch.

use super::event::RawRecord;
use super::full_batch::{Batch, BatchFailures};
use super::kind::Mode;
use super::payload::DecodeError;
use crate::function::parameters::{Extract, Input, Needs, Use, ViaContext};
use lrt_core::{Context, ErrorReport};
use std::future::{Future, ready};
use std::marker::PhantomData;

/// A type that is decoded from a record of the source `S`. `M` is an inferred marker that selects the decoding.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from a record: it does not implement `serde::Deserialize`",
    label = "cannot be decoded from a record",
    note = "add `#[derive(serde::Deserialize)]` to the type, and to the types of its fields; other payloads are \
            `lrt::payload::Text` and `lrt::payload::Raw`, and types that implement `lrt::payload::Decode`",
    note = "a record with its envelope is a `Message<T>` for `sqs`, a `Change<T>` for `dynamodb`, a `Record<T>` for `kinesis`, \
            an `lrt::kafka::Record<T>` for `kafka`, an `lrt::firehose::Record<T>` for \
            `firehose`, an `lrt::s3::S3Object` for `s3`",
    note = "all records at once are a `Batch` of these: `Batch<Message<T>>`",
    note = "to receive records that do not decode, take a `Result<T, lrt::batch::DecodeError>`",
    note = "if it is what `init` returns, borrow it: `&{Self}`"
)]
pub trait FromRecord<S, M>: Sized + Send + 'static {
    /// Requirements that concern all events.
    #[doc(hidden)]
    const NEEDS: Needs = Needs::NONE;

    /// Decodes the record.
    ///
    /// # Errors
    ///
    /// Returns an error if the type does not accept the record.
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError>;

    /// Returns true for a value that is, or contains, a `Result` with the error of a record that does not decode.
    #[doc(hidden)]
    fn has_decode_error(self) -> bool {
        false
    }

    /// Checks, on the first record of an event, that this type can be decoded from its records at all.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot, and the entire invocation fails.
    fn check(_: &RawRecord) -> Result<(), ErrorReport> {
        Ok(())
    }
}

/// Input of a call of a function that handles records of the source `S` in the mode `M`.
pub struct CallInput<S, M: Mode> {
    input: M::Input,
    source: PhantomData<fn(S)>,
}

impl<S, M: Mode> CallInput<S, M> {
    pub(super) fn new(input: M::Input) -> Self {
        CallInput { input, source: PhantomData }
    }

    pub(super) fn get(&self) -> &M::Input {
        &self.input
    }
}

impl<S, M: Mode> Input for CallInput<S, M> {
    type Rejection = M::Rejection;
    type Sample = RawRecord;
    const MUST_BE_TAKEN: bool = M::TAKES_BATCH;
}

impl<S, T: FromRecord<S, M>, M> Extract<CallInput<S, OneRecord>, (M,)> for T {
    type Ref = ();
    const USE: Use = Use::Whole;
    const NEEDS: Needs = Needs { record: true, ..T::NEEDS };

    fn extract(input: &mut CallInput<S, OneRecord>, (): ()) -> impl Future<Output = Result<T, DecodeError>> + Send {
        let record = &input.input;
        ready(match record.key_error() {
            Some(error) if T::from_record(record).is_ok_and(|decoded| !decoded.has_decode_error()) => Err(error),
            _ => T::from_record(record).map_err(|error| error.with_record(record)),
        })
    }

    fn check_sample(first: &RawRecord) -> Result<(), ErrorReport> {
        T::check(first)
    }
}

#[diagnostic::do_not_recommend]
impl<S> Extract<CallInput<S, OneRecord>, ViaContext> for Context {
    type Ref = ();

    fn extract(
        input: &mut CallInput<S, OneRecord>,
        (): (),
    ) -> impl Future<Output = Result<Context, DecodeError>> + Send {
        ready(Ok(input.input.context().clone()))
    }
}

#[diagnostic::do_not_recommend]
impl<S, T: FromRecord<S, M>, M> Extract<CallInput<S, FullBatch>, (M,)> for Batch<T> {
    type Ref = ();
    const USE: Use = Use::Whole;
    const NEEDS: Needs = T::NEEDS;

    fn extract(
        input: &mut CallInput<S, FullBatch>,
        (): (),
    ) -> impl Future<Output = Result<Batch<T>, DecodeError>> + Send {
        ready(Ok(Batch::new(&input.input)))
    }

    fn check_sample(first: &RawRecord) -> Result<(), ErrorReport> {
        T::check(first)
    }
}

#[diagnostic::do_not_recommend]
impl<S> Extract<CallInput<S, FullBatch>, ViaContext> for Context {
    type Ref = ();

    fn extract(
        input: &mut CallInput<S, FullBatch>,
        (): (),
    ) -> impl Future<Output = Result<Context, DecodeError>> + Send {
        ready(Ok(input.input.event.context.clone()))
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
