//! One Kafka record.

use crate::EventError;
use crate::events::source::{START, since_epoch};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// A record in detail, for [`KafkaEvent::record`](super::KafkaEvent::record). What is not said is as Lambda would have
/// it; without a value, it is a tombstone.
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
/// // Bytes are Java's.
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
    }
}

/// The record that [`kafka_record`] begins.
#[derive(Clone, Debug)]
#[must_use]
pub struct KafkaRecord {
    value: Result<Option<Vec<u8>>, EventError>,
    key: Option<Vec<u8>>,
    offset: Option<u64>,
    timestamp: Option<SystemTime>,
    timestamp_type: String,
    headers: Vec<(String, Vec<u8>)>,
}

impl KafkaRecord {
    /// The value, as JSON.
    pub fn json(mut self, value: &impl Serialize) -> KafkaRecord {
        let error = |error| EventError::new(format!("a record's value cannot be written as JSON: {error}"));
        self.value = serde_json::to_vec(value).map(Some).map_err(error);
        self
    }

    /// The value, as text.
    pub fn text(self, value: impl Into<String>) -> KafkaRecord {
        self.bytes(value.into())
    }

    /// The value, before Lambda writes it in base64.
    pub fn bytes(mut self, value: impl Into<Vec<u8>>) -> KafkaRecord {
        self.value = Ok(Some(value.into()));
        self
    }

    /// Its key; unless set, it has none.
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> KafkaRecord {
        self.key = Some(key.into());
        self
    }

    /// Its place in the partition; unless set, 100 for the first of an event, and so on.
    pub fn offset(mut self, offset: u64) -> KafkaRecord {
        self.offset = Some(offset);
        self
    }

    /// When it was made, to the millisecond; at the beginning of 2026 unless set.
    pub fn timestamp(mut self, time: SystemTime) -> KafkaRecord {
        self.timestamp = Some(time);
        self
    }

    /// The `timestampType`; `CREATE_TIME` unless set.
    pub fn timestamp_type(mut self, name: impl Into<String>) -> KafkaRecord {
        self.timestamp_type = name.into();
        self
    }

    /// One header more.
    pub fn header(mut self, name: impl Into<String>, value: impl AsRef<[u8]>) -> KafkaRecord {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    pub(super) fn wire<'a>(&'a self, place: &Place<'a>) -> Result<Wire<'a>, EventError> {
        let value = self.value.as_ref().map_err(EventError::clone)?;
        let sent = START + Duration::from_millis(place.number as u64 - 1);
        let signed = |bytes: &[u8]| bytes.iter().map(|byte| *byte as i8).collect();
        Ok(Wire {
            topic: place.topic,
            partition: place.partition,
            offset: self.offset.unwrap_or(100 + place.at as u64),
            timestamp: self.timestamp.map_or(sent, since_epoch).as_millis() as u64,
            timestamp_type: &self.timestamp_type,
            key: self.key.as_ref().map(|key| STANDARD.encode(key)),
            value: value.as_ref().map(|value| STANDARD.encode(value)),
            headers: self.headers.iter().map(|(name, value)| BTreeMap::from([(&**name, signed(value))])).collect(),
        })
    }
}

/// Where a record stands: in the event, and in its partition.
pub(super) struct Place<'a> {
    pub(super) number: usize,
    pub(super) at: usize,
    pub(super) topic: &'a str,
    pub(super) partition: u32,
}

/// A record as it stands in the event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire<'a> {
    topic: &'a str,
    partition: u32,
    offset: u64,
    timestamp: u64,
    timestamp_type: &'a str,
    key: Option<String>,
    value: Option<String>,
    headers: Vec<BTreeMap<&'a str, Vec<i8>>>,
}
