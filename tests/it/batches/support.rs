//! Helpers for the tests of batches.

use lrt::testing::Outcome;
use proptest::test_runner::{Config, RngAlgorithm};
use serde_json::{Value, json};
use std::sync::Once;
use std::task::{Context, Waker};
use std::time::Duration;

/// The beginning of the message of a panic that a test provokes.
pub(crate) const ON_PURPOSE: &str = "on purpose in a batch";

/// Silences panics whose messages start with [`ON_PURPOSE`].
pub(crate) fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let payload = panic.payload();
            let message = payload.downcast_ref::<&str>().copied();
            let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            if !message.is_some_and(|message| message.starts_with(ON_PURPOSE)) {
                previous(panic);
            }
        }));
    });
}

/// The configuration of a property. `PROPTEST_CASES` sets the number of cases; the default is 256.
pub(crate) fn proptest_config() -> Config {
    Config { failure_persistence: None, rng_algorithm: RngAlgorithm::XorShift, ..Config::default() }
}

/// Returns an SQS event: messages `id-0`, `id-1`, … with these bodies, each delivered for the third time. The message group is
/// the first letter of the body.
pub(crate) fn sqs(queue: &str, bodies: &[&str]) -> Value {
    let records = bodies.iter().enumerate().map(|(n, body)| {
        json!({
            "messageId": format!("id-{n}"),
            "body": body,
            "attributes": {"ApproximateReceiveCount": "3", "MessageGroupId": body.get(..1)},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:eu-west-1:123456789012:{queue}"),
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

/// Returns a DynamoDB event: records `100`, `101`, … that insert items, each with its key and new image.
pub(crate) fn stream(items: &[(&str, Value)]) -> Value {
    let records = items.iter().enumerate().map(|(n, (key, image))| {
        json!({
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/items/stream/2026-01-01T00:00:00.000",
            "dynamodb": {
                "Keys": {"id": {"S": key}},
                "NewImage": image,
                "SequenceNumber": (100 + n).to_string(),
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

/// Returns the records that a reply reports.
#[track_caller]
pub(crate) fn failed(outcome: &Outcome) -> Vec<String> {
    let reply: Value = outcome.reply();
    let items = reply["batchItemFailures"].as_array().unwrap_or_else(|| panic!("{reply}"));
    items.iter().map(|item| item["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

/// Blocks the thread for some time on the paused clock.
pub(crate) fn block(time: Duration) {
    let mut advance = Box::pin(tokio::time::advance(time));
    // The first poll advances the clock. Later polls would let other tasks run.
    let _ = advance.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}
