//! Members that occur twice in an event: a record must not be acknowledged unless the handler has seen all of it.

use crate::batches::support::proptest_config;
use lrt::batch::{DecodeError, OnAllFailed, OnFailure};
use lrt::payload::{Raw, Sns, Text};
use lrt::testing::{Outcome, events};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The members that lrt reads, by source: of the event, of a record, and of an object in it.
const MEMBERS: [(&str, &[&str]); 4] = [
    ("sqs", &["/Records", "messageId", "body", "eventSourceARN", "attributes"]),
    ("kinesis", &["/Records", "eventID", "kinesis", "kinesis/sequenceNumber", "kinesis/data", "kinesis/partitionKey"]),
    ("dynamodb", &["/Records", "eventID", "eventName", "dynamodb", "dynamodb/SequenceNumber", "dynamodb/NewImage"]),
    ("kafka", &["/records", "offset", "value", "topic", "partition"]),
];

/// An event of two records, `a` and `b`.
fn event(source: &str) -> Value {
    match source {
        "sqs" => events::sqs().text("a").text("b").build(),
        "kinesis" => events::kinesis().text("a").text("b").build(),
        "dynamodb" => events::dynamodb().insert(&json!({"id": "a"})).insert(&json!({"id": "b"})).build(),
        _ => events::kafka().text("a").text("b").build(),
    }
}

/// Invokes a function that accepts every record, and returns the payloads that it has seen.
async fn invoke(source: &str, event: String) -> (Outcome, Vec<String>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    macro_rules! run {
        ($start:path, $T:ty, $text:expr) => {{
            let handler = move |payload: $T| {
                note.lock().unwrap().push($text(payload));
                std::future::ready(Ok::<_, lrt::Error>(()))
            };
            let builder = $start(handler).on_failure(OnFailure::Continue).on_all_failed(OnAllFailed::Report);
            builder.harness().invoke(event).await
        }};
    }
    let text = |Text(text): Text| text;
    let outcome = match source {
        "sqs" => run!(lrt::sqs, Text, text),
        "kinesis" => run!(lrt::kinesis, Text, text),
        "dynamodb" => run!(lrt::dynamodb, Value, |record: Value| record["dynamodb"]["NewImage"].to_string()),
        _ => run!(lrt::kafka, Text, text),
    };
    let seen = seen.lock().unwrap().clone();
    (outcome, seen)
}

/// Writes an object's members, with `name` twice: once unchanged, and once with the value `other`.
fn twice(object: &Value, name: &str, other: &Value, other_first: bool) -> String {
    let mut members = Vec::new();
    for (key, value) in object.as_object().unwrap() {
        let member = |value: &Value| format!("{}:{value}", json!(key));
        let pair = [member(value), member(other)];
        match (key == name, other_first) {
            (false, _) => members.push(member(value)),
            (true, false) => members.extend(pair),
            (true, true) => members.extend(pair.into_iter().rev()),
        }
    }
    format!("{{{}}}", members.join(","))
}

/// An event with a repeated member, and the identifiers with which the response may report the record.
fn repeated(source: &str, member: &str, null: bool, other_first: bool, pipe: bool) -> (String, Vec<String>) {
    const MARK: &str = "the record";
    let mut whole = event(source);
    if let Some(records) = member.strip_prefix('/') {
        let other = if null { Value::Null } else { event(source)[records].clone() };
        return (twice(&whole, records, &other, other_first), Vec::new());
    }
    let list = match source {
        "kafka" => &mut whole["records"]["topic-0"],
        _ => &mut whole["Records"],
    };
    let (record, other) = (list[0].clone(), list[1].clone());
    let repeat = |object: &Value, other: &Value, name: &str| {
        let other = if null { Value::Null } else { other[name].clone() };
        twice(object, name, &other, other_first)
    };
    let text = match member.split_once('/') {
        Some((outer, name)) => {
            let inner = repeat(&record[outer], &other[outer], name);
            let mut record = record.clone();
            record[outer] = json!(MARK);
            record.to_string().replace(&json!(MARK).to_string(), &inner)
        }
        None => repeat(&record, &other, member),
    };
    let ids = [
        &record["messageId"],
        &record["eventID"],
        &record["kinesis"]["sequenceNumber"],
        &record["dynamodb"]["SequenceNumber"],
    ];
    let ids = ids.into_iter().filter_map(Value::as_str).map(str::to_owned);
    let ids = ids.chain((source == "kafka").then(|| format!("topic-0:{}", record["offset"]))).collect();
    list[0] = json!(MARK);
    let whole = if pipe { list.to_string() } else { whole.to_string() };
    (whole.replace(&json!(MARK).to_string(), &text), ids)
}

#[test]
fn repeated_member_never_acknowledges_a_record_unseen() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let member = (0..MEMBERS.len(), any::<prop::sample::Index>(), any::<[bool; 3]>());
    let run = |(source, index, [null, other_first, pipe]): (usize, prop::sample::Index, [bool; 3])| {
        let (source, members) = MEMBERS[source];
        let member = index.get(members);
        let (event, ids) = repeated(source, member, null, other_first, pipe);
        let (outcome, _) = runtime.block_on(invoke(source, event.clone()));
        // Either the whole event or the record fails.
        if outcome.error().is_none() {
            let failures = outcome.batch_failures();
            let is_harmless = member.starts_with('/') && null;
            let reported = failures.iter().any(|id| ids.contains(id));
            prop_assert!(reported || is_harmless, "{member} twice: {failures:?} of {ids:?} in {event}");
        }
        Ok(())
    };
    TestRunner::new(proptest_config()).run(&member, run).unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn record_with_two_identifiers_fails_the_batch() {
    for (source, event) in [
        ("sqs", r#"{"Records":[{"messageId":"a","messageId":"b","body":"x"},{"messageId":"c","body":"y"}]}"#),
        ("kinesis", r#"{"Records":[{"kinesis":{"sequenceNumber":"1","sequenceNumber":"2","data":"eA=="}}]}"#),
        ("kinesis", r#"{"Records":[{"kinesis":{"sequenceNumber":"1","data":"eA=="},"sequenceNumber":"2"}]}"#),
        ("kinesis", r#"[{"eventID":"s:1","eventID":"s:2","sequenceNumber":"1","data":"eA=="}]"#),
        ("kafka", r#"{"records":{"t-0":[{"offset":1,"offset":2,"value":"eA=="}]}}"#),
    ] {
        let (outcome, seen) = invoke(source, event.to_owned()).await;
        let error = outcome.error().unwrap_or_else(|| panic!("{event}"));
        assert!(error.message().contains("has no unambiguous `"), "{error}");
        assert_eq!(seen, [""; 0]);
    }
    // Twice the same identifier can be reported.
    let event = r#"{"Records":[{"messageId":"a","messageId":"a","body":"x"},{"messageId":"c","body":"y"}]}"#;
    let (outcome, seen) = invoke("sqs", event.to_owned()).await;
    assert_eq!((outcome.batch_failures(), seen), (vec!["a".to_owned()], vec!["y".to_owned()]));
}

#[tokio::test]
async fn envelope_with_two_messages_fails_its_record() {
    async fn process(_: Sns<Raw>) -> Result<(), lrt::Error> {
        Ok(())
    }
    async fn attempt(sns: Result<Sns<HashMap<String, u8>>, DecodeError>) -> Result<(), lrt::Error> {
        assert!(sns.unwrap_err().to_string().contains("duplicate field `Message`"));
        Ok(())
    }
    let body = r#"{"Type":"Notification","Message":"{}","Message":"{}"}"#;
    let event = &events::sqs().text(body).build();
    assert!(lrt::sqs(process).harness().invoke(event).await.error().is_some());
    assert_eq!(lrt::sqs(attempt).harness().invoke(event).await.batch_failures(), [""; 0]);
}
