//! Kafka records.

use crate::EventError;
use crate::events::source::{START, since_epoch};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// Starts a record, for [`KafkaEvent::record`](super::KafkaEvent::record). Everything that is not set has the form that Lambda
/// sends. A record without a value is a tombstone.
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::kafka()
///     .topic("orders")
///     .record(events::kafka_record().text("7").offset(42).key("a").header("kind", b"\xff"))
///     .build();
/// let record = &event["records"]["orders-0"][0];
/// assert_eq!((&record["offset"], &record["value"], &record["key"]), (&42.into(), &"Nw==".into(), &"YQ==".into()));
/// // Lambda sends the bytes as signed numbers.
/// assert_eq!(record["headers"][0]["kind"][0], -1);
/// ```
pub fn kafka_record() -> KafkaRecord {
    KafkaRecord {
        value: Ok(None),
        key: None,
        offset: None,
        timestamp: None,
        timestamp_type: "CREATE_TIME".to_owned(),
        headers: Vec::new(),
        key_schema: None,
        value_schema: None,
    }
}

/// Builder of a record, created by [`kafka_record`].
#[derive(Clone, Debug)]
#[must_use]
pub struct KafkaRecord {
    value: Result<Option<Vec<u8>>, EventError>,
    key: Option<Vec<u8>>,
    offset: Option<u64>,
    timestamp: Option<SystemTime>,
    timestamp_type: String,
    headers: Vec<(String, Vec<u8>)>,
    key_schema: Option<SchemaJson>,
    value_schema: Option<SchemaJson>,
}

impl KafkaRecord {
    /// Sets the value, as JSON.
    pub fn json(mut self, value: &impl Serialize) -> KafkaRecord {
        let error = |error| EventError::new(format!("cannot serialize the record's value as JSON: {error}"));
        self.value = serde_json::to_vec(value).map(Some).map_err(error);
        self
    }

    /// Sets the value to this text.
    pub fn text(self, value: impl Into<String>) -> KafkaRecord {
        self.bytes(value.into())
    }

    /// Sets the value to these bytes, which the event contains as base64.
    pub fn bytes(mut self, value: impl Into<Vec<u8>>) -> KafkaRecord {
        self.value = Ok(Some(value.into()));
        self
    }

    /// Sets the key. By default, the record has none.
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> KafkaRecord {
        self.key = Some(key.into());
        self
    }

    /// Sets the offset. The default is 100 for the first record of a partition, and increases by one for each record
    /// that follows.
    pub fn offset(mut self, offset: u64) -> KafkaRecord {
        self.offset = Some(offset);
        self
    }

    /// Sets the timestamp, to the millisecond. The default is the beginning of 2026.
    pub fn timestamp(mut self, time: SystemTime) -> KafkaRecord {
        self.timestamp = Some(time);
        self
    }

    /// Sets the `timestampType`. The default is `CREATE_TIME`.
    pub fn timestamp_type(mut self, name: impl Into<String>) -> KafkaRecord {
        self.timestamp_type = name.into();
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl AsRef<[u8]>) -> KafkaRecord {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// Sets format and id of the key's schema, as the event source mapping adds them if it has a schema registry.
    pub fn key_schema(mut self, format: impl Into<String>, id: impl Into<String>) -> KafkaRecord {
        self.key_schema = Some(SchemaJson { data_format: format.into(), schema_id: id.into() });
        self
    }

    /// Sets format and id of the value's schema, as the event source mapping adds them if it has a schema registry.
    pub fn value_schema(mut self, format: impl Into<String>, id: impl Into<String>) -> KafkaRecord {
        self.value_schema = Some(SchemaJson { data_format: format.into(), schema_id: id.into() });
        self
    }

    pub(super) fn to_json<'a>(&'a self, position: &KafkaPosition<'a>) -> Result<KafkaRecordJson<'a>, EventError> {
        let value = self.value.as_ref().map_err(EventError::clone)?;
        let sent = START + Duration::from_millis(position.number as u64 - 1);
        let signed = |bytes: &[u8]| bytes.iter().map(|byte| *byte as i8).collect();
        Ok(KafkaRecordJson {
            topic: position.topic,
            partition: position.partition,
            offset: self.offset.unwrap_or(100 + position.at as u64),
            timestamp: self.timestamp.map_or(sent, since_epoch).as_millis() as u64,
            timestamp_type: &self.timestamp_type,
            key: self.key.as_ref().map(|key| STANDARD.encode(key)),
            value: value.as_ref().map(|value| STANDARD.encode(value)),
            headers: self.headers.iter().map(|(name, value)| BTreeMap::from([(&**name, signed(value))])).collect(),
            key_schema_metadata: self.key_schema.as_ref(),
            value_schema_metadata: self.value_schema.as_ref(),
        })
    }
}

/// The position of a record in the event (`number`) and in its partition (`at`).
pub(super) struct KafkaPosition<'a> {
    pub(super) number: usize,
    pub(super) at: usize,
    pub(super) topic: &'a str,
    pub(super) partition: u32,
}

/// The JSON form of a record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KafkaRecordJson<'a> {
    topic: &'a str,
    partition: u32,
    offset: u64,
    timestamp: u64,
    timestamp_type: &'a str,
    key: Option<String>,
    value: Option<String>,
    headers: Vec<BTreeMap<&'a str, Vec<i8>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_schema_metadata: Option<&'a SchemaJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_schema_metadata: Option<&'a SchemaJson>,
}

/// The JSON form of a schema
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/services-consume-kafka-events.html)).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SchemaJson {
    data_format: String,
    schema_id: String,
}
