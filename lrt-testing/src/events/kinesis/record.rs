//! Kinesis records.

use crate::EventError;
use crate::events::ItemChange;
use crate::events::source::{START, since_epoch};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::time::{Duration, SystemTime};

/// Starts a record, for [`KinesisEvent::record`](super::KinesisEvent::record). Everything that is not set has the form that
/// Kinesis sends.
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::kinesis()
///     .record(events::kinesis_record().text("7").sequence_number("42").partition_key("sensor-7"))
///     .build();
/// let record = &event["Records"][0];
/// assert_eq!(record["kinesis"]["data"], "Nw==");
/// assert_eq!(record["kinesis"]["partitionKey"], "sensor-7");
/// assert_eq!(record["eventID"], "shardId-000000000000:42");
/// ```
pub fn kinesis_record() -> KinesisRecord {
    KinesisRecord {
        data: Ok(Vec::new()),
        partition_key: None,
        sequence_number: None,
        arrived_at: None,
        encryption_type: None,
        event_id: None,
        invoke_identity_arn: None,
    }
}

/// Builder of a record, created by [`kinesis_record`].
#[derive(Clone, Debug)]
#[must_use]
pub struct KinesisRecord {
    data: Result<Vec<u8>, EventError>,
    partition_key: Option<String>,
    sequence_number: Option<String>,
    arrived_at: Option<SystemTime>,
    encryption_type: Option<String>,
    event_id: Option<String>,
    invoke_identity_arn: Option<String>,
}

impl KinesisRecord {
    /// Sets the data, as JSON.
    pub fn json(mut self, data: &impl Serialize) -> KinesisRecord {
        let error = |error| EventError::new(format!("cannot serialize the record's data as JSON: {error}"));
        self.data = serde_json::to_vec(data).map_err(error);
        self
    }

    /// Sets the data to this text.
    pub fn text(self, data: impl Into<String>) -> KinesisRecord {
        self.bytes(data.into())
    }

    /// Sets the data to these bytes, which the event contains as base64.
    pub fn bytes(mut self, data: impl Into<Vec<u8>>) -> KinesisRecord {
        self.data = Ok(data.into());
        self
    }

    /// Sets the data to the change of an item, in the form in which DynamoDB writes it to a Kinesis stream
    /// ([its form](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html)).
    ///
    /// ```
    /// use lrt::dynamodb::Change;
    /// use lrt::testing::events;
    /// use serde_json::json;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Product { price: u32 }
    ///
    /// async fn watch(change: Change<Product>) -> Result<(), lrt::Error> {
    ///     assert_eq!(change.table_name().as_deref(), Some("products"));
    ///     assert!(matches!(change, Change::Insert { new: Product { price: 5 }, .. }));
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let change = events::insert(&json!({"id": "a", "price": 5}));
    /// let event = events::kinesis().record(events::kinesis_record().change("products", &change));
    /// assert!(lrt::kinesis(watch).harness().invoke(event).await.batch_failures().is_empty());
    /// # }
    /// ```
    pub fn change(mut self, table: impl AsRef<str>, change: &ItemChange) -> KinesisRecord {
        self.data = change.to_kinesis_json(table.as_ref()).map(|change| change.to_string().into_bytes());
        self
    }

    /// Sets the data to several records, as pairs of partition key and data, in the form in which the Kinesis Producer Library
    /// aggregates them ([the
    /// format](https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md)).
    ///
    /// ```
    /// use lrt::testing::events;
    ///
    /// async fn ingest(n: u32) -> Result<(), String> {
    ///     if n == 2 { Err("no two".to_owned()) } else { Ok(()) }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let event = events::kinesis()
    ///     .json(&1)
    ///     .record(events::kinesis_record().aggregated([("a", "1"), ("b", "2")]).sequence_number("42"));
    /// let outcome = lrt::kinesis(ingest).harness().invoke(event).await;
    /// assert_eq!(outcome.batch_failures(), ["42"]);
    /// assert!(outcome.logs()[0].contains("record 42:1 failed: Error: no two"));
    /// # }
    /// ```
    pub fn aggregated<K: Into<String>, D: Into<Vec<u8>>>(
        self,
        records: impl IntoIterator<Item = (K, D)>,
    ) -> KinesisRecord {
        let (mut keys, mut parts) = (Vec::new(), Vec::new());
        for (index, (key, data)) in records.into_iter().enumerate() {
            let mut part = vec![1 << 3];
            write_varint(&mut part, index as u64);
            write_field(&mut part, 3, &data.into());
            write_field(&mut keys, 1, key.into().as_bytes());
            write_field(&mut parts, 3, &part);
        }
        let message = [keys, parts].concat();
        let digest = md5::compute(&message);
        self.bytes([b"\xF3\x89\x9A\xC2", &*message, &*digest].concat())
    }

    /// Sets the partition key.
    pub fn partition_key(mut self, key: impl Into<String>) -> KinesisRecord {
        self.partition_key = Some(key.into());
        self
    }

    /// Sets the sequence number, which identifies the record. The default is `49…1` for the first record of an event,
    /// and increases by one for each record that follows.
    pub fn sequence_number(mut self, number: impl Into<String>) -> KinesisRecord {
        self.sequence_number = Some(number.into());
        self
    }

    /// Sets the arrival time, to the millisecond. The default is the beginning of 2026.
    pub fn arrived_at(mut self, time: SystemTime) -> KinesisRecord {
        self.arrived_at = Some(time);
        self
    }

    /// Sets the `encryptionType`: `KMS` in encrypted streams.
    pub fn encryption_type(mut self, name: impl Into<String>) -> KinesisRecord {
        self.encryption_type = Some(name.into());
        self
    }

    /// Sets the `eventID`. The default consists of the shard and the sequence number.
    pub fn event_id(mut self, id: impl Into<String>) -> KinesisRecord {
        self.event_id = Some(id.into());
        self
    }

    /// Sets the ARN of the function's role.
    pub fn invoke_identity_arn(mut self, arn: impl Into<String>) -> KinesisRecord {
        self.invoke_identity_arn = Some(arn.into());
        self
    }

    /// Sets the partition key, unless the record has one.
    pub(super) fn or_partition_key(mut self, key: Option<&str>) -> KinesisRecord {
        self.partition_key = self.partition_key.or_else(|| key.map(str::to_owned));
        self
    }

    pub(super) fn to_json<'a>(&'a self, position: &KinesisPosition<'a>) -> Result<KinesisRecordJson<'a>, EventError> {
        let KinesisPosition { number, account, region, arn, shard_id } = *position;
        // As long as the sequence numbers of Kinesis.
        let sequence_number = self.sequence_number.clone().unwrap_or_else(|| format!("49{number:054}"));
        let arrived_at = self.arrived_at.map_or_else(|| START + Duration::from_millis(number as u64 - 1), since_epoch);
        Ok(KinesisRecordJson {
            event_id: self.event_id.clone().unwrap_or_else(|| format!("{shard_id}:{sequence_number}")),
            kinesis: KinesisDataJson {
                kinesis_schema_version: "1.0",
                partition_key: self.partition_key.as_deref().unwrap_or("key-1"),
                sequence_number,
                data: STANDARD.encode(self.data.as_ref().map_err(EventError::clone)?),
                approximate_arrival_timestamp: arrived_at.as_millis() as f64 / 1000.0,
                encryption_type: self.encryption_type.as_deref(),
            },
            event_source: "aws:kinesis",
            event_version: "1.0",
            event_name: "aws:kinesis:record",
            invoke_identity_arn: match &self.invoke_identity_arn {
                Some(arn) => arn.clone(),
                None => format!("arn:aws:iam::{account}:role/lambda-role"),
            },
            aws_region: region,
            arn,
        })
    }
}

/// The position of a record in its event, and its stream.
pub(super) struct KinesisPosition<'a> {
    pub(super) number: usize,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) arn: &'a str,
    pub(super) shard_id: &'a str,
}

/// The JSON form of a record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KinesisRecordJson<'a> {
    kinesis: KinesisDataJson<'a>,
    event_source: &'static str,
    event_version: &'static str,
    #[serde(rename = "eventID")]
    event_id: String,
    event_name: &'static str,
    invoke_identity_arn: String,
    aws_region: &'a str,
    #[serde(rename = "eventSourceARN")]
    arn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KinesisDataJson<'a> {
    kinesis_schema_version: &'static str,
    partition_key: &'a str,
    sequence_number: String,
    data: String,
    approximate_arrival_timestamp: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_type: Option<&'a str>,
}

/// Writes a Protobuf field of bytes.
fn write_field(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push(number << 3 | 2);
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Writes a number in Protobuf's variable-length encoding.
fn write_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
