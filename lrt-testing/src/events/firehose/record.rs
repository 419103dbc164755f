//! Records of Firehose streams.

use crate::EventError;
use crate::events::source::{START, since_epoch};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::time::{Duration, SystemTime};

/// Starts a record, for [`FirehoseEvent::record`](super::FirehoseEvent::record).
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::firehose().record(events::firehose_record().text("7").partition_key("sensor-7")).build();
/// let record = &event["records"][0];
/// assert_eq!(record["data"], "Nw==");
/// assert_eq!(record["kinesisRecordMetadata"]["partitionKey"], "sensor-7");
/// ```
pub fn firehose_record() -> FirehoseRecord {
    FirehoseRecord { data: Ok(Vec::new()), record_id: None, arrived_at: None, partition_key: None }
}

/// Builder of a record, created by [`firehose_record`].
#[derive(Clone, Debug)]
#[must_use]
pub struct FirehoseRecord {
    data: Result<Vec<u8>, EventError>,
    record_id: Option<String>,
    arrived_at: Option<SystemTime>,
    partition_key: Option<String>,
}

impl FirehoseRecord {
    /// Sets the data, as JSON.
    pub fn json(mut self, data: &impl Serialize) -> FirehoseRecord {
        let error = |error| EventError::new(format!("cannot serialize the record's data as JSON: {error}"));
        self.data = serde_json::to_vec(data).map_err(error);
        self
    }

    /// Sets the data to this text.
    pub fn text(self, data: impl Into<String>) -> FirehoseRecord {
        self.bytes(data.into())
    }

    /// Sets the data to these bytes, which the event contains as base64.
    pub fn bytes(mut self, data: impl Into<Vec<u8>>) -> FirehoseRecord {
        self.data = Ok(data.into());
        self
    }

    /// Sets the record id. The default is `49…1` for the first record of an event, and increases by one for each record that
    /// follows.
    pub fn record_id(mut self, id: impl Into<String>) -> FirehoseRecord {
        self.record_id = Some(id.into());
        self
    }

    /// Sets the arrival time, to the millisecond. The default is the beginning of 2026.
    pub fn arrived_at(mut self, time: SystemTime) -> FirehoseRecord {
        self.arrived_at = Some(time);
        self
    }

    /// Sets the partition key in the metadata of a Kinesis data stream, for Firehose streams that read one.
    pub fn partition_key(mut self, key: impl Into<String>) -> FirehoseRecord {
        self.partition_key = Some(key.into());
        self
    }

    pub(super) fn to_json(&self, number: usize) -> Result<FirehoseRecordJson<'_>, EventError> {
        let arrived_at = self.arrived_at.map_or_else(|| START + Duration::from_millis(number as u64 - 1), since_epoch);
        let arrived_at = arrived_at.as_millis() as u64;
        // As long as the identifiers of Firehose.
        let record_id = self.record_id.clone().unwrap_or_else(|| format!("49{number:054}"));
        let metadata = self.partition_key.as_deref().map(|partition_key| KinesisMetadataJson {
            shard_id: "shardId-000000000000",
            partition_key,
            approximate_arrival_timestamp: arrived_at,
            sequence_number: format!("49{number:054}"),
            subsequence_number: "",
        });
        Ok(FirehoseRecordJson {
            record_id,
            approximate_arrival_timestamp: arrived_at,
            data: STANDARD.encode(self.data.as_ref().map_err(EventError::clone)?),
            kinesis_record_metadata: metadata,
        })
    }
}

/// The JSON form of a record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FirehoseRecordJson<'a> {
    record_id: String,
    approximate_arrival_timestamp: u64,
    data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinesis_record_metadata: Option<KinesisMetadataJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KinesisMetadataJson<'a> {
    shard_id: &'static str,
    partition_key: &'a str,
    approximate_arrival_timestamp: u64,
    sequence_number: String,
    subsequence_number: &'static str,
}
