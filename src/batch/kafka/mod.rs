//! Kafka (Amazon MSK or self-managed): each record is a value with a key, in the order of its partition.
//!
//! See [Using Lambda with Amazon MSK](https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html) and
//! [with self-managed Kafka](https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html).

mod record;

pub use record::{Record, Schema, ViaKafkaRecord};

use super::args::FromRecord;
use super::event::{
    BatchEvent, EventSchema, JsonSpan, KeyContent, RawRecord, RecordEntry, SchemaField, SourceSchema, only_value,
    read_records,
};
use super::handle::{BatchPolicy, SourcePolicy};
use super::kind::{Records, ReportsFailures, Source, records};
use super::options::OnFailure;
use super::payload::{DecodeError, Payload, base64, decode_bytes, has_error, with_record};
use super::response::Reporting;
use super::scheduler::{FailureScope, Groups};
use crate::builder::Builder;
use crate::function::parameters::AsyncFn;
use lrt_core::__private::json::{JsonCursor, decode_string, escape::write_string};
use std::borrow::Cow;

/// The source of a function that handles the records of Kafka topics.
#[derive(Debug)]
pub struct Kafka(());

impl Source for Kafka {
    const NAME: &'static str = "kafka";
}

impl ReportsFailures for Kafka {}

/// Starts the builder of a function that handles the records of Kafka topics, one at a time or as a
/// [`Batch`](crate::batch::Batch).
///
/// The response reports the failed records, for which the event source mapping needs `ReportBatchItemFailures`
/// ([partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html)).
///
/// The function takes the record's value (any `Deserialize`, [`Text`](crate::payload::Text) or
/// [`Raw`](crate::payload::Raw)), a [`Record`] with that value, or a `Result<_, DecodeError>` of either; also a
/// [`Context`](crate::Context), and `&T`s of the value that [`init`](Builder::init) returns. The value of a tombstone is
/// `None` if the type is an `Option`.
///
/// ```no_run
/// use lrt::kafka::Record;
/// # #[derive(serde::Deserialize)] struct Order;
/// # async fn put(_: Option<Vec<u8>>, _: Order) {} async fn delete(_: Option<Vec<u8>>) {}
///
/// async fn index(record: Record<Option<Order>>) -> Result<(), lrt::Error> {
///     match record.value {
///         Some(order) => put(record.key, order).await,
///         None => delete(record.key).await,
///     }
///     Ok(())
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::kafka(index).concurrency(4).run()
/// }
/// ```
pub fn kafka<F: AsyncFn<A>, A>(function: F) -> Builder<Records<Kafka>, F, A> {
    records(function)
}

impl SourceSchema for Kafka {
    const SCHEMA: &'static EventSchema = &EventSchema {
        service: "aws:kafka",
        other_names: &["SelfManagedKafka", "aws:SelfManagedKafka"],
        records: "records",
        read: read_partitions,
        id: "offset",
        id_type: "a non-negative integer",
        identify,
        write_id,
        fields: &[
            SchemaField::At("topic", |spans| &mut spans.arn),
            SchemaField::At("partition", |spans| &mut spans.attributes),
            SchemaField::At("offset", |spans| &mut spans.id),
            SchemaField::At("timestamp", |spans| &mut spans.time),
            SchemaField::At("key", |spans| &mut spans.key),
            SchemaField::At("value", |spans| &mut spans.payload),
            SchemaField::At("headers", |spans| &mut spans.message_attributes),
            // Only events of EventBridge Pipes contain it here.
            SchemaField::At("eventSource", |spans| &mut spans.source),
        ],
        bytes: |record| base64(record, record.spans()?.payload, "value").map(Cow::Owned),
        key_content: |record| match is_tombstone(record)? {
            true => Ok(KeyContent::Absent),
            false => record.payload().map(KeyContent::Payload),
        },
        ..EventSchema::LIST
    };
}

/// Reads `{"orders-0": […], "orders-1": […]}`.
fn read_partitions(reader: &mut JsonCursor<'_>, schema: &EventSchema) -> Result<Vec<RecordEntry>, serde_json::Error> {
    let mut all = Vec::new();
    let mut rest = reader.open(b'{', &"an object of partitions")?;
    while reader.next(&mut rest)? {
        let mut ahead = *reader;
        let name = ahead.skip()?;
        let partition = JsonSpan::before(&ahead, name);
        reader.name()?;
        let records = read_records(reader, schema)?;
        all.extend(records.into_iter().map(|record| RecordEntry { id_json: partition, ..record }));
    }
    Ok(all)
}

/// Identifies a record by its partition, as the event names it, and its offset: `orders-0:100`.
fn identify(_: &EventSchema, event: &str, entry: &mut RecordEntry) -> Option<Box<str>> {
    let record = entry.json.of(event);
    let offset = match &entry.spans {
        Ok(spans) => spans.id.of(event),
        Err(_) => only_value(record, "offset")?,
    };
    // Kafka's offsets are signed, and Lambda expects them as numbers.
    let offset = offset.parse::<u64>().ok().and_then(|offset| i64::try_from(offset).ok())?;
    let partition = match decode_string(entry.id_json.of(event)) {
        Some(partition) => partition,
        // In a bare array, the partition is only in the record itself.
        None => {
            let (topic, number) =
                (decode_string(only_value(record, "topic")?)?, partition_number(only_value(record, "partition")?)?);
            format!("{topic}-{number}").into()
        }
    };
    Some(format!("{partition}:{offset}").into())
}

/// Parses the number of a partition, which EventBridge Pipes writes as a string
/// ([its event](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-msk.html)).
fn partition_number(json: &str) -> Option<u64> {
    decode_string(json).as_deref().unwrap_or(json).parse().ok()
}

/// Writes the object that reports a record
/// ([the format](https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html)).
fn write_id(out: &mut Vec<u8>, _: &BatchEvent, entry: &RecordEntry) {
    let (partition, offset) = split_id(&entry.id);
    out.extend_from_slice(b"{\"partition\":");
    write_string(out, partition);
    out.extend_from_slice(b",\"offset\":");
    out.extend_from_slice(offset.as_bytes());
    out.push(b'}');
}

/// Splits `topic-0:100` into the partition, as the event names it, and the offset.
fn split_id(id: &str) -> (&str, &str) {
    id.rsplit_once(':').unwrap_or((id, "0"))
}

impl SourcePolicy for Kafka {
    fn policy(event: &BatchEvent, concurrency: Option<usize>, on_failure: Option<OnFailure>) -> BatchPolicy {
        BatchPolicy {
            groups: Groups::Keys(event.entries.iter().map(|entry| split_id(&entry.id).0.into()).collect()),
            concurrency: concurrency.unwrap_or(1),
            failure_scope: match on_failure {
                Some(OnFailure::Continue) => FailureScope::Record,
                Some(OnFailure::Stop) | None => FailureScope::Group,
            },
            reporting: Reporting::EachRecord,
            failure_consequence: "it is delivered again",
        }
    }
}

/// A parameter that is only the value.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Kafka, M> for P {
    fn from_record(record: &RawRecord) -> Result<P, DecodeError> {
        match is_tombstone(record) {
            Ok(true) => with_record(P::absent(), record),
            Ok(false) | Err(_) => decode_bytes(record),
        }
    }

    fn has_decode_error(self) -> bool {
        has_error(self)
    }
}

/// Returns true if a record has no value, unless a layer has given it a payload.
fn is_tombstone(record: &RawRecord) -> Result<bool, DecodeError> {
    Ok(record.event.json(record.spans()?.payload).is_empty() && record.entry().replacement.is_none())
}
