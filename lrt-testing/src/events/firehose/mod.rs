//! Events of Firehose streams.

mod record;

pub use record::{FirehoseRecord, firehose_record};

use super::source::{Source, value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use record::FirehoseRecordJson;
use serde::Serialize;
use serde_json::Value;

/// Starts an event with records of a Firehose stream
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesisfirehose.html)).
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::firehose().stream("clicks").text("hello").build();
/// assert_eq!(event["deliveryStreamArn"], "arn:aws:firehose:us-east-1:123456789012:deliverystream/clicks");
/// assert_eq!(event["records"][0]["data"], "aGVsbG8=");
/// ```
pub fn firehose() -> FirehoseEvent {
    FirehoseEvent { source: Source::of("firehose"), stream: "stream".to_owned(), records: Vec::new() }
}

/// Builder of a Firehose event, created by [`firehose`].
#[derive(Clone, Debug)]
#[must_use]
pub struct FirehoseEvent {
    source: Source,
    stream: String,
    records: Vec<FirehoseEntry>,
}

#[derive(Clone, Debug)]
enum FirehoseEntry {
    Record(FirehoseRecord),
    Raw(Value),
}

impl FirehoseEvent {
    /// Adds a record with this value as JSON.
    pub fn json(self, data: &impl Serialize) -> FirehoseEvent {
        self.record(firehose_record().json(data))
    }

    /// Adds a record with this text, which may be invalid JSON.
    pub fn text(self, data: impl Into<String>) -> FirehoseEvent {
        self.record(firehose_record().text(data))
    }

    /// Adds a record with these bytes.
    pub fn bytes(self, data: impl Into<Vec<u8>>) -> FirehoseEvent {
        self.record(firehose_record().bytes(data))
    }

    /// Adds a record built with [`firehose_record`].
    pub fn record(mut self, record: FirehoseRecord) -> FirehoseEvent {
        self.records.push(FirehoseEntry::Record(record));
        self
    }

    /// Adds raw JSON as a record, for records that Firehose would never send.
    pub fn raw(mut self, record: Value) -> FirehoseEvent {
        self.records.push(FirehoseEntry::Raw(record));
        self
    }

    /// Sets the stream's name. The default is `stream`.
    pub fn stream(mut self, name: impl Into<String>) -> FirehoseEvent {
        self.stream = name.into();
        self
    }

    /// Sets the stream's region. The default is `us-east-1`.
    pub fn region(mut self, region: impl Into<String>) -> FirehoseEvent {
        self.source.set_region(region.into());
        self
    }

    /// Sets the stream's account. The default is `123456789012`.
    pub fn account(mut self, account: impl Into<String>) -> FirehoseEvent {
        self.source.set_account(account.into());
        self
    }

    /// Sets the stream's ARN, which replaces stream, region and account.
    pub fn arn(mut self, arn: impl Into<String>) -> FirehoseEvent {
        self.source.set_arn(arn.into());
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

impl IntoEvent for FirehoseEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        let records = self.records.iter().enumerate().map(|(at, entry)| {
            Ok(match entry {
                FirehoseEntry::Record(record) => FirehoseEntryJson::Record(record.to_json(at + 1)?),
                FirehoseEntry::Raw(record) => FirehoseEntryJson::Raw(record),
            })
        });
        let event = FirehoseJson {
            invocation_id: "invocation-1",
            delivery_stream_arn: self.source.arn(&format!("deliverystream/{}", self.stream)),
            region: self.source.region(),
            records: records.collect::<Result<_, EventError>>()?,
        };
        write(&event).map(Bytes::from)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FirehoseJson<'a> {
    invocation_id: &'static str,
    delivery_stream_arn: String,
    region: &'a str,
    records: Vec<FirehoseEntryJson<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum FirehoseEntryJson<'a> {
    Record(FirehoseRecordJson<'a>),
    Raw(&'a Value),
}
