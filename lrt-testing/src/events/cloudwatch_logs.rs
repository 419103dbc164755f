//! Events of subscription filters of CloudWatch Logs.

use super::source::{START, value, write};
use crate::{EventError, IntoEvent};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::Write;

/// Starts log events that a subscription filter sends.
///
/// As an event, it has the form with which CloudWatch Logs invokes a function ([the
/// event](https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html)). [`to_gzip`](CloudWatchLogsEvent::to_gzip) is
/// the data that the filter sends to a Kinesis stream.
///
/// ```
/// use lrt::payload::CloudWatchLogs;
/// use lrt::testing::events;
///
/// async fn ingest(logs: CloudWatchLogs) -> Result<(), lrt::Error> {
///     assert_eq!((&*logs.log_group, &*logs.log_events[0].message), ("/aws/lambda/orders", "hello"));
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let logs = events::cloudwatch_logs().log_group("/aws/lambda/orders").message("hello");
/// let event = events::kinesis().bytes(logs.to_gzip());
/// assert!(lrt::kinesis(ingest).harness().invoke(event).await.batch_failures().is_empty());
/// # }
/// ```
pub fn cloudwatch_logs() -> CloudWatchLogsEvent {
    CloudWatchLogsEvent {
        logs: Logs {
            message_type: "DATA_MESSAGE".to_owned(),
            owner: "123456789012".to_owned(),
            log_group: "log-group".to_owned(),
            log_stream: "log-stream".to_owned(),
            subscription_filters: vec!["filter".to_owned()],
            log_events: Vec::new(),
        },
    }
}

/// Builder of log events, created by [`cloudwatch_logs`].
#[derive(Clone, Debug)]
#[must_use]
pub struct CloudWatchLogsEvent {
    logs: Logs,
}

impl CloudWatchLogsEvent {
    /// Adds a log event with this text.
    pub fn message(self, message: impl Into<String>) -> CloudWatchLogsEvent {
        self.add(message.into(), None)
    }

    /// Adds a log event with this text and the fields that the filter's pattern extracted from it: an object of strings.
    pub fn message_with_fields(self, message: impl Into<String>, fields: Value) -> CloudWatchLogsEvent {
        self.add(message.into(), Some(fields))
    }

    /// Sets the log group.
    pub fn log_group(mut self, name: impl Into<String>) -> CloudWatchLogsEvent {
        self.logs.log_group = name.into();
        self
    }

    /// Sets the log stream.
    pub fn log_stream(mut self, name: impl Into<String>) -> CloudWatchLogsEvent {
        self.logs.log_stream = name.into();
        self
    }

    /// Sets the account of the log group. The default is `123456789012`.
    pub fn owner(mut self, account: impl Into<String>) -> CloudWatchLogsEvent {
        self.logs.owner = account.into();
        self
    }

    /// Sets the name of the subscription filter.
    pub fn filter(mut self, name: impl Into<String>) -> CloudWatchLogsEvent {
        self.logs.subscription_filters = vec![name.into()];
        self
    }

    /// Sets the type of the message: `CONTROL_MESSAGE` for the message with which CloudWatch Logs tests a destination.
    pub fn message_type(mut self, name: impl Into<String>) -> CloudWatchLogsEvent {
        self.logs.message_type = name.into();
        self
    }

    /// Returns the event as JSON.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }

    /// Returns the log events as compressed JSON: the data of a record in a Kinesis stream.
    pub fn to_gzip(&self) -> Vec<u8> {
        let json = serde_json::to_vec(&self.logs).expect("strings, numbers and JSON can be written");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&json).expect("a `Vec` accepts any bytes");
        gzip.finish().expect("a `Vec` accepts any bytes")
    }

    fn add(mut self, message: String, extracted_fields: Option<Value>) -> CloudWatchLogsEvent {
        let number = self.logs.log_events.len();
        self.logs.log_events.push(LogEvent {
            // As long as the ids of CloudWatch Logs.
            id: format!("39{number:054}"),
            timestamp: START.as_millis() as u64 + number as u64,
            message,
            extracted_fields,
        });
        self
    }
}

impl IntoEvent for CloudWatchLogsEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        write(&json!({"awslogs": {"data": STANDARD.encode(self.to_gzip())}})).map(Bytes::from)
    }
}

/// The JSON form of the log events.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Logs {
    message_type: String,
    owner: String,
    log_group: String,
    log_stream: String,
    subscription_filters: Vec<String>,
    log_events: Vec<LogEvent>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogEvent {
    id: String,
    timestamp: u64,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    extracted_fields: Option<Value>,
}
