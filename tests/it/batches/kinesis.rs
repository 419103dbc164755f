//! Kinesis records, as handlers receive them, and the response.

use crate::batches::support::{failed, proptest_config};
use lrt::Error;
use lrt::batch::{Batch, BatchFailures, DecodeError, OnAllFailed, OnFailure, RawRecord};
use lrt::kinesis::Record;
use lrt::payload::{Decode, Decoded, Raw, Text};
use lrt::testing::events::{self, KinesisEvent, kinesis_record};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::future::{Ready, ready};
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
        (json!("H4sIAAAAAAAA"), "the payload is gzip, not JSON (help: take `lrt::payload::Gzip<T>`"),
    ] {
        let line =
            line_of(json!({"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": "bad", "data": data}})).await;
        assert!(line.contains(says), "{line}");
    }
    let line = line_of(json!({"kinesis": {"sequenceNumber": "bad"}})).await;
    assert!(line.contains("invalid record: missing field `data`"), "{line}");
}

/// Returns an event with the records `1`, aggregated `2` and `3`, and `4`.
fn aggregated() -> KinesisEvent {
    events::kinesis()
        .record(kinesis_record().json(&1).sequence_number("41"))
        .record(kinesis_record().aggregated([("a", "2"), ("b", "3")]).sequence_number("42"))
        .record(kinesis_record().json(&4).sequence_number("43"))
}

/// Notes the records that it is called with, and fails for one of them.
fn note(
    calls: &Arc<Mutex<Vec<String>>>,
    fails: u32,
) -> impl Fn(Record<u32>) -> Ready<Result<(), Error>> + Clone + use<> {
    let calls = Arc::clone(calls);
    move |record| {
        calls.lock().unwrap().push(format!("{} {} {}", record.id, record.partition_key, record.data));
        ready(if record.data == fails { Err(Error::msg("on purpose")) } else { Ok(()) })
    }
}

#[tokio::test]
async fn each_record_of_an_aggregated_record_is_a_call() {
    let calls = Arc::default();
    let outcome = lrt::kinesis(note(&calls, 0)).harness().invoke(aggregated()).await;
    assert_eq!(failed(&outcome), [""; 0]);
    assert_eq!(*calls.lock().unwrap(), ["41 key-1 1", "42:0 a 2", "42:1 b 3", "43 key-1 4"]);
}

#[tokio::test]
async fn checkpoint_is_the_aggregated_record_of_the_record_that_failed() {
    for fails in [2, 3] {
        let calls = Arc::default();
        let outcome = lrt::kinesis(note(&calls, fails)).harness().invoke(aggregated()).await;
        assert_eq!(failed(&outcome), ["42"]);
        assert_eq!(calls.lock().unwrap().len(), fails as usize, "later records are not started");
        let line = format!("record 42:{} failed: Error: on purpose", fails - 2);
        assert!(outcome.logs()[0].contains(&line), "{:?}", outcome.logs());
    }
    let calls = Arc::default();
    let outcome = lrt::kinesis(note(&calls, 3)).on_failure(OnFailure::Continue).harness().invoke(aggregated()).await;
    assert_eq!((failed(&outcome), calls.lock().unwrap().len()), (vec!["42".to_owned()], 4));
}

#[tokio::test]
async fn pipe_gets_an_aggregated_record_reported_once() {
    async fn ingest(n: u32) -> Result<(), Error> {
        if n == 1 { Ok(()) } else { Err(Error::msg("on purpose")) }
    }
    let event = aggregated().build();
    let records = event["Records"].as_array().unwrap().iter().map(|record| {
        let mut flat = record["kinesis"].clone();
        flat["eventSource"] = json!("aws:kinesis");
        flat["eventID"] = record["eventID"].clone();
        flat
    });
    let outcome = lrt::kinesis(ingest).harness().invoke(Value::from_iter(records)).await;
    assert_eq!(failed(&outcome), ["shardId-000000000000:42", "shardId-000000000000:43"]);
}

#[tokio::test]
async fn batch_without_a_successful_record_fails_even_if_a_part_of_an_aggregated_record_succeeded() {
    let calls = Arc::default();
    let event = events::kinesis().record(kinesis_record().aggregated([("a", "2"), ("b", "3")]));
    let outcome = lrt::kinesis(note(&calls, 3)).harness().invoke(event).await;
    assert_eq!((outcome.error().unwrap().error_type(), calls.lock().unwrap().len()), ("BatchFailed", 2));
}

#[tokio::test(start_paused = true)]
async fn records_of_aggregated_records_are_ordered_by_their_own_keys() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&order);
    let ingest = move |record: Record<u32>| {
        let order = Arc::clone(&noted);
        async move {
            tokio::time::sleep(Duration::from_millis(100 - u64::from(record.data))).await;
            order.lock().unwrap().push(record.data);
            Ok::<_, Error>(())
        }
    };
    let event = events::kinesis()
        .record(kinesis_record().aggregated([("a", "1"), ("b", "50"), ("a", "2")]))
        .record(kinesis_record().json(&3).partition_key("a"));
    let outcome = lrt::kinesis(ingest).concurrency(9).harness().invoke(event).await;
    assert_eq!((failed(&outcome), &*order.lock().unwrap()), (vec![], &vec![50, 1, 2, 3]));
}

#[tokio::test]
async fn raw_parameters_get_the_aggregated_data() {
    async fn raw(Raw(bytes): Raw) -> Result<(), Error> {
        assert!(bytes.starts_with(b"\xF3\x89\x9A\xC2"));
        Ok(())
    }
    async fn record(record: Record<Raw>) -> Result<(), Error> {
        assert_eq!(record.id.as_str(), "42");
        raw(record.data).await
    }
    async fn tried(record: Result<Record<Raw>, DecodeError>) -> Result<(), Error> {
        raw(record?.data).await
    }
    async fn optional(data: Option<Raw>) -> Result<(), Error> {
        raw(data.unwrap()).await
    }
    async fn batch(batch: Batch<Record<Raw>>) -> Result<BatchFailures, Error> {
        assert_eq!(batch.len(), 1);
        Ok(BatchFailures::new())
    }
    let data = kinesis_record().aggregated([("a", "2"), ("b", "3")]).sequence_number("42");
    let event = &events::kinesis().record(data).build();
    assert_eq!(failed(&lrt::kinesis(raw).harness().invoke(event).await), [""; 0]);
    assert_eq!(failed(&lrt::kinesis(record).harness().invoke(event).await), [""; 0]);
    assert_eq!(failed(&lrt::kinesis(tried).harness().invoke(event).await), [""; 0]);
    assert_eq!(failed(&lrt::kinesis(optional).harness().invoke(event).await), [""; 0]);
    assert_eq!(lrt::kinesis(batch).harness().invoke(event).await.error().unwrap().error_type(), "BatchFailed");
}

#[tokio::test]
async fn batch_has_the_records_of_aggregated_records() {
    async fn ingest(batch: Batch<Record<u32>>) -> Result<BatchFailures, Error> {
        let mut failures = BatchFailures::new();
        for record in batch {
            let record = record?;
            if record.data == 3 {
                failures.push(&record);
            }
        }
        Ok(failures)
    }
    assert_eq!(failed(&lrt::kinesis(ingest).harness().invoke(aggregated()).await), ["42"]);
}

#[tokio::test]
async fn data_with_the_magic_number_and_another_digest_is_not_split() {
    async fn ingest(record: Record<Decoded<Bytes>>) -> Result<(), Error> {
        assert_eq!((record.id.as_str(), record.data.0.0.len()), ("42", 24));
        Ok(())
    }
    struct Bytes(Vec<u8>);
    impl Decode for Bytes {
        fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
            Ok(Bytes(bytes.to_vec()))
        }
    }
    let data = [b"\xF3\x89\x9A\xC2", &[0; 20][..]].concat();
    let event = events::kinesis().record(kinesis_record().bytes(data).sequence_number("42"));
    assert_eq!(failed(&lrt::kinesis(ingest).harness().invoke(event).await), [""; 0]);
}

#[tokio::test]
async fn decode_error_in_an_aggregated_record_has_its_own_payload() {
    async fn ingest(record: Result<u32, DecodeError>) -> Result<(), Error> {
        if let Err(error) = record {
            assert_eq!((error.id().unwrap().as_str(), &*error.payload().unwrap()), ("42:1", &b"x"[..]));
        }
        Ok(())
    }
    let event = events::kinesis().record(kinesis_record().aggregated([("a", "2"), ("b", "x")]).sequence_number("42"));
    assert_eq!(failed(&lrt::kinesis(ingest).harness().invoke(event).await), [""; 0]);
}

proptest! {
    #![proptest_config(proptest_config())]

    /// Records with up to three records in them (none: not aggregated), of which some fail.
    #[test]
    fn any_failures_in_aggregated_records_are_checkpoints_of_their_records(
        records in vec(vec(any::<bool>(), 0..4), 1..8),
        go_on in any::<bool>(),
        concurrency in 1..4_usize,
    ) {
        let data = |fails: &bool| if *fails { "1" } else { "0" };
        let mut event = events::kinesis();
        for (n, parts) in records.iter().enumerate() {
            let record = match &parts[..] {
                [] => kinesis_record().text("0"),
                parts => kinesis_record().aggregated(parts.iter().enumerate().map(|(n, fails)| (n.to_string(), data(fails)))),
            };
            event = event.record(record.sequence_number(n.to_string()));
        }
        let calls = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&calls);
        let ingest = move |record: Record<u32>| {
            noted.lock().unwrap().push(record.id.to_string());
            ready(if record.data == 1 { Err(Error::msg("on purpose")) } else { Ok(()) })
        };
        let on_failure = if go_on { OnFailure::Continue } else { OnFailure::Stop };
        let function = lrt::kinesis(ingest).concurrency(concurrency).on_failure(on_failure).on_all_failed(OnAllFailed::Report);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let outcome = runtime.block_on(function.harness().invoke(event));
        let first = records.iter().position(|parts| parts.contains(&true)).map(|n| n.to_string());
        prop_assert_eq!(failed(&outcome), Vec::from_iter(first));
        let calls = calls.lock().unwrap();
        let distinct: HashSet<_> = calls.iter().collect();
        prop_assert_eq!(distinct.len(), calls.len(), "a record ran twice: {:?}", calls);
        if go_on {
            let all: usize = records.iter().map(|parts| parts.len().max(1)).sum();
            prop_assert_eq!(calls.len(), all);
        }
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
