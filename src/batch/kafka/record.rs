//! A record with its metadata.

use super::{Kafka, partition_number, split_id};
use crate::batch::args::FromRecord;
use crate::batch::event::{JsonSpan, RawRecord, RecordId, epoch_millis};
use crate::batch::full_batch::Identified;
use crate::batch::payload::{DecodeError, Payload, ViaResult, base64, has_error};
use lrt_core::__private::json::{JsonCursor, decode_string, find_field, find_text};
use std::borrow::Cow;
use std::marker::PhantomData;
use std::time::SystemTime;

/// A Kafka record: its value and metadata.
///
/// See [the event](https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html#msk-sample-event).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record<T> {
    /// The record's partition and offset: `orders-0:100`.
    pub id: RecordId,
    /// The topic.
    pub topic: String,
    /// The number of the partition in the topic.
    pub partition: i32,
    /// The position in the partition.
    pub offset: i64,
    /// The key, if the record has one.
    pub key: Option<Vec<u8>>,
    /// The headers in their order, as pairs of name and value. Names may be repeated.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Time at which the record was created or appended to the topic, depending on the topic's configuration.
    pub timestamp: Option<SystemTime>,
    /// The decoded value; for a tombstone, `None` if this is an `Option`.
    pub value: T,
}

impl<T> Record<T> {
    /// Returns the schema of the key, if the event source mapping has [a schema
    /// registry](https://docs.aws.amazon.com/lambda/latest/dg/services-consume-kafka-events.html) for it.
    pub fn key_schema(&self) -> Option<Schema> {
        self.schema("keySchemaMetadata")
    }

    /// Returns the schema of the value, if the event source mapping has [a schema
    /// registry](https://docs.aws.amazon.com/lambda/latest/dg/services-consume-kafka-events.html) for it.
    ///
    /// ```
    /// use lrt::kafka::Record;
    /// use lrt::testing::events;
    ///
    /// async fn index(record: Record<u64>) -> Result<(), lrt::Error> {
    ///     let schema = record.value_schema().ok_or_else(|| lrt::Error::msg("no schema"))?;
    ///     assert_eq!((&*schema.format, &*schema.id), ("AVRO", "1234"));
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let event = events::kafka().record(events::kafka_record().json(&7).value_schema("AVRO", "1234"));
    /// assert!(lrt::kafka(index).harness().invoke(event).await.batch_failures().is_empty());
    /// # }
    /// ```
    pub fn value_schema(&self) -> Option<Schema> {
        self.schema("valueSchemaMetadata")
    }

    /// Returns the ARN of the cluster; `None` for a self-managed cluster.
    pub fn cluster_arn(&self) -> Option<String> {
        let record = self.id.record();
        match &record.event.cluster_arn {
            Some(arn) => Some(arn.to_string()),
            // In an event of EventBridge Pipes, it is in each record.
            None => find_text(record.json(), "eventSourceArn").map(Cow::into_owned),
        }
    }

    fn schema(&self, name: &str) -> Option<Schema> {
        let json = find_field(self.id.record().json(), name)?;
        Some(Schema {
            format: find_text(json, "dataFormat").unwrap_or_default().into_owned(),
            // Glue's identifiers are UUIDs, Confluent's are numbers.
            id: find_field(json, "schemaId").map(|id| decode_string(id).unwrap_or(id.into()))?.into_owned(),
        })
    }
}

/// The schema with which a key or a value was encoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Schema {
    /// The format that the producer used: `AVRO`, `JSON` or `PROTOBUF`.
    pub format: String,
    /// The identifier in the schema registry.
    pub id: String,
}

impl<T> Identified for Record<T> {
    fn record_id(&self) -> Option<&RecordId> {
        Some(&self.id)
    }
}

/// Marks a parameter that is a [`Record`].
#[derive(Debug)]
pub struct ViaKafkaRecord<M>(PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Kafka, ViaKafkaRecord<M>> for Record<P> {
    fn from_record(record: &RawRecord) -> Result<Record<P>, DecodeError> {
        let value = <P as FromRecord<Kafka, M>>::from_record(record).map_err(|error| error.with_record(record))?;
        let spans = record.spans()?;
        let id = record.id();
        let (name, offset) = split_id(id.as_str());
        // A topic's name may contain dashes as well.
        let (topic, partition) = name.rsplit_once('-').unwrap_or((name, ""));
        let number =
            partition_number(record.event.json(spans.attributes)).and_then(|number| i32::try_from(number).ok());
        Ok(Record {
            topic: record.text(spans.arn).map_or_else(|| topic.to_owned(), |topic| topic.into_owned()),
            partition: number.or_else(|| partition.parse().ok()).unwrap_or(0),
            offset: offset.parse().unwrap_or(0),
            key: key(record, spans.key)?,
            headers: headers(record, spans.message_attributes)?,
            timestamp: epoch_millis(record.event.json(spans.time)),
            value,
            id,
        })
    }

    fn has_decode_error(self) -> bool {
        has_error(self.value)
    }
}

/// A parameter that passes a decode error to the handler.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Kafka, ViaResult<ViaKafkaRecord<M>>> for Result<Record<P>, DecodeError> {
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        Ok(Record::from_record(record).map_err(|error| error.with_record(record)))
    }

    fn has_decode_error(self) -> bool {
        self.map_or(true, Record::has_decode_error)
    }
}

fn key(record: &RawRecord, key: JsonSpan) -> Result<Option<Vec<u8>>, DecodeError> {
    match record.event.json(key) {
        "" => Ok(None),
        _ => base64(record, key, "key").map(Some),
    }
}

fn headers(record: &RawRecord, headers: JsonSpan) -> Result<Vec<(String, Vec<u8>)>, DecodeError> {
    match record.event.json(headers) {
        "" => Ok(Vec::new()),
        json => read_headers(json)
            .map_err(|error| record.decode_error(format_args!("invalid Kafka record: malformed `headers`: {error}"))),
    }
}

/// Reads `[{"name": [104, -1]}]`.
fn read_headers(json: &str) -> serde_json::Result<Vec<(String, Vec<u8>)>> {
    let mut reader = JsonCursor::new(json);
    let mut headers = Vec::new();
    let mut objects = reader.open(b'[', &"an array of headers")?;
    while reader.next(&mut objects)? {
        let mut fields = reader.open(b'{', &"a header")?;
        while let Some(name) = reader.next_name(&mut fields)? {
            headers.push((name.into_owned(), read_bytes(&mut reader)?));
        }
    }
    Ok(headers)
}

/// Reads an array of bytes. A header with the value `null` has no bytes.
fn read_bytes(reader: &mut JsonCursor<'_>) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if reader.peek() == Some(b'n') {
        reader.skip()?;
        return Ok(bytes);
    }
    let mut rest = reader.open(b'[', &"an array of bytes")?;
    while reader.next(&mut rest)? {
        let json = reader.skip()?;
        bytes.push(byte(json).ok_or_else(|| serde::de::Error::custom("a header's value is not an array of bytes"))?);
    }
    Ok(bytes)
}

/// Parses a byte, which is signed if a Java producer wrote it.
fn byte(json: &str) -> Option<u8> {
    let number: i16 = json.parse().ok()?;
    u8::try_from(number).ok().or_else(|| i8::try_from(number).ok().map(|signed| signed as u8))
}
