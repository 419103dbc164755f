//! Samples of batches, and of events in an envelope of SNS or EventBridge, from `lrt::testing::events`.

use super::Sample;
use super::body::Body;
use super::triggers::photo;
use lrt_testing::IntoEvent;
use lrt_testing::events::{self, insert, kafka_record, kinesis_record, message};
use serde_json::json;

/// Returns an event of this kind with the body or an example. `None` for kinds without records, unless the function's
/// parameters contain an envelope. `parameters` is the type name of the parameters. `fifo` selects a FIFO queue.
pub(super) fn sample(kind: &str, parameters: &str, body: Option<&Body>, fifo: bool) -> Option<Result<Sample, String>> {
    let in_sns = parameters.contains("::sns::Sns<");
    let in_eventbridge = parameters.contains("::eventbridge::EventBridge<");
    if kind == "json" && !in_sns && !in_eventbridge {
        return None;
    }
    let in_s3 = parameters.contains("::s3::payload::S3");
    // An envelope contains a single example.
    let value = if in_s3 { photo("cats/red cat.jpg").build() } else { json!({"name": "Ada"}) };
    let example = Body { text: value.to_string(), value };
    let body = body.or((in_sns || in_eventbridge || in_s3).then_some(&example));
    let body = body.map(|Body { text, value }| {
        let event = in_eventbridge.then(|| events::eventbridge().detail(value));
        (event.and_then(|event| serde_json::to_string(&event).ok()).unwrap_or_else(|| text.clone()), value.clone())
    });
    // SNS sends the notification to a queue, and an event that contains it to a function.
    let queued = body.clone().map(|(text, _)| match in_sns {
        true => serde_json::to_string(&events::sns().text(&*text)).unwrap_or(text),
        false => text,
    });
    let in_window = parameters.contains("::window::Window<");
    let in_change = parameters.contains("::change::Change<");
    let kinesis = |event: events::KinesisEvent| match in_window {
        true => event.window(&json!({})).into_event(),
        false => event.into_event(),
    };
    let dynamodb = |event: events::DynamoDbEvent| match in_window {
        true => event.window(&json!({})).into_event(),
        false => event.into_event(),
    };
    let (event, note) = match (kind, queued, body) {
        ("sqs", Some(text), _) if fifo => {
            (in_group().message(first().text(text)).into_event(), "a message of a FIFO queue")
        }
        ("sqs", None, _) if fifo => (
            orders(in_group()).into_event(),
            "two messages of a group of a FIFO queue: replace `body` with content that the function accepts",
        ),
        ("sqs", Some(text), _) => (events::sqs().message(first().text(text)).into_event(), "a message"),
        ("sqs", None, _) => {
            (orders(events::sqs()).into_event(), "two messages: replace `body` with content that the function accepts")
        }
        ("kinesis", _, Some((_, value))) if in_change => {
            let change = kinesis_record().change("table", &insert(&value));
            (kinesis(events::kinesis().record(change)), "a new item")
        }
        ("kinesis", None, _) if in_change => {
            let change = kinesis_record().change("prices", &insert(&json!({"id": 1, "item": "tea", "price": 3.5})));
            let note = "a change: replace `data` with one that the function accepts, in base64";
            (kinesis(events::kinesis().record(change)), note)
        }
        ("kinesis", Some(text), _) => (kinesis(events::kinesis().text(text)), "a record"),
        ("kinesis", None, _) => {
            (kinesis(readings()), "two records: replace `data` with content that the function accepts, in base64")
        }
        ("kafka", Some(text), _) => (events::kafka().text(text).into_event(), "a record"),
        ("kafka", None, _) => {
            (topic().into_event(), "two records: replace `value` with content that the function accepts, in base64")
        }
        ("dynamodb", _, Some((_, value))) => (dynamodb(events::dynamodb().insert(&value)), "a new item"),
        ("dynamodb", ..) => {
            (dynamodb(prices()), "two changes: replace the images with items that the function accepts")
        }
        ("json", _, Some((text, _))) if in_sns => (events::sns().text(text).into_event(), "a notification of a topic"),
        ("json", _, Some((text, _))) => (text.into_event(), "an event of a bus"),
        _ => return None,
    };
    Some(event.map(|event| Sample::new(&event, note)).map_err(|error| error.to_string()))
}

fn first() -> events::SqsMessage {
    message().id("8a4c2f1e-6d0b-4b57-9e3a-2f5d7c1b9e60").receipt_handle("AQEBkq0wJ2b1rT8hVx5sYd3m")
}

/// Starts an event of a FIFO queue.
fn in_group() -> events::SqsEvent {
    events::sqs_fifo().group("customer-7")
}

/// Adds two messages to an event.
pub(super) fn orders(event: events::SqsEvent) -> events::SqsEvent {
    let second = message().id("c19b7e54-3f82-4a06-b1d5-70e8a6f42d9c").receipt_handle("AQEBz7Lc4nQe0uFi9pWk6gXo");
    event
        .message(first().text(r#"{"id":1,"item":"tea","quantity":2}"#))
        .message(second.text(r#"{"id":2,"item":"cup","quantity":1}"#))
}

pub(super) fn prices() -> events::DynamoDbEvent {
    let tea = |price: f64| json!({"id": "tea", "name": "Green tea", "price": price});
    events::dynamodb().insert(&tea(3.5)).modify(&tea(3.5), &tea(3.25))
}

pub(super) fn readings() -> events::KinesisEvent {
    let reading = |celsius: f64| json!({"sensor": "kitchen", "celsius": celsius});
    events::kinesis().partition_key("kitchen").json(&reading(21.5)).json(&reading(22.0))
}

pub(super) fn topic() -> events::KafkaEvent {
    let order = |id: u32, item: &str| kafka_record().json(&json!({"id": id, "item": item})).key("customer-7");
    events::kafka().topic("orders").record(order(1, "tea").header("source", "shop")).record(order(2, "cup"))
}
