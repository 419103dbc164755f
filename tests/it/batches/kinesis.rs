//! Kinesis records, as handlers receive them, and the response.

use crate::batches::support::failed;
use lrt::Error;
use lrt::batch::{DecodeError, RawRecord};
use lrt::kinesis::Record;
use lrt::payload::{Raw, Text};
use lrt::testing::events::{self, kinesis_record};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

/// Calls `look` within a function, with the only record of an event.
async fn inspect(event: Value, look: fn(Record<Text>)) {
    let function = lrt::kinesis(move |record: Record<Text>| {
        look(record);
        std::future::ready(Ok::<_, lrt::Error>(()))
    });
    assert_eq!(failed(&function.harness().invoke(event).await), [""; 0]);
}

#[tokio::test]
async fn record_has_its_data_and_metadata() {
    let sent = UNIX_EPOCH + Duration::from_millis(1_545_084_650_987);
    let record = kinesis_record().text("Grüße\n").sequence_number("42").partition_key("a/\"b\"").arrived_at(sent);
    inspect(events::kinesis().stream("readings").record(record).build(), |record| {
        assert_eq!((&*record.data.0, record.id.as_str(), &*record.partition_key), ("Grüße\n", "42", "a/\"b\""));
        assert_eq!(record.arrived_at, Some(UNIX_EPOCH + Duration::from_millis(1_545_084_650_987)));
        assert_eq!(record.source_arn, "arn:aws:kinesis:us-east-1:123456789012:stream/readings");
    })
    .await;
}

#[tokio::test]
async fn record_without_key_time_or_stream_is_handled() {
    for invalid in [json!(null), json!({}), json!([]), json!(-1)] {
        let mut event = events::kinesis().text("a").build();
        let record = &mut event["Records"][0];
        record["kinesis"]["partitionKey"] = invalid.clone();
        record["kinesis"]["approximateArrivalTimestamp"] = invalid.clone();
        record["eventSourceARN"] = invalid;
        inspect(event, |record| {
            assert_eq!((&*record.partition_key, record.arrived_at, &*record.source_arn), ("", None, ""));
        })
        .await;
    }
    let mut event = events::kinesis().text("a").build();
    event["Records"][0]["kinesis"].as_object_mut().unwrap().remove("partitionKey");
    inspect(event, |record| assert_eq!(record.partition_key, "")).await;
}

#[tokio::test]
async fn first_failure_is_the_checkpoint_and_later_records_do_not_start() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let ingest = move |n: u32| {
        noted.lock().unwrap().push(n);
        std::future::ready(if n == 3 { Err(Error::msg("three")) } else { Ok(()) })
    };
    let event = events::kinesis().json(&1).record(kinesis_record().json(&3).sequence_number("42")).json(&5);
    let outcome = lrt::kinesis(ingest).harness().invoke(event).await;
    assert_eq!((failed(&outcome), &*seen.lock().unwrap()), (vec!["42".to_owned()], &vec![1, 3]));
    assert!(outcome.logs()[0].ends_with("record 42 failed: Error: three; the shard waits for it"));
}

#[tokio::test(start_paused = true)]
async fn records_with_the_same_partition_key_run_in_order() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&order);
    let ingest = move |record: Record<u32>| {
        let order = Arc::clone(&noted);
        async move {
            // Later records finish faster.
            tokio::time::sleep(Duration::from_millis(100 - u64::from(record.data))).await;
            order.lock().unwrap().push((record.partition_key, record.data));
            Ok::<_, lrt::Error>(())
        }
    };
    let event = events::kinesis().partition_key("a").json(&1).json(&2).partition_key("b").json(&3).json(&4);
    let event = event.partition_key("").json(&50).json(&60);
    let outcome = lrt::kinesis(ingest).concurrency(9).harness().invoke(event).await;
    assert_eq!(failed(&outcome), [""; 0]);
    let of = |key: &str| -> Vec<u32> {
        order.lock().unwrap().iter().filter(|(other, _)| other == key).map(|(_, data)| *data).collect()
    };
    assert_eq!((of("a"), of("b"), of("")), (vec![1, 2], vec![3, 4], vec![50, 60]));
    assert_eq!(order.lock().unwrap()[0], (String::new(), 50), "one key does not wait for another");
}

/// Returns the log line of a malformed record, between two that succeed.
async fn line_of(record: Value) -> String {
    async fn ingest(_: Value) -> Result<(), lrt::Error> {
        Ok(())
    }
    let mut event = events::kinesis().json(&1).json(&2).build();
    let good = event["Records"][1].clone();
    event["Records"].as_array_mut().unwrap().insert(1, record);
    assert_eq!(event["Records"][2], good);
    let outcome = lrt::kinesis(ingest).on_failure(lrt::batch::OnFailure::Continue).harness().invoke(event).await;
    assert_eq!(failed(&outcome), ["bad"]);
    assert!(outcome.logs()[1].ends_with("2 of 3 records succeeded, 1 failed, 0 not started"));
    outcome.logs()[0].clone()
}

#[tokio::test]
async fn malformed_data_fails_its_record_alone_and_is_logged() {
    for (data, says) in [
        (json!("not base64"), "invalid record: `data` is malformed base64: Invalid symbol 32, offset 3"),
        (json!("MQ"), "invalid record: `data` is malformed base64: Invalid padding"),
        (json!(7), "invalid record: `data` is not a string"),
        (json!(null), "invalid record: missing field `data`"),
        (json!(""), "the payload is empty"),
        (json!("eA=="), "the payload is not JSON: expected value at line 1 column 1"),
        (json!("H4sIAAAAAAAA"), "the payload is gzip, not JSON (help: take `lrt::payload::Raw`"),
    ] {
        let line =
            line_of(json!({"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": "bad", "data": data}})).await;
        assert!(line.contains(says), "{line}");
    }
    let line = line_of(json!({"kinesis": {"sequenceNumber": "bad"}})).await;
    assert!(line.contains("invalid record: missing field `data`"), "{line}");
}

/// The records `1` and `2`, as the Kinesis Producer Library aggregates them
/// ([the format](https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md)).
fn aggregated() -> Vec<u8> {
    let mut bytes = b"\xF3\x89\x9A\xC2".to_vec();
    bytes.extend(b"\x0A\x01a\x1A\x05\x08\x00\x1A\x011\x1A\x05\x08\x00\x1A\x012");
    bytes.extend([0; 16]);
    bytes
}

#[tokio::test]
async fn aggregated_record_is_rejected_for_every_parameter_type() {
    async fn value(_: Value) -> Result<(), lrt::Error> {
        Ok(())
    }
    async fn raw(_: Raw) -> Result<(), lrt::Error> {
        Ok(())
    }
    async fn record(_: Record<Text>) -> Result<(), lrt::Error> {
        Ok(())
    }
    async fn tried(record: Result<Record<u32>, DecodeError>) -> Result<(), DecodeError> {
        record.map(drop)
    }
    let event = &events::kinesis().record(kinesis_record().bytes(aggregated()).sequence_number("42")).build();
    let outcomes = [
        lrt::kinesis(value).harness().invoke(event).await,
        lrt::kinesis(raw).harness().invoke(event).await,
        lrt::kinesis(record).harness().invoke(event).await,
        lrt::kinesis(tried).harness().invoke(event).await,
    ];
    for outcome in outcomes {
        assert!(outcome.logs()[0].contains("record 42 failed: DecodeError: the Kinesis Producer Library aggregated "));
        assert!(outcome.error().unwrap().message().contains("AggregationEnabled=false"));
    }
}

#[tokio::test]
async fn record_layer_sees_the_data_bytes() {
    let layer = tower::util::MapRequestLayer::new(|record: RawRecord| {
        assert_eq!(&*record.payload().unwrap(), b"\x00\xff");
        assert_eq!((record.receive_count(), record.id().as_str()), (None, "42"));
        record
    });
    async fn raw(Raw(bytes): Raw) -> Result<(), lrt::Error> {
        assert_eq!(&*bytes, b"\x00\xff");
        Ok(())
    }
    let event = events::kinesis().record(kinesis_record().bytes(b"\x00\xff").sequence_number("42"));
    assert_eq!(failed(&lrt::kinesis(raw).record_layer(layer).harness().invoke(event).await), [""; 0]);
}

#[tokio::test]
async fn window_state_is_returned() {
    async fn ingest(_: Text) -> Result<(), lrt::Error> {
        Ok(())
    }
    let event = events::kinesis().text("a").window(&json!({"sum": 7}));
    let outcome = lrt::kinesis(ingest).harness().invoke(event).await;
    assert_eq!(outcome.body(), br#"{"state":{"sum":7},"batchItemFailures":[]}"#);
}

#[tokio::test]
async fn ten_thousand_records_are_handled() {
    async fn ingest(n: u32) -> Result<(), Error> {
        tokio::task::yield_now().await;
        if n == 9_999 { Err(Error::msg("the last one")) } else { Ok(()) }
    }
    let event =
        (0..10_000).fold(events::kinesis(), |event, n| event.partition_key((n % 7).to_string()).json(&n)).build();
    for concurrency in [1, 5] {
        let outcome = lrt::kinesis(ingest).concurrency(concurrency).harness().invoke(&event).await;
        assert_eq!(failed(&outcome), [format!("49{:054}", 10_000)]);
    }
}
