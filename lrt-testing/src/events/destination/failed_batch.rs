//! Batches of a stream that Lambda has discarded.

use super::{ReportedInvocation, RequestJson, ResponseJson};
use crate::events::overrides::{Overrides, WithOverrides};
use crate::events::source::{value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use lrt_core::__private::write_rfc3339;
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::fmt::Display;
use std::time::{Duration, UNIX_EPOCH};

/// Starts the report that Lambda sends to the on-failure destination of an event source mapping when it has discarded this event of
/// a Kinesis or DynamoDB stream ([discarded
/// batches](https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html)).
///
/// The stream, the sequence numbers, the arrival times and the number of records are those of the event. In a queue, the report is the
/// body of a message:
///
/// ```
/// use lrt::payload::FailedBatch;
/// use lrt::testing::events;
///
/// async fn alert(failed: FailedBatch) -> Result<(), lrt::Error> {
///     assert_eq!((failed.batch.batch_size, &*failed.request_context.condition), (2, "RetryAttemptsExhausted"));
///     assert!(failed.batch.stream_arn.ends_with(":stream/readings"));
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let batch = events::kinesis().stream("readings").json(&1).json(&2);
/// let event = events::sqs().json(&events::failed_batch(batch));
/// assert!(lrt::sqs(alert).harness().invoke(event).await.batch_failures().is_empty());
/// # }
/// ```
pub fn failed_batch(event: impl IntoEvent) -> FailedBatchEvent {
    FailedBatchEvent {
        batch: event.into_event().and_then(Batch::read),
        invocation: ReportedInvocation::new("RetryAttemptsExhausted", 1),
        has_payload: false,
        overrides: Overrides::default(),
    }
}

/// Builder of the report of a discarded batch, created by [`failed_batch`].
#[derive(Clone, Debug)]
#[must_use]
pub struct FailedBatchEvent {
    batch: Result<Batch, EventError>,
    invocation: ReportedInvocation,
    has_payload: bool,
    overrides: Overrides,
}

impl FailedBatchEvent {
    /// Sets the reason why the batch was discarded. The default is `RetryAttemptsExhausted`.
    pub fn condition(mut self, condition: impl Into<String>) -> FailedBatchEvent {
        self.invocation.condition = condition.into();
        self
    }

    /// Sets the name of the function that failed. The default is `function`.
    pub fn function(mut self, name: impl Into<String>) -> FailedBatchEvent {
        self.invocation.function = name.into();
        self
    }

    /// Sets the request id of the last attempt. The default is `request-1`.
    pub fn request_id(mut self, id: impl Into<String>) -> FailedBatchEvent {
        self.invocation.request_id = id.into();
        self
    }

    /// Sets the approximate number of attempts. The default is 1.
    pub fn attempts(mut self, attempts: u64) -> FailedBatchEvent {
        self.invocation.attempts = attempts;
        self
    }

    /// Sets the id of the shard. The default is the shard of the Kinesis records; DynamoDB records do not contain it.
    pub fn shard_id(mut self, id: impl Into<String>) -> FailedBatchEvent {
        if let Ok(batch) = &mut self.batch {
            batch.info.shard_id = id.into();
        }
        self
    }

    /// Sets the time of the report. The default is `2026-01-01T00:00:00.000Z`.
    pub fn timestamp(mut self, time: impl Into<String>) -> FailedBatchEvent {
        self.invocation.timestamp = time.into();
        self
    }

    /// Adds the event itself, as in the reports that Lambda writes to a bucket of S3.
    pub fn with_payload(mut self) -> FailedBatchEvent {
        self.has_payload = true;
        self
    }

    /// Sets any member of the report by its [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901), for members without a method and
    /// for values that Lambda would not send. Creates missing objects on the path.
    pub fn set(mut self, pointer: &str, value: impl Into<Value>) -> FailedBatchEvent {
        self.overrides.set(pointer, value.into());
        self
    }

    /// Returns the report as JSON.
    ///
    /// # Panics
    ///
    /// Panics if the event is not one of a Kinesis or DynamoDB stream, or a pointer leads through a value that is not an object.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }

    fn to_json(&self) -> Result<WithOverrides<FailedBatchJson<'_>>, EventError> {
        let batch = self.batch.as_ref().map_err(EventError::clone)?;
        self.overrides.apply(FailedBatchJson {
            request_context: self.invocation.to_json(""),
            response_context: ResponseJson::new(true),
            version: "1.0",
            timestamp: &self.invocation.timestamp,
            kinesis: batch.is_kinesis.then_some(&batch.info),
            dynamodb: (!batch.is_kinesis).then_some(&batch.info),
            payload: self.has_payload.then_some(&batch.event),
        })
    }
}

impl IntoEvent for FailedBatchEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        write(&self.to_json()?).map(Bytes::from)
    }
}

/// Serializes the report as the body of a queue's message.
impl Serialize for FailedBatchEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedBatchJson<'a> {
    request_context: RequestJson<'a>,
    response_context: ResponseJson,
    version: &'static str,
    timestamp: &'a str,
    #[serde(rename = "KinesisBatchInfo", skip_serializing_if = "Option::is_none")]
    kinesis: Option<&'a BatchInfoJson>,
    #[serde(rename = "DDBStreamBatchInfo", skip_serializing_if = "Option::is_none")]
    dynamodb: Option<&'a BatchInfoJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a str>,
}

/// The event that was discarded.
#[derive(Clone, Debug)]
struct Batch {
    event: String,
    is_kinesis: bool,
    info: BatchInfoJson,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchInfoJson {
    shard_id: String,
    start_sequence_number: String,
    end_sequence_number: String,
    approximate_arrival_of_first_record: String,
    approximate_arrival_of_last_record: String,
    batch_size: usize,
    stream_arn: String,
}

impl Batch {
    fn read(event: Bytes) -> Result<Batch, EventError> {
        let error = |error: &dyn Display| {
            EventError::new(format!(
                "cannot report a failed batch: {error} (expected an event of a Kinesis or DynamoDB stream)"
            ))
        };
        let StreamEvent { records } = serde_json::from_slice(&event).map_err(|cause| error(&cause))?;
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Err(error(&"no records")) };
        let is_kinesis = first.kinesis.is_some();
        let (Some(start), Some(end)) = (first.position(), last.position()) else {
            return Err(error(&"a record without `kinesis` or `dynamodb`"));
        };
        // The id of a Kinesis record consists of the shard and the sequence number.
        let shard_id = match first.event_id.split_once(':') {
            Some((shard_id, _)) if is_kinesis => shard_id,
            _ => "shardId-00000000000000000001-00000001",
        };
        let info = BatchInfoJson {
            shard_id: shard_id.to_owned(),
            start_sequence_number: start.sequence_number.clone(),
            end_sequence_number: end.sequence_number.clone(),
            approximate_arrival_of_first_record: rfc3339(start.seconds),
            approximate_arrival_of_last_record: rfc3339(end.seconds),
            batch_size: records.len(),
            stream_arn: first.stream_arn.clone(),
        };
        Ok(Batch { event: String::from_utf8_lossy(&event).into_owned(), is_kinesis, info })
    }
}

#[derive(Deserialize)]
struct StreamEvent {
    #[serde(rename = "Records")]
    records: Vec<StreamRecord>,
}

#[derive(Deserialize)]
struct StreamRecord {
    #[serde(default, rename = "eventID")]
    event_id: String,
    #[serde(default, rename = "eventSourceARN")]
    stream_arn: String,
    kinesis: Option<StreamPosition>,
    dynamodb: Option<StreamPosition>,
}

impl StreamRecord {
    fn position(&self) -> Option<&StreamPosition> {
        self.kinesis.as_ref().or(self.dynamodb.as_ref())
    }
}

#[derive(Deserialize)]
struct StreamPosition {
    #[serde(rename = "sequenceNumber", alias = "SequenceNumber")]
    sequence_number: String,
    /// The time at which the record arrived, in seconds since 1970.
    #[serde(default, rename = "approximateArrivalTimestamp", alias = "ApproximateCreationDateTime")]
    seconds: f64,
}

/// Formats a time in seconds since 1970, rounded to milliseconds.
fn rfc3339(seconds: f64) -> String {
    let since_epoch = Duration::from_millis((seconds * 1000.0).round() as u64);
    let mut text = String::new();
    write_rfc3339(&mut text, UNIX_EPOCH + since_epoch);
    text
}
