//! Payloads inside SNS and EventBridge envelopes, in batch functions and JSON functions.

#![cfg(feature = "batch")]
use lrt::batch::DecodeError;
use lrt::payload::{EventBridge, Raw, Sns, Text};
use lrt::prelude::*;
use lrt::testing::{Outcome, events};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Debug;

#[derive(Debug, Serialize, Deserialize)]
struct Order {
    id: u64,
    items: Vec<Item>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Item {
    count: u8,
}

fn order(id: u64) -> Order {
    Order { id, items: vec![Item { count: 1 }] }
}

fn bad() -> Value {
    json!({"id": 7, "items": [{"count": 1}, {"count": "x"}]})
}

fn paid(detail: &impl Serialize) -> events::EventBridgeEvent {
    events::eventbridge().source("shop").detail_type("Paid").detail(detail)
}

fn told<T: Debug>(payload: &T) -> Result<(), String> {
    Err(format!("{payload:?}"))
}

/// Returns the error of a message that is the only one of its batch.
macro_rules! failure {
    ($Payload:ty, $event:expr) => {{
        async fn process(payload: $Payload) -> Result<(), String> {
            told(&payload)
        }
        let outcome = lrt::sqs(process).harness().invoke(events::sqs().json(&$event)).await;
        outcome.error().unwrap().message().to_owned()
    }};
}

#[tokio::test]
async fn sns_envelope_is_decoded() {
    async fn process(order: Sns<Order>) -> Result<(), String> {
        assert_eq!(order.message.id, 7);
        assert_eq!(order.message_id, "n-1");
        assert_eq!(order.topic_arn, "arn:aws:sns:eu-central-1:123456789012:orders");
        assert_eq!(order.subject.as_deref(), Some("new"));
        assert_eq!(order.timestamp, "2026-02-03T04:05:06.007Z");
        assert_eq!(order.sequence_number.as_deref(), Some("10000000000000003000"));
        assert_eq!(order.message_attributes["n"].data_type, "Number");
        assert_eq!(order.message_attributes["n"].value, "5");
        Ok(())
    }
    let notification = events::sns()
        .json(&order(7))
        .id("n-1")
        .topic("orders")
        .region("eu-central-1")
        .subject("new")
        .timestamp("2026-02-03T04:05:06.007Z")
        .sequence_number("10000000000000003000")
        .attribute("n", 5);
    let outcome = lrt::sqs(process).harness().invoke(events::sqs().json(&notification)).await;
    assert!(outcome.batch_failures().is_empty());
}

#[tokio::test]
async fn eventbridge_event_is_decoded() {
    async fn process(event: Message<EventBridge<Order>>) -> Result<(), String> {
        let event = event.body;
        assert_eq!(event.detail.id, 7);
        assert_eq!((&*event.version, &*event.id), ("0", "e-1"));
        assert_eq!((&*event.source, &*event.detail_type), ("shop", "Paid"));
        assert_eq!((&*event.account, &*event.region), ("210987654321", "eu-central-1"));
        assert_eq!(event.time, "2026-02-03T04:05:06Z");
        assert_eq!(event.resources, ["arn:a", "arn:b"]);
        assert_eq!(event.replay_name.as_deref(), Some("again"));
        Ok(())
    }
    let event = paid(&order(7))
        .id("e-1")
        .account("210987654321")
        .region("eu-central-1")
        .time("2026-02-03T04:05:06Z")
        .resource("arn:a")
        .resource("arn:b")
        .replay_name("again");
    let outcome = lrt::sqs(process).harness().invoke(events::sqs().json(&event)).await;
    assert!(outcome.batch_failures().is_empty());
}

#[tokio::test]
async fn envelopes_contain_any_payload() {
    let fail = events::sns().text("a \"b\"");
    assert!(failure!(Sns<Text>, fail).contains(r#"message: Text("a \"b\"")"#));
    assert!(failure!(Sns<Raw>, fail).contains(r#"message: Raw(b"a \"b\"")"#));
    let both = events::sns().json(&paid(&order(7)));
    assert!(failure!(Sns<EventBridge<Order>>, both).contains("detail: Order { id: 7"));
    assert!(failure!(Sns<EventBridge<Text>>, both).contains(r#"detail: Text("{\"id\":7,"#));
    let wrapped = paid(&events::sns().json(&order(7)));
    assert!(failure!(EventBridge<Sns<Order>>, wrapped).contains("message: Order { id: 7"));
}

#[tokio::test]
async fn kinesis_records_contain_envelopes() {
    async fn data(event: EventBridge<Order>) -> Result<(), String> {
        told(&event.detail.id)
    }
    async fn record(record: Record<Sns<EventBridge<Result<Order, DecodeError>>>>) -> Result<(), String> {
        assert_eq!(record.partition_key, "a");
        match record.data.message.detail {
            Ok(_) => Ok(()),
            Err(error) => told(&error),
        }
    }
    async fn batch(batch: Batch<Record<EventBridge<Order>>>) -> Result<BatchFailures, lrt::Error> {
        let mut failures = BatchFailures::new();
        for record in batch.into_iter().flatten().filter(|record| record.data.detail.id == 8) {
            failures.push(&record);
        }
        Ok(failures)
    }
    let said = |outcome: Outcome| outcome.error().unwrap().message().to_owned();

    let event = events::kinesis().json(&paid(&bad()));
    let told = said(lrt::kinesis(data).harness().invoke(event).await);
    assert!(told.contains("expected u8 at detail.items[1].count, line 1 column "), "{told}");

    let kinesis = events::kinesis().partition_key("a");
    let event = kinesis.json(&events::sns().json(&paid(&bad())));
    let id = event.clone().build()["Records"][0]["kinesis"]["sequenceNumber"].as_str().unwrap().to_owned();
    let told = said(lrt::kinesis(record).harness().invoke(event).await);
    assert!(told.contains(&format!("id: Some(\"{id}\"), message: \"Message: ")), "{told}");
    assert!(told.contains("expected u8 at detail.items[1].count"), "{told}");

    let event = events::kinesis().json(&paid(&order(7))).json(&paid(&order(8))).json(&paid(&order(9)));
    let id = event.clone().build()["Records"][1]["kinesis"]["sequenceNumber"].as_str().unwrap().to_owned();
    assert_eq!(lrt::kinesis(batch).harness().invoke(event).await.batch_failures(), [id]);
}

#[tokio::test]
async fn kafka_records_contain_envelopes() {
    async fn value(event: EventBridge<Order>) -> Result<(), Error> {
        assert_eq!(event.detail_type, "Paid");
        Ok(())
    }
    async fn record(record: lrt::kafka::Record<Sns<Order>>) -> Result<(), Error> {
        assert_eq!(record.value.message.id, 7);
        Ok(())
    }
    let event = events::kafka().json(&paid(&order(7))).json(&paid(&bad()));
    assert_eq!(lrt::kafka(value).harness().invoke(event).await.batch_failures(), ["topic-0:101"]);
    let event = events::kafka().json(&events::sns().json(&order(7))).text("tea");
    assert_eq!(lrt::kafka(record).harness().invoke(event).await.batch_failures(), ["topic-0:101"]);
}

#[tokio::test]
async fn tombstone_is_an_optional_envelope_without_value() {
    async fn record(record: lrt::kafka::Record<Option<Sns<Order>>>) -> Result<(), lrt::Error> {
        assert_eq!(record.value.map(|sns| sns.message.id), record.key.is_none().then_some(7));
        Ok(())
    }
    async fn value(event: Option<EventBridge<Result<Order, DecodeError>>>) -> Result<(), lrt::Error> {
        assert!(event.is_none_or(|event| event.detail.is_err_and(|error| error.id().is_some())));
        Ok(())
    }
    async fn whole(event: EventBridge<Order>) -> Result<(), lrt::Error> {
        assert_eq!(event.detail.id, 7);
        Ok(())
    }
    let event = events::kafka().json(&events::sns().json(&order(7))).tombstone("k").text("tea");
    assert_eq!(lrt::kafka(record).harness().invoke(event).await.batch_failures(), ["topic-0:102"]);
    let event = events::kafka().json(&paid(&bad())).tombstone("k").text("tea");
    assert_eq!(lrt::kafka(value).harness().invoke(event).await.batch_failures(), ["topic-0:102"]);
    let outcome = lrt::kafka(whole).harness().invoke(events::kafka().json(&paid(&order(7))).tombstone("k")).await;
    assert_eq!(outcome.batch_failures(), ["topic-0:101"]);
    assert!(outcome.logs()[0].contains("the record is a tombstone"), "{:?}", outcome.logs());
}

#[tokio::test]
async fn decode_error_has_the_path_through_the_envelopes() {
    let count = "invalid type: string, expected u8 at ";
    for (said, expected) in [
        (failure!(Sns<Order>, events::sns().json(&bad())), format!("Message: {count}items[1].count, line 1 column 41")),
        (failure!(EventBridge<Order>, paid(&bad())), format!("{count}detail.items[1].count, line 1 column ")),
        (
            failure!(Sns<EventBridge<Order>>, events::sns().json(&paid(&bad()))),
            format!("Message: {count}detail.items[1].count, line 1 column "),
        ),
        (
            failure!(EventBridge<Sns<Order>>, paid(&events::sns().json(&bad()))),
            format!("detail.Message: {count}items[1].count, line 1 column 41"),
        ),
        // An error that the function takes as a parameter also has a position and a record.
        (
            failure!(Sns<Result<Order, DecodeError>>, events::sns().json(&bad())),
            format!(r#"id: Some("message-1"), message: "Message: {count}items[1].count"#),
        ),
        (failure!(Sns<Order>, events::sns().text("tea")), "Message: the payload is not JSON: ".to_owned()),
        (failure!(Sns<Order>, events::sns()), "Message: the payload is empty".to_owned()),
        (failure!(Sns<Order>, order(7)), "invalid SNS notification: missing field `Message` at ".to_owned()),
        (
            failure!(Sns<Order>, events::sns().message_type("SubscriptionConfirmation")),
            "expected an SNS message of type `Notification`, got `SubscriptionConfirmation`".to_owned(),
        ),
        (
            failure!(EventBridge<Order>, json!({"amount": 7})),
            "invalid EventBridge event: missing field `detail-type` at ".to_owned(),
        ),
        (
            failure!(EventBridge<Order>, json!({"source": "a", "detail-type": "b"})),
            "invalid EventBridge event: missing field `detail` at ".to_owned(),
        ),
    ] {
        assert!(said.contains(&expected), "{said}\nlacks\n{expected}");
    }
}

#[tokio::test]
async fn optional_envelope_fields_may_be_null_or_missing() {
    let envelope = json!({"Message": "m", "Subject": null, "MessageAttributes": null, "Timestamp": null});
    assert!(failure!(Sns<Text>, envelope).contains(r#"topic_arn: "", subject: None, message: Text("m")"#));
    let event = json!({"source": "a", "detail-type": "b", "detail": null, "resources": null});
    assert!(failure!(EventBridge<Option<Order>>, event).contains("detail: None"));
}

#[tokio::test]
async fn json_function_is_the_target_of_a_rule() {
    async fn book(event: EventBridge<Order>) -> Result<String, lrt::Error> {
        Ok(format!("{} {}", event.detail_type, event.detail.id))
    }
    assert_eq!(lrt::json(book).harness().invoke(paid(&order(7))).await.reply::<String>(), "Paid 7");
    let text = "{\"source\":\"a\",\"detail-type\":\"b\",\n \"detail\": {\"id\":\"x\"}}";
    let outcome = lrt::json(book).harness().invoke(text).await;
    let error = outcome.error().unwrap();
    assert_eq!(error.error_type(), "Runtime.UnmarshalError");
    assert_eq!(error.message(), "invalid type: string, expected u64 at detail.id, line 2 column 20");
}

#[tokio::test]
async fn json_function_is_subscribed_to_a_topic() {
    async fn greet(ctx: lrt::Context, name: Sns<Text>) -> Result<String, lrt::Error> {
        assert!(!ctx.request_id().is_empty());
        Ok(format!("hello {}", name.message.0))
    }
    let harness = lrt::json(greet).harness();
    assert_eq!(harness.invoke(events::sns().text("Ada")).await.reply::<String>(), "hello Ada");

    let record = events::sns().text("Ada").build()["Records"][0].clone();
    for (event, expected) in [
        (json!({"Records": [record, record]}), "expected an SNS event with one record, got 2"),
        (json!({"Records": []}), "expected an SNS event with one record, got 0"),
        (
            json!({"Records": [{"EventSource": "aws:sqs"}]}),
            "invalid SNS event: missing field `Sns` at Records[0], line 1",
        ),
        (json!({"Message": "Ada"}), "invalid SNS event: missing field `Records` at line 1"),
        (json!({"Records": [{"Sns": {"Type": "Notification"}}]}), "missing field `Message` at Records[0].Sns, line 1"),
        (
            json!({"Records": [{"Sns": {"Message": 7}}]}),
            "invalid type: integer, expected a string at Records[0].Sns.Message",
        ),
    ] {
        let outcome = harness.invoke(events::json(&event)).await;
        let said = outcome.error().unwrap().message().to_owned();
        assert!(said.contains(expected), "{said}\nlacks\n{expected}");
    }
    let outcome = harness.invoke(b"\xff".as_slice()).await;
    assert!(outcome.error().unwrap().message().starts_with("the payload is not UTF-8: "));
}
