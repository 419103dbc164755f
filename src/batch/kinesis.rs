//! Kinesis data streams: each record is a payload with a partition key, in the order of its shard.
//!
//! See [Using Lambda with Amazon Kinesis](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html).

use super::args::FromRecord;
use super::event::{BatchEvent, EventSchema, RawRecord, RecordId, RecordSpans, SchemaField, SourceSchema};
use super::full_batch::Identified;
use super::json::text;
use super::kind::{BatchPolicy, Records, Source, SourcePolicy, records};
use super::options::OnFailure;
use super::payload::{DecodeError, Payload, ViaResult, base64, of_record};
use super::scheduler::{FailureScope, Groups};
use crate::builder::Builder;
use crate::function::args::AsyncFn;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a record begins with that the Kinesis Producer Library made of several. A protobuf message follows, and its MD5
/// ([the format](https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md)).
const AGGREGATED: &[u8] = &[0xF3, 0x89, 0x9A, 0xC2];

/// The source of a function that handles the records of a Kinesis stream.
#[derive(Debug)]
pub struct Kinesis(());

impl Source for Kinesis {
    const NAME: &'static str = "kinesis";
}

/// Starts the builder of a function that handles the records of a Kinesis data stream, one at a time or a
/// [`Batch`](crate::batch::Batch) at once. The answer is the checkpoint, for which the event source mapping has to have
/// `ReportBatchItemFailures`.
///
/// It takes the record's data (any `Deserialize`, [`Text`](crate::payload::Text) or [`Raw`](crate::payload::Raw)), or a
/// [`Record`] with that data, a `Result<_, DecodeError>` of either, [`Context`](crate::Context), and `&T`s of what
/// [`init`](Builder::init) returns.
///
/// A record that the Kinesis Producer Library aggregated is a [`DecodeError`]: the records in it would have no places of
/// their own to begin again at. Switch aggregation off at the producer (`AggregationEnabled=false`).
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
            SchemaField::Within("kinesis", STREAM_RECORD),
            SchemaField::At("eventSource", |spans| &mut spans.source),
            SchemaField::At("EventSource", |spans| &mut spans.source),
            SchemaField::At("eventSourceARN", |spans| &mut spans.arn),
        ],
        bytes: |record| base64(record, record.spans()?.payload, "data").map(Cow::Owned),
        ..EventSchema::LIST
    };
}

const STREAM_RECORD: &[SchemaField] = &[
    SchemaField::At("partitionKey", |spans| &mut spans.key),
    SchemaField::At("sequenceNumber", |spans| &mut spans.id),
    SchemaField::At("data", |spans| &mut spans.payload),
    SchemaField::At("approximateArrivalTimestamp", |spans| &mut spans.time),
];

impl SourcePolicy for Kinesis {
    fn policy(event: &BatchEvent, concurrency: Option<usize>, on_failure: Option<OnFailure>) -> BatchPolicy {
        let concurrency = concurrency.unwrap_or(1);
        BatchPolicy {
            groups: if concurrency == 1 { Groups::Batch } else { Groups::Keys(partition_keys(event)) },
            concurrency,
            failure_scope: match on_failure {
                Some(OnFailure::Continue) => FailureScope::Record,
                Some(OnFailure::Stop) | None => FailureScope::Tail,
            },
            checkpoint: true,
            failure_consequence: "the shard waits for it",
        }
    }
}

/// The partition key of each record. A record without one keeps its order among its like.
fn partition_keys(event: &BatchEvent) -> Vec<Box<str>> {
    let key = |spans: &RecordSpans| text(event.json(spans.key)).unwrap_or_default().into();
    event.entries.iter().map(|entry| entry.spans.as_ref().map(key).unwrap_or_default()).collect()
}

fn decode<P: Payload<M>, M>(record: &RawRecord) -> Result<P, DecodeError> {
    let data = record.payload()?;
    if data.starts_with(AGGREGATED) {
        return Err(record.decode_error(
            "aggregated by the KPL: this record holds several of the Kinesis Producer Library's, which are not taken \
             apart here; set AggregationEnabled=false at the producer",
        ));
    }
    of_record(P::decode(&data), record)
}

/// The data alone is taken.
impl<P: Payload<M>, M> FromRecord<Kinesis, M> for P {
    fn from_record(record: &RawRecord) -> Result<P, DecodeError> {
        decode(record)
    }
}

/// The record is taken with its envelope.
#[derive(Debug)]
pub struct ViaKinesisRecord<M>(PhantomData<M>);

impl<P: Payload<M>, M> FromRecord<Kinesis, ViaKinesisRecord<M>> for Record<P> {
    fn from_record(record: &RawRecord) -> Result<Record<P>, DecodeError> {
        let data = decode(record)?;
        let spans = record.spans()?;
        let field = |span| text(record.event.json(span)).unwrap_or_default().into_owned();
        Ok(Record {
            id: record.id(),
            data,
            partition_key: field(spans.key),
            arrived_at: arrived_at(record.event.json(spans.time)),
            source_arn: field(spans.arn),
        })
    }
}

/// A record whose data does not decode is for the handler to see.
impl<P: Payload<M>, M> FromRecord<Kinesis, ViaResult<ViaKinesisRecord<M>>> for Result<Record<P>, DecodeError> {
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        Ok(Record::from_record(record).map_err(|error| error.of(record)))
    }
}

/// Seconds since 1970, to the millisecond: more digits would be those of the number's binary form.
fn arrived_at(seconds: &str) -> Option<SystemTime> {
    let seconds: f64 = seconds.parse().ok()?;
    let rounded = Duration::try_from_secs_f64(seconds).ok()?.checked_add(Duration::from_micros(500))?;
    let ms = u64::try_from(rounded.as_millis()).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_millis(ms))
}

/// A Kinesis record with its envelope.
///
/// See [the event](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record<T> {
    /// The record's sequence number.
    pub id: RecordId,
    /// The data, decoded.
    pub data: T,
    /// What the producer distributes records to shards by; empty where Kinesis does not say.
    pub partition_key: String,
    /// When it came into the stream, approximately.
    pub arrived_at: Option<SystemTime>,
    /// The stream's ARN; empty where Kinesis does not say.
    pub source_arn: String,
}

impl<T> Identified for Record<T> {
    fn record_id(&self) -> Option<&RecordId> {
        Some(&self.id)
    }
}
