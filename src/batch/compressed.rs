//! Payloads that are compressed with gzip, and the log events that CloudWatch Logs compresses.

use super::decode::Decode;
use super::payload::{DecodeError, Payload, json_error};
use crate::function::payload::FromPayload;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;
use lrt_core::ErrorReport;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The maximum size of a decompressed payload. A small payload can decompress to several gigabytes, which would end the process.
const MAX_DECOMPRESSED: usize = 64 * 1024 * 1024;

/// A payload that is compressed with gzip. What it contains is decoded like any other payload: `Gzip<Order>`, `Gzip<Text>`.
///
/// The body of an SQS message is text, so it contains the compressed bytes as base64, which is decoded as well. A payload that
/// decompresses to more than 64 MB does not decode.
///
/// ```
/// use flate2::{Compression, write::GzEncoder};
/// use lrt::payload::Gzip;
/// use lrt::testing::events;
/// use std::io::Write;
///
/// async fn ingest(Gzip(celsius): Gzip<f64>) -> Result<(), lrt::Error> {
///     if celsius < 60.0 { Ok(()) } else { Err(lrt::Error::msg("on fire")) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let mut data = GzEncoder::new(Vec::new(), Compression::default());
/// data.write_all(b"21.5")?;
/// let outcome = lrt::kinesis(ingest).harness().invoke(events::kinesis().bytes(data.finish()?)).await;
/// assert!(outcome.batch_failures().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gzip<P>(pub P);

/// Marks a payload that is compressed. The marker `M` selects the decoding of what it contains.
#[derive(Debug)]
pub struct ViaGzip<M>(PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<ViaGzip<M>> for Gzip<P> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let in_gzip = |error: DecodeError| error.with_context("decompressed payload: ");
        let decoded = P::decode(&gunzip(bytes)?).map_err(in_gzip)?;
        Ok(Gzip(decoded.map_error(&in_gzip)))
    }

    fn map_error(self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        Gzip(self.0.map_error(change))
    }
}

/// A Kafka tombstone is `None`.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<ViaGzip<M>> for Option<Gzip<P>> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Gzip::decode(bytes).map(Some)
    }

    fn absent() -> Result<Self, DecodeError> {
        Ok(None)
    }

    fn map_error(self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self.map(|gzip| gzip.map_error(change))
    }
}

/// Decompresses gzip, or the base64 of gzip.
fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    // The magic number of RFC 1952, and its base64.
    if bytes.starts_with(b"H4sI") {
        let gzip = STANDARD.decode(bytes.trim_ascii_end()).map_err(|error| malformed(&error))?;
        return gunzip(&gzip);
    }
    if !bytes.starts_with(b"\x1f\x8b") {
        return Err(DecodeError::new("the payload is not gzip"));
    }
    let mut decompressed = Vec::new();
    let mut limited = MultiGzDecoder::new(bytes).take(MAX_DECOMPRESSED as u64 + 1);
    limited.read_to_end(&mut decompressed).map_err(|error| malformed(&error))?;
    if decompressed.len() > MAX_DECOMPRESSED {
        return Err(DecodeError::new("the payload decompresses to more than 64 MB"));
    }
    Ok(decompressed)
}

#[cold]
fn malformed(error: &dyn fmt::Display) -> DecodeError {
    DecodeError::new(format_args!("the payload is malformed gzip: {error}"))
}

/// Log events of a subscription filter of CloudWatch Logs.
///
/// In a Kinesis function it is the data of a record. In a JSON function it is the event itself: the function is the target of
/// the filter.
///
/// ```
/// use lrt::payload::CloudWatchLogs;
/// use lrt::testing::events;
///
/// async fn count_errors(logs: CloudWatchLogs) -> Result<usize, lrt::Error> {
///     Ok(logs.log_events.iter().filter(|event| event.message.contains("ERROR")).count())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let event = events::cloudwatch_logs().log_group("/aws/lambda/orders").message("ERROR out of stock").message("INFO done");
/// assert_eq!(lrt::json(count_errors).harness().invoke(event).await.reply::<usize>(), 1);
/// # }
/// ```
///
/// See [subscription filters](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloudWatchLogs {
    /// `DATA_MESSAGE`. A `CONTROL_MESSAGE` has no log events of the group: CloudWatch Logs sends it to test that it can reach the
    /// destination.
    pub message_type: String,
    /// The account of the log group.
    pub owner: String,
    /// The log group.
    pub log_group: String,
    /// The log stream.
    pub log_stream: String,
    /// The names of the subscription filters that matched.
    pub subscription_filters: Vec<String>,
    /// The log events.
    pub log_events: Vec<LogEvent>,
}

/// A log event of CloudWatch Logs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogEvent {
    /// The id of the event.
    pub id: String,
    /// The time of the event.
    pub timestamp: SystemTime,
    /// The text of the event.
    pub message: String,
    /// The fields that the filter's pattern extracted, if it has any.
    pub extracted_fields: BTreeMap<String, String>,
}

/// The JSON form of [`CloudWatchLogs`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CloudWatchLogsWire {
    message_type: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    log_group: String,
    #[serde(default)]
    log_stream: String,
    #[serde(default)]
    subscription_filters: Vec<String>,
    log_events: Vec<LogEventWire>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogEventWire {
    #[serde(default)]
    id: String,
    /// Milliseconds since 1970.
    timestamp: u64,
    message: String,
    #[serde(default)]
    extracted_fields: Option<BTreeMap<String, Option<String>>>,
}

impl Decode for CloudWatchLogs {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let json = gunzip(bytes)?;
        let wire: CloudWatchLogsWire = serde_json::from_slice(&json)
            .map_err(|error| json_error(&json, &error).with_context("invalid CloudWatch Logs data: "))?;
        Ok(wire.into())
    }
}

impl From<CloudWatchLogsWire> for CloudWatchLogs {
    fn from(wire: CloudWatchLogsWire) -> CloudWatchLogs {
        let CloudWatchLogsWire { message_type, owner, log_group, log_stream, subscription_filters, log_events } = wire;
        let log_events = log_events.into_iter().map(LogEvent::from).collect();
        CloudWatchLogs { message_type, owner, log_group, log_stream, subscription_filters, log_events }
    }
}

impl From<LogEventWire> for LogEvent {
    fn from(LogEventWire { id, timestamp, message, extracted_fields }: LogEventWire) -> LogEvent {
        let fields = extracted_fields.unwrap_or_default().into_iter();
        LogEvent {
            id,
            timestamp: UNIX_EPOCH.checked_add(Duration::from_millis(timestamp)).unwrap_or(UNIX_EPOCH),
            message,
            extracted_fields: fields.map(|(name, value)| (name, value.unwrap_or_default())).collect(),
        }
    }
}

/// Marks a parameter of a JSON function that is a [`CloudWatchLogs`].
#[derive(Debug)]
pub struct ViaCloudWatchLogs;

/// The event of a function that is the target of a subscription filter
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html)).
#[diagnostic::do_not_recommend]
impl FromPayload<ViaCloudWatchLogs> for CloudWatchLogs {
    fn from_payload(payload: &[u8]) -> Result<Self, ErrorReport> {
        #[derive(Deserialize)]
        struct Event {
            awslogs: AwsLogs,
        }
        #[derive(Deserialize)]
        struct AwsLogs {
            data: String,
        }
        let event: Event = FromPayload::<()>::from_payload(payload)?;
        <CloudWatchLogs as Decode>::decode(event.awslogs.data.as_bytes())
            .map_err(|error| ErrorReport::unmarshal(format!("awslogs.data: {error}")))
    }
}
