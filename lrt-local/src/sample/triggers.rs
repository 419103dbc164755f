//! Samples of events of S3, EventBridge and Firehose.

use super::Sample;
use super::body::Body;
use lrt_core::Deployment;
use lrt_testing::IntoEvent;
use lrt_testing::events::{self, EventBridgeEvent};
use serde_json::{Value, json};

/// Returns an event of this kind with the body or an example, or `None` for other kinds.
pub(super) fn sample(kind: &str, deployment: Deployment<'_>, body: Option<&Body>) -> Option<Result<Sample, String>> {
    let (event, note) = match (kind, body) {
        ("s3", Some(Body { value: Value::String(key), .. })) => (photo(key).into_event(), "a new object"),
        ("s3", Some(_)) => {
            return Some(Err("the --body of an S3 event is the key of an object, as a JSON string".to_owned()));
        }
        ("s3", None) => (photo("cats/red cat.jpg").into_event(), "a new object"),
        ("firehose", Some(body)) => (events::firehose().text(&*body.text).into_event(), "a record"),
        ("firehose", None) => {
            let reading = |celsius: f64| json!({"sensor": "kitchen", "celsius": celsius});
            let event = events::firehose().json(&reading(21.5)).json(&reading(22.0));
            (event.into_event(), "two records: replace `data` with content that the function accepts, in base64")
        }
        ("eventbridge", Some(body)) => (of_bus(deployment).detail(&body.value).into_event(), "an event of a bus"),
        ("eventbridge", None) if deployment.pattern.is_none() && deployment.schedule.is_some() => {
            (events::scheduled().into_event(), "an event of the schedule")
        }
        ("eventbridge", None) if has_s3(deployment) => (
            of_bus(deployment).detail(&created("cats/red cat.jpg")).into_event(),
            "a new object, as EventBridge sends it",
        ),
        ("eventbridge", None) => {
            (of_bus(deployment).detail(&json!({"name": "Ada"})).into_event(), "an event of a bus: replace `detail`")
        }
        _ => return None,
    };
    Some(event.map(|event| Sample::new(&event, note)).map_err(|error| error.to_string()))
}

/// Returns true if the function takes a `payload::S3`.
pub(super) fn has_s3(deployment: Deployment<'_>) -> bool {
    deployment.parameters.contains("::s3::payload::S3")
}

/// Returns the notification about a new object.
pub(super) fn photo(key: &str) -> events::S3Event {
    events::s3().bucket("photos").created(key)
}

/// Returns the detail of an EventBridge event about a new object.
fn created(key: &str) -> Value {
    json!({
        "version": "0",
        "bucket": {"name": "photos"},
        "object": {"key": key, "size": 1024, "etag": "d41d8cd98f00b204e9800998ecf8427e", "sequencer": "000000000000000001"},
        "request-id": "EXAMPLE",
        "requester": "123456789012",
        "source-ip-address": "127.0.0.1",
        "reason": "PutObject",
    })
}

/// Returns an event with the first `source` and `detail-type` of the function's pattern.
fn of_bus(deployment: Deployment<'_>) -> EventBridgeEvent {
    let pattern: Value = deployment.pattern.and_then(|pattern| serde_json::from_str(pattern).ok()).unwrap_or_default();
    let first = |field: &str| pattern[field][0].as_str();
    let [source, detail_type] = if has_s3(deployment) { ["aws.s3", "Object Created"] } else { ["example", "Example"] };
    let source = first("source").unwrap_or(source);
    events::eventbridge().source(source).detail_type(first("detail-type").unwrap_or(detail_type))
}
