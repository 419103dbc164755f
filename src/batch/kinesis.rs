//! Kinesis data streams: each record is data with a partition key, in the order of its shard.
//!
//! See [Using Lambda with Amazon Kinesis](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html).

use super::aggregate;
use super::args::FromRecord;
use super::dynamodb::{Change, DynamoDb, Image, ViaChange, change, new_image};
use super::event::{
    BatchEvent, EventSchema, KeyContent, RawRecord, RecordEntry, RecordId, SchemaField, SourceSchema, epoch_millis,
    epoch_seconds,
};
use super::full_batch::Identified;
use super::handle::{BatchPolicy, SourcePolicy};
use super::kind::{Records, ReportsFailures, Source, records};
use super::options::OnFailure;
use super::payload::{DecodeError, Payload, ViaResult, base64, decode_bytes, has_error};
use crate::builder::Builder;
use crate::function::parameters::{AsyncFn, Needs};
use bytes::Bytes;
use lrt_core::__private::json::{decode_string, find_field, find_text};
use std::borrow::Cow;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The source of a function that handles the records of a Kinesis stream.
#[derive(Debug)]
pub struct Kinesis(());

impl Source for Kinesis {
    const NAME: &'static str = "kinesis";
}

impl ReportsFailures for Kinesis {}

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
/// A record that the Kinesis Producer Library aggregated from several is split into these, each of which is a call of its own. The
/// checkpoint is always the aggregated record: if one of the records in it fails, all of them are delivered again. A function that
/// takes `Raw`, also within a `Record`, gets the aggregated data.
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
    const SCHEMA: &'static EventSchema = &SCHEMA;

    const CHANGES: &'static EventSchema = &EventSchema {
        key_content: |record| {
            let change = as_change(record)?;
            new_image(&change).map(|item| KeyContent::Item(Cow::Owned(item.to_owned())))
        },
        ..SCHEMA
    };
}

const SCHEMA: EventSchema = EventSchema {
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
    split: Some(aggregate::split),
    ..EventSchema::LIST
};

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
    event.entries.iter().map(|entry| partition_key(event, entry).into()).collect()
}

/// Returns the partition key of a record; empty if the record has none.
fn partition_key<'a>(event: &'a BatchEvent, entry: &'a RecordEntry) -> Cow<'a, str> {
    let own = entry.replacement.as_ref().and_then(|replacement| replacement.partition_key.as_deref());
    match (own, &entry.spans) {
        (Some(own), _) => Cow::Borrowed(own),
        (None, Ok(spans)) => decode_string(event.json(spans.key)).unwrap_or_default(),
        (None, Err(_)) => Cow::Borrowed(""),
    }
}

/// A parameter that is only the data.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Kinesis, M> for P {
    const NEEDS: Needs = Needs { undivided: P::UNDIVIDED, ..Needs::NONE };

    fn from_record(record: &RawRecord) -> Result<P, DecodeError> {
        decode_bytes(record)
    }

    fn has_decode_error(self) -> bool {
        has_error(self)
    }
}

/// Marks a parameter that is a [`Record`].
#[derive(Debug)]
pub struct ViaKinesisRecord<M>(PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Kinesis, ViaKinesisRecord<M>> for Record<P> {
    const NEEDS: Needs = Needs { undivided: P::UNDIVIDED, ..Needs::NONE };

    fn from_record(record: &RawRecord) -> Result<Record<P>, DecodeError> {
        let data = decode_bytes(record)?;
        let spans = record.spans()?;
        Ok(Record {
            id: record.id(),
            data,
            partition_key: partition_key(&record.event, record.entry()).into_owned(),
            arrived_at: epoch_seconds(record.event.json(spans.time)),
            source_arn: record.text(spans.arn).unwrap_or_default().into_owned(),
        })
    }

    fn has_decode_error(self) -> bool {
        has_error(self.data)
    }
}

/// A parameter that passes a decode error to the handler.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Kinesis, ViaResult<ViaKinesisRecord<M>>> for Result<Record<P>, DecodeError> {
    const NEEDS: Needs = Needs { undivided: P::UNDIVIDED, ..Needs::NONE };

    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        Ok(Record::from_record(record).map_err(|error| error.with_record(record)))
    }

    fn has_decode_error(self) -> bool {
        self.map_or(true, Record::has_decode_error)
    }
}

/// A change that DynamoDB wrote to a Kinesis stream: the data of the record is JSON
/// ([its form](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html)).
#[diagnostic::do_not_recommend]
impl<T: Image<M>, M> FromRecord<Kinesis, ViaChange<M>> for Change<T> {
    const NEEDS: Needs = Needs { changes: true, ..Needs::NONE };

    fn from_record(record: &RawRecord) -> Result<Change<T>, DecodeError> {
        let inner = as_change(record)?;
        let created_at = created_at_of_change(&inner)?;
        let source_arn = record.text(record.spans()?.arn).unwrap_or_default().into_owned();
        change(&inner, record.id(), created_at, source_arn)
    }
}

/// A parameter that passes a decode error to the handler.
#[diagnostic::do_not_recommend]
impl<T: Image<M>, M> FromRecord<Kinesis, ViaResult<ViaChange<M>>> for Result<Change<T>, DecodeError> {
    const NEEDS: Needs = Needs { changes: true, ..Needs::NONE };

    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        let change = <Change<T> as FromRecord<Kinesis, ViaChange<M>>>::from_record(record);
        Ok(change.map_err(|error| error.with_record(record)))
    }

    fn has_decode_error(self) -> bool {
        self.is_err()
    }
}

/// Returns the data of a record as a record of a DynamoDB stream.
fn as_change(record: &RawRecord) -> Result<RawRecord, DecodeError> {
    let data = Bytes::from(record.payload()?.into_owned());
    Ok(record.with_record(data, <DynamoDb as SourceSchema>::SCHEMA))
}

/// Returns the creation time of a change, in milliseconds unless the record names another precision.
fn created_at_of_change(record: &RawRecord) -> Result<Option<SystemTime>, DecodeError> {
    let time = record.event.json(record.spans()?.time);
    let stream_record = find_field(record.json(), "dynamodb").unwrap_or_default();
    let precision = find_text(stream_record, "ApproximateCreationDateTimePrecision");
    let from_micros = |micros: &str| UNIX_EPOCH.checked_add(Duration::from_micros(micros.parse().ok()?));
    Ok(if precision.as_deref() == Some("MICROSECOND") { from_micros(time) } else { epoch_millis(time) })
}

/// A Kinesis record: its data and metadata.
///
/// See [the event](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record<T> {
    /// The sequence number, and the position in the aggregated record if the Kinesis Producer Library aggregated it.
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

impl<T> Record<T> {
    /// Returns the id of the shard, if the event has it.
    pub fn shard_id(&self) -> Option<String> {
        let record = self.id.record();
        let event_id = record.text(record.spans().ok()?.event_id)?;
        event_id.split_once(':').map(|(shard, _)| shard.to_owned())
    }
}

impl<T> Identified for Record<T> {
    fn record_id(&self) -> Option<&RecordId> {
        Some(&self.id)
    }
}
