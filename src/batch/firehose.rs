//! Amazon Data Firehose: each record is transformed before it is delivered.
//!
//! See [Transform source data](https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html).

use super::args::FromRecord;
use super::event::{BatchEvent, EventSchema, RawRecord, RecordId, SchemaField, SourceSchema, epoch_millis};
use super::handle::{BatchPolicy, SourcePolicy};
use super::kind::{Form, Records, Source, records};
use super::options::OnFailure;
use super::payload::{DecodeError, Payload, ViaResult, base64, decode_bytes};
use super::response::Reporting;
use super::scheduler::{FailureScope, Groups};
use crate::builder::Builder;
use crate::function::parameters::AsyncFn;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::time::SystemTime;

/// The source of a function that transforms the records of a Firehose stream.
#[derive(Debug)]
pub struct Firehose(());

impl Source for Firehose {
    const NAME: &'static str = "firehose";
    const FORM: Form = Form::Transformed;
}

/// Starts the builder of a function that transforms the records of a Firehose stream, one at a time.
///
/// The function takes the record's data (any `Deserialize`, [`Text`](crate::payload::Text) or
/// [`Raw`](crate::payload::Raw)), a [`Record`] with that data, or a `Result<_, DecodeError>` of either; also a
/// [`Context`](crate::Context), and `&T`s of the value that [`init`](Builder::init) returns. It returns a
/// [`Transform`](crate::firehose::Transform).
///
/// The reply has exactly one result for each record. A record whose function returns an error, panics or does not finish in time is
/// `ProcessingFailed`, and Firehose delivers it to the error output of its destination. The other records are not affected.
///
/// ```no_run
/// use lrt::firehose::Transform;
/// # #[derive(serde::Deserialize)] struct Click { user: u64 }
/// # #[derive(serde::Serialize)] struct Visit { user: u64 }
///
/// async fn anonymize(click: Click) -> Result<Transform<Visit>, lrt::Error> {
///     Ok(Transform::Ok(Visit { user: click.user % 1000 }))
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::firehose(anonymize).run()
/// }
/// ```
pub fn firehose<F: AsyncFn<A>, A>(function: F) -> Builder<Records<Firehose>, F, A> {
    records(function)
}

impl SourceSchema for Firehose {
    const SCHEMA: &'static EventSchema = &EventSchema {
        service: "aws:firehose",
        records: "records",
        id: "recordId",
        fields: &[
            SchemaField::At("recordId", |spans| &mut spans.id),
            SchemaField::At("data", |spans| &mut spans.payload),
            SchemaField::At("approximateArrivalTimestamp", |spans| &mut spans.time),
            SchemaField::Within("kinesisRecordMetadata", &[SchemaField::At("partitionKey", |spans| &mut spans.key)]),
        ],
        bytes: |record| base64(record, record.spans()?.payload, "data").map(Cow::Owned),
        ..EventSchema::LIST
    };
}

impl SourcePolicy for Firehose {
    fn policy(_: &BatchEvent, concurrency: Option<usize>, _: Option<OnFailure>) -> BatchPolicy {
        BatchPolicy {
            groups: Groups::None,
            concurrency: concurrency.unwrap_or(1),
            failure_scope: FailureScope::Record,
            reporting: Reporting::Results,
            failure_consequence: "Firehose delivers it to the error output of the destination",
        }
    }
}

/// A parameter that is only the data.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Firehose, M> for P {
    fn from_record(record: &RawRecord) -> Result<P, DecodeError> {
        decode_bytes(record)
    }
}

/// Marks a parameter that is a [`Record`].
#[derive(Debug)]
pub struct ViaFirehoseRecord<M>(PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Firehose, ViaFirehoseRecord<M>> for Record<P> {
    fn from_record(record: &RawRecord) -> Result<Record<P>, DecodeError> {
        let data = decode_bytes(record)?;
        let spans = record.spans()?;
        Ok(Record {
            id: record.id(),
            data,
            arrived_at: epoch_millis(record.event.json(spans.time)),
            partition_key: record.text(spans.key).map(Cow::into_owned),
        })
    }
}

/// A parameter that passes a decode error to the handler.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Firehose, ViaResult<ViaFirehoseRecord<M>>> for Result<Record<P>, DecodeError> {
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        Ok(Record::from_record(record).map_err(|error| error.with_record(record)))
    }
}

/// A record of a Firehose stream: its data and metadata.
///
/// See [the event](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesisfirehose.html).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record<T> {
    /// The record id, which is only valid within its event.
    pub id: RecordId,
    /// The decoded data.
    pub data: T,
    /// Approximate time at which the record arrived in the stream.
    pub arrived_at: Option<SystemTime>,
    /// The partition key, if the stream reads a Kinesis data stream.
    pub partition_key: Option<String>,
}
