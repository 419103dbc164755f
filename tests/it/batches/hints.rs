//! Help for parameter types that do not fit the payload.

use crate::batches::support::sqs;
use lrt::batch::DecodeError;
use lrt::dynamodb::Change;
use lrt::payload::{EventBridge, Raw, Sns, Text};
use lrt::sqs::Message;
use lrt::testing::events;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Order {
    id: u32,
}

/// A type for entire events, like those of aws_lambda_events.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct SqsEvent {
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct KafkaEvent {
    records: Vec<Value>,
}

/// The log line of a message that does not decode as `$T`.
macro_rules! line {
    ($T:ty, $body:expr) => {{
        async fn process(_: $T) -> Result<(), lrt::Error> {
            Ok(())
        }
        let outcome = lrt::sqs(process).harness().invoke(sqs("q", &[&$body])).await;
        let [line] = outcome.logs() else { panic!("{:?}", outcome.logs()) };
        line.clone()
    }};
}

const TEXT: &str = "(help: for payloads that are not JSON, take `lrt::payload::Text`)";
const SNS: &str = "(help: the payload is an SNS notification: take `lrt::payload::Sns<T>`)";
const EVENTBRIDGE: &str = "(help: the payload is an EventBridge event: take `lrt::payload::EventBridge<T>`)";
const NO_ENVELOPE: &str = "(help: messages with raw delivery have no envelope: take `T` instead of `Sns<T>`)";
const ONE_RECORD: &str = "(help: the function is called for each record: take the type of a record's payload, or `Batch<…>` for all records)";

#[tokio::test]
async fn payload_of_another_kind_names_the_type_to_take() {
    let notification = events::sns().json(&json!({"id": 7})).build()["Records"][0]["Sns"].to_string();
    let event = events::eventbridge().source("shop").detail_type("Paid").detail(&json!({"id": 7})).build().to_string();
    let nested = json!({"Type": "Notification", "TopicArn": "arn", "Message": event}).to_string();
    let order = r#"{"id":"seven"}"#;
    for (line, help) in [
        (line!(String, "hello"), TEXT),
        (line!(Order, "hello"), TEXT),
        (line!(Message<Order>, "{\"id\":"), TEXT),
        (line!(Order, notification), SNS),
        (line!(Message<Order>, notification), SNS),
        (line!(EventBridge<Order>, notification), SNS),
        (line!(Order, event), EVENTBRIDGE),
        (line!(Sns<Order>, event), EVENTBRIDGE),
        (line!(Sns<Order>, nested), EVENTBRIDGE),
        (line!(Sns<Order>, order), NO_ENVELOPE),
        (line!(Sns<Order>, "hello"), NO_ENVELOPE),
        (line!(SqsEvent, "{}"), ONE_RECORD),
        (line!(Message<SqsEvent>, order), ONE_RECORD),
        (line!(KafkaEvent, order), ONE_RECORD),
    ] {
        assert!(line.contains(help), "{line}\nlacks\n{help}");
    }
}

#[tokio::test]
async fn payload_with_a_wrong_value_has_no_help() {
    for line in [line!(Order, r#"{"id":"seven"}"#), line!(Order, "{}"), line!(u8, "256"), line!(String, "7")] {
        assert!(!line.contains("help"), "{line}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_text_name_raw_and_gzip_names_its_type() {
    async fn ingest(_: Order) -> Result<(), lrt::Error> {
        Ok(())
    }
    for (bytes, name) in [(&b"\xff\xfe"[..], "`lrt::payload::Raw`"), (b"\x1f\x8b\x08", "`lrt::payload::Gzip<T>`")] {
        let outcome = lrt::kinesis(ingest).harness().invoke(events::kinesis().bytes(bytes)).await;
        assert!(outcome.logs()[0].contains("(help: ") && outcome.logs()[0].contains(name));
    }
    async fn raw(_: Raw) -> Result<(), lrt::Error> {
        Ok(())
    }
    assert!(lrt::kinesis(raw).harness().invoke(events::kinesis().bytes(b"\xff")).await.logs().is_empty());
    async fn text(_: Text) -> Result<(), lrt::Error> {
        Ok(())
    }
    assert!(lrt::sqs(text).harness().invoke(sqs("q", &["hello"])).await.logs().is_empty());
}

#[tokio::test]
async fn item_type_for_a_stream_record_names_change() {
    async fn index(_: Order) -> Result<(), lrt::Error> {
        Ok(())
    }
    let outcome = lrt::dynamodb(index).harness().invoke(events::dynamodb().insert(&json!({"id": 7}))).await;
    assert!(outcome.logs()[0].contains("(help: to decode the item, take `Change<T>`)"), "{:?}", outcome.logs());
    async fn change(_: Change<Order>) -> Result<(), lrt::Error> {
        Ok(())
    }
    assert!(
        lrt::dynamodb(change).harness().invoke(events::dynamodb().insert(&json!({"id": 7}))).await.logs().is_empty()
    );
}

#[tokio::test]
async fn test_event_of_s3_says_how_to_acknowledge_it() {
    const TEST: &str = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
    let line = line!(SqsEvent, TEST);
    assert!(line.contains("take `lrt::payload::S3`, which accepts it"), "{line}");
    async fn attempt(_: Result<SqsEvent, DecodeError>) -> Result<(), lrt::Error> {
        Ok(())
    }
    assert!(lrt::sqs(attempt).harness().invoke(sqs("q", &[TEST])).await.batch_failures().is_empty());
}
