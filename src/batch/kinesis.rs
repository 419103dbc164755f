//! Kinesis data streams: each record is data with a partition key, in the order of its shard.
//!
//! See [Using Lambda with Amazon Kinesis](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html).

use super::args::FromRecord;
use super::event::{
    BatchEvent, EventSchema, RawRecord, RecordId, RecordSpans, SchemaField, SourceSchema, epoch_seconds,
};
use super::full_batch::Identified;
use super::handle::{BatchPolicy, SourcePolicy};
use super::kind::{Records, Source, records};
use super::options::OnFailure;
use super::payload::{DecodeError, Payload, ViaResult, base64, with_record};
use crate::builder::Builder;
use crate::function::parameters::AsyncFn;
use lrt_core::__private::json::decode_string;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::time::SystemTime;

/// The first bytes of a record that the Kinesis Producer Library aggregated from several. A protobuf message and its MD5
/// follow ([the format](https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md)).
const AGGREGATED: &[u8] = &[0xF3, 0x89, 0x9A, 0xC2];

/// The source of a function that handles the records of a Kinesis stream.
#[derive(Debug)]
pub struct Kinesis(());

impl Source for Kinesis {
    const NAME: &'static str = "kinesis";
}

/// Starts the builder of a function that handles the records of a Kinesis data stream, one at a time or as a
/// [`Batch`](crate::batch::Batch).
///
/// The response is the checkpoint from which the shard is read again, for which the event source mapping needs
/// `ReportBatchItemFailures`
/// ([partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html)).
///
/// The function takes the record's data (any `Deserialize`, [`Text`](crate::payload::Text) or
/// [`Raw`](crate::payload::Raw)), a [`Record`] with that data, or a `Result<_, DecodeError>` of either; also a
/// [`Context`](crate::Context), and `&T`s of the value that [`init`](Builder::init) returns.
///
/// A record that the Kinesis Producer Library aggregated is a [`DecodeError`], since the records in it do not have
/// sequence numbers from which the shard could be read again. Turn aggregation off in the producer
/// (`AggregationEnabled=false`).
///
/// ```no_run
/// use lrt::kinesis::Record;
/// # #[derive(serde::Deserialize)] struct Reading { celsius: f64 }
///
/// async fn ingest(record: Record<Reading>) -> Result<(), lrt::Error> {
///     println!("{} measured {}", record.partition_key, record.data.celsius);
///     Ok(())
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::kinesis(ingest).run()
/// }
/// ```
pub fn kinesis<F: AsyncFn<A>, A>(function: F) -> Builder<Records<Kinesis>, F, A> {
    records(function)
}

impl SourceSchema for Kinesis {
    const SCHEMA: &'static EventSchema = &EventSchema {
        service: "aws:kinesis",
        id: "kinesis.sequenceNumber",
        fields: &[
            SchemaField::Within("kinesis", &[PARTITION_KEY, SEQUENCE_NUMBER, DATA, ARRIVAL_TIME]),
            SchemaField::At("eventSource", |spans| &mut spans.source),
            SchemaField::At("EventSource", |spans| &mut spans.source),
            SchemaField::At("eventSourceARN", |spans| &mut spans.arn),
            SchemaField::At("eventID", |spans| &mut spans.event_id),
            // EventBridge Pipes sends flat records
            // (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kinesis.html).
            PARTITION_KEY,
            SEQUENCE_NUMBER,
            DATA,
            ARRIVAL_TIME,
        ],
        bytes: |record| base64(record, record.spans()?.payload, "data").map(Cow::Owned),
        ..EventSchema::LIST
    };
}

const PARTITION_KEY: SchemaField = SchemaField::At("partitionKey", |spans| &mut spans.key);
const SEQUENCE_NUMBER: SchemaField = SchemaField::At("sequenceNumber", |spans| &mut spans.id);
const DATA: SchemaField = SchemaField::At("data", |spans| &mut spans.payload);
const ARRIVAL_TIME: SchemaField = SchemaField::At("approximateArrivalTimestamp", |spans| &mut spans.time);

impl SourcePolicy for Kinesis {
    fn policy(event: &BatchEvent, concurrency: Option<usize>, on_failure: Option<OnFailure>) -> BatchPolicy {
        BatchPolicy::for_stream(event, concurrency, on_failure, partition_keys)
    }
}

/// Returns the partition key of each record. Records without one form a group.
fn partition_keys(event: &BatchEvent) -> Vec<Box<str>> {
    let key = |spans: &RecordSpans| decode_string(event.json(spans.key)).unwrap_or_default().into();
    event.entries.iter().map(|entry| entry.spans.as_ref().map(key).unwrap_or_default()).collect()
}

fn decode<P: Payload<M>, M>(record: &RawRecord) -> Result<P, DecodeError> {
    let data = record.payload()?;
    if data.starts_with(AGGREGATED) {
        return Err(record.decode_error(
            "the Kinesis Producer Library aggregated several records into this one, which is not supported (help: set \
             AggregationEnabled=false in the producer)",
        ));
    }
    with_record(P::decode(&data), record)
}

/// A parameter that is only the data.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Kinesis, M> for P {
    fn from_record(record: &RawRecord) -> Result<P, DecodeError> {
        decode(record)
    }
}

/// Marks a parameter that is a [`Record`].
#[derive(Debug)]
pub struct ViaKinesisRecord<M>(PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Kinesis, ViaKinesisRecord<M>> for Record<P> {
    fn from_record(record: &RawRecord) -> Result<Record<P>, DecodeError> {
        let data = decode(record)?;
        let spans = record.spans()?;
        Ok(Record {
            id: record.id(),
            data,
            partition_key: record.text(spans.key).unwrap_or_default().into_owned(),
            arrived_at: epoch_seconds(record.event.json(spans.time)),
            source_arn: record.text(spans.arn).unwrap_or_default().into_owned(),
        })
    }
}

/// A parameter that passes a decode error to the handler.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Kinesis, ViaResult<ViaKinesisRecord<M>>> for Result<Record<P>, DecodeError> {
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        Ok(Record::from_record(record).map_err(|error| error.with_record(record)))
    }
}

/// A Kinesis record: its data and metadata.
///
/// See [the event](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record<T> {
    /// The sequence number.
    pub id: RecordId,
    /// The decoded data.
    pub data: T,
    /// The key by which the producer distributes records to shards; empty if the event does not have it.
    pub partition_key: String,
    /// Approximate time at which the record arrived in the stream.
    pub arrived_at: Option<SystemTime>,
    /// The ARN of the stream; empty if the event does not have it.
    pub source_arn: String,
}

impl<T> Identified for Record<T> {
    fn record_id(&self) -> Option<&RecordId> {
        Some(&self.id)
    }
}
