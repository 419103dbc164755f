//! Events from EventBridge Pipes: bare arrays, for each source.
//!
//! See [Pipes sources](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-source.html), and for the
//! identifiers that it expects in the response,
//! [batching](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html).

use lrt::Error;
use lrt::batch::{DecodeError, OnFailure};
use lrt::dynamodb::Change;
use lrt::kinesis::Record;
use lrt::payload::Text;
use lrt::sqs::Message;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

#[derive(Clone, Debug, Deserialize)]
struct Reading {
    c: u32,
}

async fn check(reading: &Reading) -> Result<(), Error> {
    if reading.c == 0 { Err(Error::msg("too cold")) } else { Ok(()) }
}

/// Returns a record of a source, as Pipes sends it, with the JSON of a reading.
fn record(source: &str, n: usize, c: u32) -> Value {
    use base64::Engine;
    let reading = json!({"c": c}).to_string();
    let base64 = base64::engine::general_purpose::STANDARD.encode(&reading);
    match source {
        "sqs" => json!({
            "messageId": format!("m-{n}"),
            "receiptHandle": "AQEB",
            "body": reading,
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue",
            "awsRegion": "us-east-2",
        }),
        "kinesis" => json!({
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": format!("4959{n}"),
            "data": base64,
            "approximateArrivalTimestamp": 1_545_084_650.987,
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": format!("shardId-000000000006:4959{n}"),
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
            "awsRegion": "us-east-2",
            "eventSourceARN": "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream",
        }),
        "dynamodb" => json!({
            "eventID": format!("event-{n}"),
            "eventVersion": "1.0",
            "dynamodb": {
                "Keys": {"Id": {"N": "101"}},
                "NewImage": {"c": {"N": c.to_string()}},
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                "SequenceNumber": format!("11{n}"),
                "SizeBytes": 26,
            },
            "awsRegion": "us-west-2",
            "eventName": "INSERT",
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:111122223333:table/EventSourceTable",
            "eventSource": "aws:dynamodb",
        }),
        _ => json!({
            "eventSource": source,
            "eventSourceArn": "arn:aws:kafka:sa-east-1:123456789012:cluster/vpc-2priv-2pub/751d2973",
            "eventSourceKey": "my-topic-0",
            "topic": "my-topic",
            "partition": "0",
            "offset": 15 + n,
            "timestamp": 1_545_084_650_987_u64,
            "timestampType": "CREATE_TIME",
            "key": "azE=",
            "value": base64,
            "headers": [{"kind": [111, 107]}],
        }),
    }
}

/// Three readings, of which the second fails.
fn batch(source: &str) -> Value {
    json!([record(source, 0, 21), record(source, 1, 0), record(source, 2, 22)])
}

/// Invokes a function of each source with its parameter's type as `$T`, on records that decode with `$reading`.
macro_rules! for_each_source {
    ($event:expr, $options:ident) => {{
        let mut outcomes = Vec::new();
        macro_rules! invoke {
            ($source:expr, $start:path, $T:ty, $reading:expr) => {{
                let handler = |parameter: $T| async move {
                    let reading: Reading = $reading(parameter);
                    check(&reading).await
                };
                let outcome = $options!($start(handler)).harness().invoke($event($source)).await;
                outcomes.push(($source, outcome));
            }};
        }
        invoke!("sqs", lrt::sqs, Reading, |reading| reading);
        invoke!("sqs", lrt::sqs, Message<Reading>, |message: Message<Reading>| {
            assert!(message.sent_at.is_some() && message.source_arn.ends_with(":my-queue"));
            message.body
        });
        invoke!("kinesis", lrt::kinesis, Reading, |reading| reading);
        invoke!("kinesis", lrt::kinesis, Record<Reading>, |record: Record<Reading>| {
            assert_eq!((&*record.partition_key, record.id.as_str().get(..4)), ("1", Some("4959")));
            assert_eq!(record.arrived_at, Some(UNIX_EPOCH + Duration::from_millis(1_545_084_650_987)));
            assert!(record.source_arn.ends_with("stream/lambda-stream"));
            record.data
        });
        invoke!("kinesis", lrt::kinesis, Result<Record<Reading>, DecodeError>, |record: Result<Record<_>, _>| {
            record.unwrap().data
        });
        invoke!("dynamodb", lrt::dynamodb, Change<Reading>, |change| match change {
            Change::Insert { new, .. } => new,
            other => panic!("{other:?}"),
        });
        for source in ["aws:kafka", "SelfManagedKafka"] {
            invoke!(source, lrt::kafka, Reading, |reading| reading);
            invoke!(source, lrt::kafka, lrt::kafka::Record<Reading>, |record: lrt::kafka::Record<Reading>| {
                assert_eq!((&*record.topic, record.partition), ("my-topic", 0));
                assert_eq!(record.headers, [("kind".to_owned(), b"ok".to_vec())]);
                assert_eq!(record.key.as_deref(), Some(&b"k1"[..]));
                record.value
            });
        }
        outcomes
    }};
}

macro_rules! no_options {
    ($builder:expr) => {
        $builder
    };
}

macro_rules! go_on {
    ($builder:expr) => {
        $builder.on_failure(OnFailure::Continue)
    };
}

#[tokio::test]
async fn records_of_every_source_are_handled() {
    for (source, outcome) in for_each_source!(|source| json!([record(source, 0, 21)]), no_options) {
        assert_eq!(outcome.body(), br#"{"batchItemFailures":[]}"#, "{source}: {:?}", outcome.logs());
    }
}

/// A pipe retries exactly the reported records, so later records that were not started have to be reported as well.
#[tokio::test]
async fn every_unsuccessful_record_is_reported_by_the_identifier_that_pipes_expects() {
    for (source, outcome) in for_each_source!(batch, no_options) {
        let expected: &[&str] = match source {
            "sqs" => &["m-1"],
            "kinesis" => &["shardId-000000000006:49591", "shardId-000000000006:49592"],
            "dynamodb" => &["event-1", "event-2"],
            _ => &["my-topic-0:16", "my-topic-0:17"],
        };
        assert_eq!(outcome.batch_failures(), expected, "{source}");
    }
    for (source, outcome) in for_each_source!(batch, go_on) {
        assert_eq!(outcome.batch_failures().len(), 1, "{source}");
    }
}

#[tokio::test]
async fn malformed_record_fails_alone() {
    async fn text(Text(text): Text) -> Result<(), lrt::Error> {
        assert_eq!(text, r#"{"c":21}"#);
        Ok(())
    }
    let mut event = json!([record("kinesis", 0, 21), record("kinesis", 1, 21), record("kinesis", 2, 21)]);
    event[1]["data"] = json!(7);
    let harness = lrt::kinesis(text).on_failure(OnFailure::Continue).harness();
    assert_eq!(harness.invoke(&event).await.batch_failures(), ["shardId-000000000006:49591"]);
    // Hand-written events may have no event id.
    event[1].as_object_mut().unwrap().remove("eventID");
    assert_eq!(harness.invoke(&event).await.batch_failures(), ["49591"]);
    event[1].as_object_mut().unwrap().remove("sequenceNumber");
    let outcome = harness.invoke(&event).await;
    assert!(outcome.error().unwrap().message().contains("[1] has no unambiguous `kinesis.sequenceNumber`"));
}
