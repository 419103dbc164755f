//! Events of Kinesis data streams.

mod record;

pub use record::{KinesisRecord, kinesis_record};

use super::source::{Source, value, write};
use super::window::{Window, WindowJson};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use record::{KinesisPosition, KinesisRecordJson};
use serde::Serialize;
use serde_json::Value;

/// Starts an event with records of a Kinesis data stream
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html)).
///
/// ```
/// use lrt::testing::events;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Reading { celsius: f64 }
///
/// async fn ingest(reading: Reading) -> Result<(), String> {
///     if reading.celsius > 60.0 { Err("on fire".to_owned()) } else { Ok(()) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let event = events::kinesis()
///     .json(&Reading { celsius: 21.5 })
///     .record(events::kinesis_record().json(&Reading { celsius: 80.0 }).sequence_number("42"));
/// let outcome = lrt::kinesis(ingest).harness().invoke(event).await;
/// // The stream is read again from the first failed record.
/// assert_eq!(outcome.batch_failures(), ["42"]);
/// # }
/// ```
pub fn kinesis() -> KinesisEvent {
    KinesisEvent {
        source: Source::of("kinesis"),
        stream: "stream".to_owned(),
        shard_id: "shardId-000000000000".to_owned(),
        partition_key: None,
        records: Vec::new(),
        window: None,
    }
}

/// Builder of a Kinesis event, created by [`kinesis`].
#[derive(Clone, Debug)]
#[must_use]
pub struct KinesisEvent {
    source: Source,
    stream: String,
    shard_id: String,
    partition_key: Option<String>,
    records: Vec<KinesisEntry>,
    window: Option<Window>,
}

#[derive(Clone, Debug)]
enum KinesisEntry {
    Record(KinesisRecord),
    Raw(Value),
}

impl KinesisEvent {
    /// Adds a record with this value as JSON.
    pub fn json(self, data: &impl Serialize) -> KinesisEvent {
        self.record(kinesis_record().json(data))
    }

    /// Adds a record with this text, which may be invalid JSON.
    pub fn text(self, data: impl Into<String>) -> KinesisEvent {
        self.record(kinesis_record().text(data))
    }

    /// Adds a record with these bytes.
    pub fn bytes(self, data: impl Into<Vec<u8>>) -> KinesisEvent {
        self.record(kinesis_record().bytes(data))
    }

    /// Adds a record built with [`kinesis_record`].
    pub fn record(mut self, record: KinesisRecord) -> KinesisEvent {
        self.records.push(KinesisEntry::Record(record.or_partition_key(self.partition_key.as_deref())));
        self
    }

    /// Adds raw JSON as a record, for records that Kinesis would never send.
    pub fn raw(mut self, record: Value) -> KinesisEvent {
        self.records.push(KinesisEntry::Raw(record));
        self
    }

    /// Sets the partition key of all following records. The default is `key-1`.
    pub fn partition_key(mut self, key: impl Into<String>) -> KinesisEvent {
        self.partition_key = Some(key.into());
        self
    }

    /// Sets the stream's name.
    pub fn stream(mut self, name: impl Into<String>) -> KinesisEvent {
        self.stream = name.into();
        self
    }

    /// Sets the stream's region. The default is `us-east-1`.
    pub fn region(mut self, region: impl Into<String>) -> KinesisEvent {
        self.source.set_region(region.into());
        self
    }

    /// Sets the stream's account. The default is `123456789012`.
    pub fn account(mut self, account: impl Into<String>) -> KinesisEvent {
        self.source.set_account(account.into());
        self
    }

    /// Sets the stream's ARN, which replaces stream, region and account.
    pub fn arn(mut self, arn: impl Into<String>) -> KinesisEvent {
        self.source.set_arn(arn.into());
        self
    }

    /// Sets the shard of all records. The default is `shardId-000000000000`.
    pub fn shard_id(mut self, id: impl Into<String>) -> KinesisEvent {
        self.shard_id = id.into();
        self
    }

    /// Sets the state of a tumbling window, which turns this into a window event
    /// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html)).
    pub fn window(self, state: &impl Serialize) -> KinesisEvent {
        let error = |error| EventError::new(format!("cannot serialize the window's state as JSON: {error}"));
        self.in_window(|window| window.state = serde_json::to_value(state).map_err(error))
    }

    /// Sets start and end of the window, in RFC 3339. The default is the first five minutes of 2026.
    pub fn window_times(self, start: impl Into<String>, end: impl Into<String>) -> KinesisEvent {
        self.in_window(|window| window.times = [start.into(), end.into()])
    }

    /// Sets whether this is the window's final event. Lambda sends it without records.
    pub fn final_invoke_for_window(self, is_final: bool) -> KinesisEvent {
        self.in_window(|window| window.is_final = is_final)
    }

    /// Sets whether the window was ended early because its state exceeded the size limit.
    pub fn window_terminated_early(self, early: bool) -> KinesisEvent {
        self.in_window(|window| window.terminated_early = early)
    }

    fn in_window(mut self, change: impl FnOnce(&mut Window)) -> KinesisEvent {
        change(self.window.get_or_insert_default());
        self
    }

    /// Returns the event as JSON.
    ///
    /// # Panics
    ///
    /// Panics if data cannot be serialized as JSON.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }
}

impl IntoEvent for KinesisEvent {
    fn into_event(mut self) -> Result<Bytes, EventError> {
        let arn = self.source.arn(&format!("stream/{}", self.stream));
        if let Some(window) = &mut self.window {
            window.shard_id.clone_from(&self.shard_id);
        }
        let mut records = Vec::with_capacity(self.records.len());
        for (at, entry) in self.records.iter().enumerate() {
            let position = KinesisPosition {
                number: at + 1,
                account: self.source.account(),
                region: self.source.region(),
                arn: &arn,
                shard_id: &self.shard_id,
            };
            records.push(match entry {
                KinesisEntry::Record(record) => KinesisEntryJson::Record(Box::new(record.to_json(&position)?)),
                KinesisEntry::Raw(record) => KinesisEntryJson::Raw(record),
            });
        }
        let window = self.window.as_ref().map(|window| window.to_json(&arn)).transpose()?;
        write(&KinesisJson { records, window }).map(Bytes::from)
    }
}

#[derive(Serialize)]
struct KinesisJson<'a> {
    #[serde(rename = "Records")]
    records: Vec<KinesisEntryJson<'a>>,
    #[serde(flatten)]
    window: Option<WindowJson<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum KinesisEntryJson<'a> {
    Record(Box<KinesisRecordJson<'a>>),
    Raw(&'a Value),
}
