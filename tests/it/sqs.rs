//! SQS functions on the real loop.

use crate::support::{Running, run_function};
use lrt::batch::{Batch, BatchFailures, DecodeError, OnAllFailed, OnFailure};
use lrt::payload::{Raw, Text};
use lrt::sqs::Message;
use lrt::{Context, Error, Handler};
use serde_json::{Value, json};
use std::time::Duration;

fn event(queue: &str, bodies: &[&str]) -> Value {
    let records = bodies.iter().enumerate().map(|(n, body)| {
        json!({
            "messageId": format!("id-{n}"),
            "body": body,
            "attributes": {"ApproximateReceiveCount": "3", "SentTimestamp": "1545082649183", "MessageGroupId": &body[..1]},
            "messageAttributes": {"kind": {"stringValue": "order", "dataType": "String"}},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:eu-west-1:123456789012:{queue}"),
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

/// Returns the numbers of the failed messages.
fn failed(text: &str) -> Vec<usize> {
    let answer: Value = serde_json::from_str(text).unwrap();
    let items = answer["batchItemFailures"].as_array().unwrap_or_else(|| panic!("{text}"));
    items.iter().map(|item| item["itemIdentifier"].as_str().unwrap()[3..].parse().unwrap()).collect()
}

/// Returns the response of a function to an event.
fn answer(handler: impl Handler, event: &Value) -> String {
    answer_json(handler, &event.to_string())
}

fn answer_json(handler: impl Handler, event: &str) -> String {
    let (send, answers) = std::sync::mpsc::channel();
    run_function(handler, async |running: Running| {
        send.send(running.invoke(event).await.text().into_owned()).unwrap();
        assert!(running.stop().await);
    });
    answers.recv().unwrap()
}

async fn check(n: u32) -> Result<(), Error> {
    match n {
        0 => Err(Error::named("Zero", "nothing to do")),
        1 => panic!("one"),
        2 => Err(Error::permanent(Error::named("Two", "never"))),
        _ => Ok(()),
    }
}

#[test]
fn each_message_fails_alone() {
    let event = event("orders", &["7", "0", "x", "1", "2", "9"]);
    assert_eq!(failed(&answer(lrt::sqs(check).define(), &event)), [1, 2, 3]);
}

#[test]
fn all_parameter_types_are_accepted() {
    async fn text(Text(text): Text) -> Result<(), String> {
        if text.starts_with('a') { Ok(()) } else { Err(text) }
    }
    async fn raw(Raw(bytes): Raw, _: Context) -> Result<(), lrt::Error> {
        assert_eq!(bytes[0], b'a');
        Ok(())
    }
    async fn tried(body: Result<u32, DecodeError>) -> Result<(), DecodeError> {
        body.map(drop)
    }
    async fn message(message: Message<Text>) -> Result<(), lrt::Error> {
        assert!(message.id.to_string().starts_with("id-"));
        assert_eq!((message.receive_count, message.group_id.as_deref()), (3, Some(&message.body.0[..1])));
        assert!(message.sent_at.is_some() && message.source_arn.ends_with(":orders"));
        assert_eq!(message.attributes.get("kind").as_deref(), Some("order"));
        assert_eq!(message.attributes.system("SentTimestamp").as_deref(), Some("1545082649183"));
        assert_eq!(message.body.0, "ab");
        Ok(())
    }
    async fn tried_message(message: Result<Message<u32>, DecodeError>) -> Result<(), Error> {
        let error = message.unwrap_err();
        assert!(error.id().unwrap().as_str().starts_with("id-"));
        Ok(())
    }
    async fn message_of_tried(message: Message<Result<u32, DecodeError>>) -> Result<(), lrt::Error> {
        assert!(message.body.is_err());
        Ok(())
    }
    async fn nothing(_: Context) -> Result<(), lrt::Error> {
        Ok(())
    }
    let event = event("orders", &["ab", "zz"]);
    assert_eq!(failed(&answer(lrt::sqs(text).define(), &event)), [1]);
    assert_eq!(failed(&answer(lrt::sqs(raw).define(), &event)), [1]);
    assert_eq!(failed(&answer(lrt::sqs(tried).on_all_failed(OnAllFailed::Report).define(), &event)), [0, 1]);
    assert_eq!(failed(&answer(lrt::sqs(message).define(), &event)), [1]);
    assert_eq!(failed(&answer(lrt::sqs(tried_message).define(), &event)), [0; 0]);
    assert_eq!(failed(&answer(lrt::sqs(message_of_tried).define(), &event)), [0; 0]);
    assert_eq!(failed(&answer(lrt::sqs(nothing).define(), &event)), [0; 0]);
}

#[test]
fn failure_in_a_fifo_queue_stops_its_message_group() {
    async fn odd(Text(text): Text) -> Result<(), Error> {
        if text == "b1" { Err(Error::msg("b1")) } else { Ok(()) }
    }
    let bodies = ["a1", "b1", "a2", "b2", "c1"];
    assert_eq!(failed(&answer(lrt::sqs(odd).define(), &event("q.fifo", &bodies))), [1, 3]);
    assert_eq!(failed(&answer(lrt::sqs(odd).define(), &event("q", &bodies))), [1]);
    let goes_on = lrt::sqs(odd).on_failure(OnFailure::Continue);
    assert_eq!(failed(&answer(goes_on.define(), &event("q.fifo", &bodies))), [1]);
    let stops = lrt::sqs(odd).on_failure(OnFailure::Stop).concurrency(1);
    assert_eq!(failed(&answer(stops.define(), &event("q", &bodies))), [1, 2, 3, 4]);
}

/// The group of a malformed message is unknown, so every later message may belong to it.
#[test]
fn malformed_message_in_a_fifo_queue_stops_all_later_ones() {
    let function = async |_: Text| Ok::<_, Error>(());
    let event = event("q.fifo", &["a1", "b1", "a2", "b2"]).to_string();
    let event = event.replacen("\"body\":\"b1\"", "\"body\":\"b1\",\"body\":\"b1\"", 1);
    let outcome = answer_json(lrt::sqs(function).define(), &event);
    assert_eq!(failed(&outcome), [1, 2, 3]);
}

#[test]
fn batch_handler_reports_failures() {
    async fn batch(batch: Batch<Message<u32>>) -> Result<BatchFailures, Error> {
        let mut failures = BatchFailures::new();
        assert_eq!(batch.len(), 4);
        for message in batch.into_iter().take(3) {
            match message {
                Ok(message) if message.body == 0 => failures.push(&message),
                Ok(_) => {}
                Err(error) => assert!(error.to_string().contains("invalid type"), "{error}"),
            }
        }
        Ok(failures)
    }
    async fn all(_: Batch<u32>) -> Result<BatchFailures, lrt::Error> {
        Ok(BatchFailures::all())
    }
    let event = event("orders", &["5", "0", "\"x\"", "8"]);
    assert_eq!(failed(&answer(lrt::sqs(batch).define(), &event)), [1, 2, 3]);
    assert!(answer(lrt::sqs(all).define(), &event).contains("BatchFailed"));
    assert_eq!(failed(&answer(lrt::sqs(all).on_all_failed(OnAllFailed::Report).define(), &event)), [0, 1, 2, 3]);
}

#[test]
fn record_layer_wraps_each_record() {
    async fn slow(ms: u64) -> Result<(), lrt::Error> {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        Ok(())
    }
    let layered = lrt::sqs(slow).record_layer(tower::timeout::TimeoutLayer::new(Duration::from_millis(50)));
    assert_eq!(failed(&answer(layered.define(), &event("orders", &["1", "60000", "2"]))), [1]);
}
