//! Malformed events: each gets a response, a malformed record fails alone, and a record that cannot be reported fails
//! the batch.

use crate::batches::support::{failed, sqs, stream};
use lrt::Error;
use lrt::payload::{Raw, Text};
use lrt::testing::Outcome;
use serde_json::{Value, json};

async fn text(_: Text) -> Result<(), lrt::Error> {
    Ok(())
}

async fn any(_: Value) -> Result<(), lrt::Error> {
    Ok(())
}

/// Returns the message of the function error, which must say that the event is invalid.
#[track_caller]
fn rejected(outcome: &Outcome) -> String {
    let error = outcome.error().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(outcome.body())));
    assert_eq!(error.error_type(), "Runtime.UnmarshalError", "{error}");
    error.message().to_owned()
}

#[tokio::test]
async fn events_of_other_sources_are_rejected_naming_both() {
    let (queue, table) = (lrt::sqs(text).harness(), lrt::dynamodb(any).harness());
    let shard = lrt::kinesis(text).harness();
    for (event, says) in [
        (json!({}), "missing field `Records`"),
        (json!({"Records": null}), "missing field `Records`"),
        (json!({"records": []}), "missing field `Records`"),
        (json!({"Records": {}}), "invalid type: map"),
        (json!({"Records": "x"}), "invalid type: string"),
        (json!(null), "invalid type: null"),
        (json!(7), "invalid type: integer"),
        (json!("x"), "invalid type: string"),
        (json!({"eventSource": "aws:kafka", "records": {}}), "from aws:kafka"),
        (json!({"Records": [{"eventSource": "aws:s3", "s3": {}}]}), "from aws:s3"),
        // Only SNS writes the name in this way.
        (json!({"Records": [{"EventSource": "aws:sns", "Sns": {}}]}), "from aws:sns"),
        (json!({"Records": [{"eventSource": "aws:unknown", "messageId": "a", "body": "b"}]}), "from aws:unknown"),
        (json!({"Records": [{"eventSource": 7, "messageId": "a", "body": "b"}]}), "from another source"),
    ] {
        for (outcome, source) in [
            (queue.invoke(&event).await, "aws:sqs"),
            (table.invoke(&event).await, "aws:dynamodb"),
            (shard.invoke(&event).await, "aws:kinesis"),
        ] {
            let message = rejected(&outcome);
            assert!(message.contains(says) && message.contains(source), "{message} of {event}");
        }
    }
    assert!(rejected(&queue.invoke(stream(&[("a", json!({}))])).await).contains("from aws:dynamodb"));
    assert!(rejected(&table.invoke(sqs("q", &["a"])).await).contains("from aws:sqs"));
    // A single record from another source is enough.
    let mut mixed = sqs("q", &["a", "b"]);
    mixed["Records"][1]["eventSource"] = json!("aws:s3");
    assert!(rejected(&queue.invoke(mixed).await).contains("from aws:s3"));
}

#[tokio::test]
async fn events_that_are_not_json_or_not_utf8_are_rejected() {
    let harness = lrt::sqs(text).harness();
    for event in ["", "  ", "{", r#"{"Records":["#, r#"{"Records":[]"#, r#"{"Records":[]}}"#, "[{]", "]"] {
        let message = rejected(&harness.invoke(event).await);
        assert!(message.starts_with("invalid event: "), "{message} of {event}");
    }
    for bytes in [&b"\xff"[..], b"{\"Records\":[{\"messageId\":\"\xc3\x28\",\"body\":\"a\"}]}", b"[\"\xed\xa0\x80\"]"] {
        let message = rejected(&harness.invoke(bytes).await);
        assert!(message.contains("aws:sqs") && message.contains("invalid utf-8"), "{message}");
    }
}

#[tokio::test]
async fn empty_batch_has_no_failures() {
    for event in [r#"{"Records":[]}"#, "[]", " \n[ ]", r#"{"Records":[],"other":{"a":[1]}}"#] {
        let outcome = lrt::sqs(text).harness().invoke(event).await;
        assert_eq!(outcome.body(), br#"{"batchItemFailures":[]}"#, "{event}");
        let outcome = lrt::dynamodb(any).harness().invoke(event).await;
        assert_eq!(outcome.body(), br#"{"batchItemFailures":[]}"#, "{event}");
        let outcome = lrt::kinesis(any).harness().invoke(event).await;
        assert_eq!(outcome.body(), br#"{"batchItemFailures":[]}"#, "{event}");
    }
}

#[tokio::test]
async fn unidentifiable_record_fails_the_batch() {
    let malformed = [json!(null), json!(7), json!("x"), json!([]), json!({}), json!({"messageId": 7, "body": "a"})];
    for malformed in
        malformed.into_iter().chain([json!({"messageId": "", "body": "a"}), json!({"messageId": null, "body": "a"})])
    {
        let mut event = sqs("q", &["a", "b"]);
        event["Records"][1] = malformed.clone();
        let message = rejected(&lrt::sqs(text).harness().invoke(event).await);
        assert!(
            message.starts_with("invalid event: Records[1] has no unambiguous `messageId`"),
            "{message} of {malformed}"
        );
    }
    for malformed in [json!(null), json!({}), json!({"dynamodb": null}), json!({"dynamodb": {"SequenceNumber": 7}})] {
        let mut event = stream(&[("a", json!({}))]);
        event["Records"][0] = malformed.clone();
        let message = rejected(&lrt::dynamodb(any).harness().invoke(event).await);
        assert!(
            message.starts_with("invalid event: Records[0] has no unambiguous `dynamodb.SequenceNumber`"),
            "{message} of {malformed}"
        );
    }
    for malformed in [json!(null), json!({}), json!({"kinesis": null}), json!({"kinesis": {"sequenceNumber": 7}})] {
        let message = rejected(&lrt::kinesis(any).harness().invoke(json!({"Records": [malformed]})).await);
        assert!(
            message.starts_with("invalid event: Records[0] has no unambiguous `kinesis.sequenceNumber`"),
            "{message} of {malformed}"
        );
    }
}

#[tokio::test]
async fn malformed_message_fails_alone() {
    let good = r#"{"messageId":"good","body":"a","attributes":{}}"#;
    for (malformed, says) in [
        (r#"{"messageId":"malformed"}"#, "invalid message: missing field `body`"),
        (r#"{"messageId":"malformed","body":null}"#, "invalid message: missing field `body`"),
        (r#"{"messageId":"malformed","body":7}"#, "invalid message: `body` is not a string"),
        (r#"{"messageId":"malformed","body":{"a":1}}"#, "invalid message: `body` is not a string"),
        (r#"{"messageId":"malformed","body":"\ud83d"}"#, "invalid message: `body` is not a string"),
        (r#"{"messageId":"malformed","body":"a","body":"b"}"#, "duplicate field `body`"),
        (r#"{"messageId":"malformed","messageId":"malformed","body":"a"}"#, "duplicate field `messageId`"),
    ] {
        let outcome = lrt::sqs(text).harness().invoke(format!(r#"{{"Records":[{good},{malformed},{good}]}}"#)).await;
        assert_eq!(failed(&outcome), ["malformed"], "{malformed}");
        assert!(outcome.logs()[0].contains(says), "{:?}", outcome.logs());
    }
}

#[tokio::test]
async fn metadata_of_unexpected_types_is_ignored() {
    async fn message(message: lrt::sqs::Message<Text>) -> Result<(), lrt::Error> {
        assert_eq!((message.receive_count, message.sent_at, message.group_id), (1, None, None));
        assert!(message.attributes.get("a").is_none() && message.attributes.system("a").is_none());
        Ok(())
    }
    for malformed in
        ["null", "7", r#""x""#, "[]", r#"{"ApproximateReceiveCount":7,"SentTimestamp":"x","MessageGroupId":null}"#]
    {
        let record = format!(
            r#"{{"messageId":"a","body":"","attributes":{malformed},"messageAttributes":{malformed},"eventSourceARN":{malformed}}}"#
        );
        for queue in [record.clone(), record.replace("\"x\"", "\"x.fifo\"")] {
            let outcome = lrt::sqs(message).harness().invoke(format!("[{queue}]")).await;
            assert_eq!(failed(&outcome), [""; 0], "{queue}");
        }
    }
}

#[tokio::test]
async fn bare_arrays_are_batches() {
    async fn fails_for_some(n: u32) -> Result<(), Error> {
        if n == 0 { Err(Error::msg("zero")) } else { Ok(()) }
    }
    let event = &sqs("q", &["1", "0", "x"])["Records"];
    assert_eq!(failed(&lrt::sqs(fails_for_some).harness().invoke(event).await), ["id-1", "id-2"]);
    let event = &stream(&[("a", json!({})), ("b", json!({}))])["Records"];
    assert_eq!(failed(&lrt::dynamodb(any).harness().invoke(event).await), [""; 0]);
    assert!(rejected(&lrt::sqs(fails_for_some).harness().invoke(event).await).contains("from aws:dynamodb"));
}

#[tokio::test]
async fn window_state_is_returned_unchanged() {
    async fn unless_b(record: Value) -> Result<(), Error> {
        if record["dynamodb"]["Keys"]["id"]["S"] == "b" { Err(Error::msg("b")) } else { Ok(()) }
    }
    let window = json!({"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:02:00Z"});
    let with_state = |items: &[(&str, Value)], state: Option<Value>| {
        let mut event = stream(items);
        event["window"] = window.clone();
        event["isFinalInvokeForWindow"] = json!(items.is_empty());
        if let Some(state) = state {
            event["state"] = state;
        }
        event
    };
    let harness = lrt::dynamodb(unless_b).harness();
    let (a, b) = (("a", json!({})), ("b", json!({})));
    for (items, state, expected) in [
        (vec![a.clone()], Some(json!({"sum": 7})), r#"{"state":{"sum":7},"batchItemFailures":[]}"#),
        (
            vec![a.clone(), b.clone()],
            Some(json!({"sum": 7})),
            r#"{"state":{"sum":7},"batchItemFailures":[{"itemIdentifier":"101"}]}"#,
        ),
        (vec![], Some(json!({"sum": 7})), r#"{"state":{"sum":7},"batchItemFailures":[]}"#),
        (vec![a.clone()], Some(json!({})), r#"{"state":{},"batchItemFailures":[]}"#),
        (vec![a.clone()], Some(json!(null)), r#"{"state":{},"batchItemFailures":[]}"#),
        (vec![a.clone()], None, r#"{"state":{},"batchItemFailures":[]}"#),
    ] {
        let outcome = harness.invoke(with_state(&items, state)).await;
        assert_eq!(String::from_utf8_lossy(outcome.body()), expected);
    }
    // Without a window, `state` has no meaning.
    let mut event = stream(&[a]);
    event["state"] = json!({"sum": 7});
    assert_eq!(harness.invoke(event).await.body(), br#"{"batchItemFailures":[]}"#);
    assert_eq!(harness.invoke(with_state(&[b], None)).await.error().unwrap().error_type(), "BatchFailed");
}

#[tokio::test]
async fn ten_thousand_records_fail_independently() {
    async fn fails_for_some(n: u32) -> Result<(), Error> {
        tokio::task::yield_now().await;
        if n % 1000 == 7 { Err(Error::msg("seven")) } else { Ok(()) }
    }
    let bodies: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    for queue in ["q", "q.fifo"] {
        let outcome = lrt::sqs(fails_for_some)
            .on_failure(lrt::batch::OnFailure::Continue)
            .harness()
            .invoke(sqs(queue, &bodies))
            .await;
        let expected: Vec<String> = (0..10).map(|n| format!("id-{}", n * 1000 + 7)).collect();
        assert_eq!(failed(&outcome), expected);
        assert_eq!(outcome.logs().len(), 11);
    }
}

#[tokio::test]
async fn batch_of_six_megabytes_is_handled() {
    async fn raw(Raw(bytes): Raw) -> Result<(), Error> {
        if bytes.iter().all(|byte| *byte == b'"') { Ok(()) } else { Err(Error::msg("not all")) }
    }
    // Quotes are escaped, so the event has twice as many bytes.
    let (good, bad) = ("\"".repeat(1_000_000), "\"".repeat(999_999) + "x");
    let event = sqs("q", &[&good, &bad, &good]).to_string();
    assert!(event.len() > 6_000_000);
    assert_eq!(failed(&lrt::sqs(raw).harness().invoke(event).await), ["id-1"]);
}
