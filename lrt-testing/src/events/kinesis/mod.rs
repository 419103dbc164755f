//! Records of a Kinesis data stream.

mod record;

pub use record::{KinesisRecord, kinesis_record};

use super::source::{Source, value, write};
use super::window::{self, Window};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use record::Place;
use serde::Serialize;
use serde_json::Value;

/// Records of a Kinesis data stream, as Lambda hands them to a function
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
/// // A stream is told where to begin again.
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

/// The event that [`kinesis`] begins.
#[derive(Clone, Debug)]
#[must_use]
pub struct KinesisEvent {
    source: Source,
    stream: String,
    shard_id: String,
    partition_key: Option<String>,
    records: Vec<Entry>,
    window: Option<Window>,
}

#[derive(Clone, Debug)]
enum Entry {
    Record(KinesisRecord),
    Raw(Value),
}

impl KinesisEvent {
    /// A record whose data is this value as JSON.
    pub fn json(self, data: &impl Serialize) -> KinesisEvent {
        self.record(kinesis_record().json(data))
    }

    /// A record whose data is this text, be it JSON or not.
    pub fn text(self, data: impl Into<String>) -> KinesisEvent {
        self.record(kinesis_record().text(data))
    }

    /// A record with these bytes.
    pub fn bytes(self, data: impl Into<Vec<u8>>) -> KinesisEvent {
        self.record(kinesis_record().bytes(data))
    }

    /// A record in detail: [`kinesis_record`].
    pub fn record(mut self, record: KinesisRecord) -> KinesisEvent {
        self.records.push(Entry::Record(record.or_partition_key(self.partition_key.as_deref())));
        self
    }

    /// A record that is written as it is, for those that Kinesis would never send.
    pub fn raw(mut self, record: Value) -> KinesisEvent {
        self.records.push(Entry::Raw(record));
        self
    }

    /// The partition key of all records that follow; `key-1` unless set.
    pub fn partition_key(mut self, key: impl Into<String>) -> KinesisEvent {
        self.partition_key = Some(key.into());
        self
    }

    /// The stream's name.
    pub fn stream(mut self, name: impl Into<String>) -> KinesisEvent {
        self.stream = name.into();
        self
    }

    /// The stream's region; `us-east-1` unless set.
    pub fn region(mut self, region: impl Into<String>) -> KinesisEvent {
        self.source.set_region(region.into());
        self
    }

    /// The account of the stream; `123456789012` unless set.
    pub fn account(mut self, account: impl Into<String>) -> KinesisEvent {
        self.source.set_account(account.into());
        self
    }

    /// The stream's ARN, in place of what stream, region and account make.
    pub fn arn(mut self, arn: impl Into<String>) -> KinesisEvent {
        self.source.set_arn(arn.into());
        self
    }

    /// The shard that all records are of; `shardId-000000000000` unless set.
    pub fn shard_id(mut self, id: impl Into<String>) -> KinesisEvent {
        self.shard_id = id.into();
        self
    }

    /// The state of a tumbling window, which makes this an event of one
    /// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html)).
    pub fn window(self, state: &impl Serialize) -> KinesisEvent {
        let error = |error| EventError::new(format!("a window's state cannot be written as JSON: {error}"));
        self.in_window(|window| window.state = serde_json::to_value(state).map_err(error))
    }

    /// When the window begins and ends, in RFC 3339; the first five minutes of 2026 unless set.
    pub fn window_times(self, start: impl Into<String>, end: impl Into<String>) -> KinesisEvent {
        self.in_window(|window| window.times = [start.into(), end.into()])
    }

    /// Whether this is the window's last event, which has no records in Lambda.
    pub fn final_invoke_for_window(self, is_final: bool) -> KinesisEvent {
        self.in_window(|window| window.is_final = is_final)
    }

    /// Whether the window was ended before its time, since its state is too large.
    pub fn window_terminated_early(self, early: bool) -> KinesisEvent {
        self.in_window(|window| window.terminated_early = early)
    }

    fn in_window(mut self, change: impl FnOnce(&mut Window)) -> KinesisEvent {
        change(self.window.get_or_insert_default());
        self
    }

    /// The event as JSON.
    ///
    /// # Panics
    ///
    /// When data cannot be written as JSON.
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
            let place = Place {
                number: at + 1,
                account: self.source.account(),
                region: self.source.region(),
                arn: &arn,
                shard_id: &self.shard_id,
            };
            records.push(match entry {
                Entry::Record(record) => Record::Record(Box::new(record.wire(&place)?)),
                Entry::Raw(record) => Record::Raw(record),
            });
        }
        let window = self.window.as_ref().map(|window| window.wire(&arn)).transpose()?;
        write(&Wire { records, window }).map(Bytes::from)
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    #[serde(rename = "Records")]
    records: Vec<Record<'a>>,
    #[serde(flatten)]
    window: Option<window::Wire<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Record<'a> {
    Record(Box<record::Wire<'a>>),
    Raw(&'a Value),
}
