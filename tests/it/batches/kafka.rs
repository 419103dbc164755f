//! Kafka records, as handlers receive them, and the response.

use lrt::Error;
use lrt::batch::{DecodeError, OnFailure, RawRecord};
use lrt::kafka::Record;
use lrt::payload::{Raw, Text};
use lrt::testing::events::{self, kafka_record};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

/// Calls `look` within a function, with the only record of an event.
async fn inspect<T: Send + 'static>(event: Value, look: fn(Record<T>))
where
    Record<T>: lrt::batch::FromRecord<lrt::kafka::Kafka, lrt::kafka::ViaKafkaRecord<lrt::batch::ViaBytes>>,
{
    let function = lrt::kafka(move |record: Record<T>| {
        look(record);
        std::future::ready(Ok::<_, lrt::Error>(()))
    });
    assert_eq!(function.harness().invoke(event).await.batch_failures(), [""; 0]);
}

#[tokio::test]
async fn record_has_its_value_and_metadata() {
    let record =
        kafka_record().text("Grüße").offset(42).key(b"\x00\xff").header("a", b"\x00\x7f\x80\xff").header("a", "");
    let record = record.timestamp(UNIX_EPOCH + Duration::from_millis(1_545_084_650_987));
    inspect(events::kafka().topic("orders-eu").partition(7).record(record).build(), |record: Record<Text>| {
        assert_eq!((&*record.topic, record.partition, record.offset), ("orders-eu", 7, 42));
        assert_eq!((&*record.value.0, record.id.as_str()), ("Grüße", "orders-eu-7:42"));
        assert_eq!(record.key.as_deref(), Some(&b"\x00\xff"[..]));
        assert_eq!(record.headers, [("a".to_owned(), b"\x00\x7f\x80\xff".to_vec()), ("a".to_owned(), Vec::new())]);
        assert_eq!(record.timestamp, Some(UNIX_EPOCH + Duration::from_millis(1_545_084_650_987)));
    })
    .await;
}

#[tokio::test]
async fn record_without_key_headers_and_time_is_handled() {
    let records = [r#"{"offset":1,"value":""}"#, r#"{"offset":1,"value":"","key":null,"headers":null,"timestamp":-1}"#];
    for record in records {
        let event = format!(r#"{{"records":{{"orders-eu-7":[{record}]}}}}"#);
        inspect(serde_json::from_str(&event).unwrap(), |record: Record<Raw>| {
            assert_eq!((record.key, record.headers, record.timestamp), (None, Vec::new(), None));
            assert_eq!((&*record.topic, record.partition, record.offset), ("orders-eu", 7, 1));
        })
        .await;
    }
}

#[tokio::test]
async fn header_bytes_may_be_signed_or_unsigned() {
    let event = |headers: &str| {
        let event = format!(r#"{{"records":{{"t-0":[{{"offset":1,"value":"","headers":{headers}}}]}}}}"#);
        serde_json::from_str::<Value>(&event).unwrap()
    };
    inspect(event(r#"[{"a":[255,-1,0]},{"b":null,"c":[]}]"#), |record: Record<Raw>| {
        let headers = [("a", vec![255, 255, 0]), ("b", vec![]), ("c", vec![])];
        assert_eq!(record.headers, headers.map(|(name, value)| (name.to_owned(), value)));
    })
    .await;
    async fn record(_: Record<Raw>) -> Result<(), lrt::Error> {
        Ok(())
    }
    for invalid in
        ["7", r#"{"a":[1]}"#, r#"[{"a":"b"}]"#, r#"[{"a":[256]}]"#, r#"[{"a":[-129]}]"#, r#"[{"a":[1.5]}]"#, "[7]"]
    {
        let outcome = lrt::kafka(record).harness().invoke(event(invalid)).await;
        assert!(
            outcome.logs()[0].contains("invalid Kafka record: malformed `headers`: "),
            "{invalid}: {:?}",
            outcome.logs()
        );
    }
}

#[tokio::test]
async fn tombstone_is_none_for_options_and_an_error_otherwise() {
    async fn json(value: Option<u32>) -> Result<(), lrt::Error> {
        assert_eq!(value, None);
        Ok(())
    }
    async fn any(value: Value) -> Result<(), lrt::Error> {
        assert_eq!(value, Value::Null);
        Ok(())
    }
    async fn text(record: Record<Option<Text>>) -> Result<(), lrt::Error> {
        assert_eq!((record.value, record.key.as_deref()), (None, Some(&b"k"[..])));
        Ok(())
    }
    async fn raw(value: Option<Raw>) -> Result<(), lrt::Error> {
        assert_eq!(value, None);
        Ok(())
    }
    async fn number(_: u32) -> Result<(), lrt::Error> {
        Ok(())
    }
    async fn raw_itself(_: Raw) -> Result<(), lrt::Error> {
        Ok(())
    }
    async fn tried(value: Result<Record<u32>, DecodeError>) -> Result<(), lrt::Error> {
        assert!(value.is_err());
        Ok(())
    }
    let event = &events::kafka().tombstone("k").build();
    assert_eq!(event["records"]["topic-0"][0]["value"], Value::Null);
    let none = [
        lrt::kafka(json).harness().invoke(event).await,
        lrt::kafka(any).harness().invoke(event).await,
        lrt::kafka(text).harness().invoke(event).await,
        lrt::kafka(raw).harness().invoke(event).await,
        lrt::kafka(tried).harness().invoke(event).await,
    ];
    none.iter().for_each(|outcome| assert_eq!(outcome.batch_failures(), [""; 0]));
    for outcome in
        [lrt::kafka(number).harness().invoke(event).await, lrt::kafka(raw_itself).harness().invoke(event).await]
    {
        assert!(outcome.logs()[0].contains("topic-0:100 failed: DecodeError: the record is a tombstone"));
    }
    async fn seven(value: Option<u32>) -> Result<(), lrt::Error> {
        assert_eq!(value, Some(7));
        Ok(())
    }
    assert_eq!(lrt::kafka(seven).harness().invoke(events::kafka().json(&7)).await.batch_failures(), [""; 0]);
}

/// Fails for 3 and 13.
async fn three(n: u32) -> Result<(), Error> {
    if n % 10 == 3 { Err(Error::msg("three")) } else { Ok(()) }
}

fn two_partitions() -> events::KafkaEvent {
    let event = events::kafka().json(&1).json(&3).json(&5);
    event.partition(1).json(&11).json(&13).record(kafka_record().text("x")).json(&15)
}

#[tokio::test]
async fn unsuccessful_records_are_reported_by_partition_and_offset() {
    let outcome = lrt::kafka(three).harness().invoke(two_partitions()).await;
    let failed = [("topic-0", 101), ("topic-0", 102), ("topic-1", 101), ("topic-1", 102), ("topic-1", 103)];
    let items = failed.map(|(partition, offset)| json!({"itemIdentifier": {"partition": partition, "offset": offset}}));
    assert_eq!(outcome.reply::<Value>(), json!({"batchItemFailures": items}));
    assert!(outcome.logs()[0].ends_with("record topic-0:101 failed: Error: three; it is delivered again"));

    let outcome = lrt::kafka(three).on_failure(OnFailure::Continue).harness().invoke(two_partitions()).await;
    assert_eq!(outcome.batch_failures(), ["topic-0:101", "topic-1:101", "topic-1:102"]);
}

/// The response has to repeat the values that Lambda sent, even unusual ones.
#[tokio::test]
async fn partitions_and_offsets_are_reported_unchanged() {
    let record = format!(r#"{{"offset":{},"value":"MQ=="}}"#, i64::MAX);
    let last = r#"{"offset":0,"value":"Mw=="}"#;
    for name in [r#""a:\"b\u00e9:7-0""#, r#""""#, r#""-""#] {
        let event = format!(r#"{{"records":{{{name}:[{last},{record}],"other-0":[{record}]}}}}"#);
        let outcome = lrt::kafka(three).harness().invoke(event).await;
        let name: Value = serde_json::from_str(name).unwrap();
        let item = |offset: i64| json!({"itemIdentifier": {"partition": name, "offset": offset}});
        assert_eq!(outcome.reply::<Value>(), json!({"batchItemFailures": [item(0), item(i64::MAX)]}));
    }
}

#[tokio::test(start_paused = true)]
async fn partitions_run_concurrently_each_in_order() {
    for (concurrency, seconds) in [(None, 7), (Some(9), 4)] {
        let order = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&order);
        let take = move |record: Record<Text>| {
            let order = Arc::clone(&noted);
            async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                order.lock().unwrap().push((record.partition, record.offset));
                Ok::<_, lrt::Error>(())
            }
        };
        let start = tokio::time::Instant::now();
        let builder = lrt::kafka(take);
        let builder = match concurrency {
            Some(records) => builder.concurrency(records),
            None => builder,
        };
        assert_eq!(builder.harness().invoke(two_partitions()).await.batch_failures(), [""; 0]);
        assert_eq!(start.elapsed().as_secs(), seconds);
        let of = |partition| -> Vec<i64> {
            order.lock().unwrap().iter().filter(|(other, _)| *other == partition).map(|(_, offset)| *offset).collect()
        };
        assert_eq!((of(0), of(1)), (vec![100, 101, 102], vec![100, 101, 102, 103]));
    }
}

#[tokio::test]
async fn batch_handler_reports_records_of_both_partitions() {
    async fn all(batch: lrt::batch::Batch<Record<u32>>) -> Result<lrt::batch::BatchFailures, lrt::Error> {
        let mut failures = lrt::batch::BatchFailures::new();
        for record in batch {
            match record {
                Ok(record) if record.value % 10 == 3 => failures.push(&record),
                Ok(_) => {}
                Err(error) => failures.push(&error),
            }
        }
        Ok(failures)
    }
    let outcome = lrt::kafka(all).harness().invoke(two_partitions()).await;
    assert_eq!(outcome.batch_failures(), ["topic-0:101", "topic-1:101", "topic-1:102"]);
}

#[tokio::test]
async fn self_managed_clusters_and_bare_arrays_are_accepted() {
    for name in ["SelfManagedKafka", "aws:SelfManagedKafka", "aws:kafka"] {
        let mut event = two_partitions().build();
        event["eventSource"] = json!(name);
        assert_eq!(lrt::kafka(three).harness().invoke(event).await.batch_failures().len(), 5, "{name}");
    }
    let own = events::kafka_self_managed().topic("orders").json(&1).json(&3);
    assert_eq!(lrt::kafka(three).harness().invoke(own).await.batch_failures(), ["orders-0:101"]);
    let mut records = two_partitions().build()["records"]["topic-1"].take();
    records[0]["eventSource"] = json!("aws:kafka");
    assert_eq!(lrt::kafka(three).harness().invoke(&records).await.batch_failures().len(), 3);
    records[0]["eventSource"] = json!("aws:sqs");
    let outcome = lrt::kafka(three).harness().invoke(&records).await;
    assert!(outcome.error().unwrap().message().contains("got one from aws:sqs"));
}

#[tokio::test]
async fn events_of_other_sources_are_rejected() {
    for (event, says) in [
        (json!({}), "missing field `records`"),
        (json!({"Records": []}), "missing field `records`"),
        (json!({"records": null}), "missing field `records`"),
        (json!({"eventSource": "aws:mq", "records": {}}), "from aws:mq"),
        (json!({"records": []}), "expected an object of partitions"),
        (json!({"records": {"t-0": {}}}), "expected an array of records"),
        (json!({"records": {"t-0": null}}), "expected an array of records"),
        (json!(7), "expected an event with records"),
    ] {
        let outcome = lrt::kafka(three).harness().invoke(&event).await;
        let error = outcome.error().unwrap();
        assert_eq!(error.error_type(), "Runtime.UnmarshalError");
        assert!(error.message().contains(says) && error.message().contains("aws:kafka"), "{error} of {event}");
    }
    for empty in [json!({"records": {}}), json!({"records": {"t-0": []}}), json!([])] {
        let outcome = lrt::kafka(three).harness().invoke(&empty).await;
        assert_eq!(outcome.body(), br#"{"batchItemFailures":[]}"#, "{empty}");
    }
}

#[tokio::test]
async fn unidentifiable_record_fails_the_batch() {
    let records =
        [json!(null), json!(7), json!({}), json!({"offset": null}), json!({"offset": "100"}), json!({"offset": -1})];
    for record in records.into_iter().chain([
        json!({"offset": 1.5}),
        json!({"offset": 9223372036854775808_u64}),
        json!({"offset": [1]}),
    ]) {
        let event = json!({"records": {"t-0": [{"offset": 0, "value": "MQ=="}, record]}});
        let outcome = lrt::kafka(three).harness().invoke(event).await;
        let error = outcome.error().unwrap();
        assert_eq!(error.error_type(), "Runtime.UnmarshalError");
        assert!(
            error.message().starts_with("invalid event: records[1] has no unambiguous `offset`"),
            "{error} of {record}"
        );
    }
}

#[tokio::test]
async fn malformed_record_fails_alone() {
    let log = async |invalid: &str| {
        let good = r#"{"topic":"t","partition":0,"offset":1,"value":"MQ=="}"#;
        let event = format!(r#"{{"records":{{"t-0":[{good},{invalid}]}}}}"#);
        let outcome = lrt::kafka(three).harness().invoke(event).await;
        assert_eq!(outcome.batch_failures(), ["t-0:2"], "{invalid}");
        outcome.logs()[0].clone()
    };
    for (value, says) in [
        (r#""not base64""#, "invalid record: `value` is malformed base64: Invalid symbol 32, offset 3"),
        ("7", "invalid record: `value` is not a string"),
        (r#""""#, "the payload is empty"),
        (r#""eA==""#, "the payload is not JSON"),
        (r#""H4sIAAAAAAAA""#, "the payload is gzip, not JSON"),
        (r#""MQ==","value":"MQ==""#, "duplicate field `value`"),
    ] {
        let line = log(&format!(r#"{{"topic":"t","partition":0,"offset":2,"value":{value}}}"#)).await;
        assert!(line.contains(says), "{line}");
    }
    async fn record(_: Record<Raw>) -> Result<(), lrt::Error> {
        Ok(())
    }
    let event = json!({"records": {"t-0": [{"offset": 2, "value": "", "key": "?"}]}});
    let outcome = lrt::kafka(record).harness().invoke(event).await;
    assert!(outcome.logs()[0].contains("invalid record: `key` is malformed base64"), "{:?}", outcome.logs());
}

#[tokio::test]
async fn record_layer_sees_payload_bytes_and_record_json() {
    let layer = tower::util::MapRequestLayer::new(|record: RawRecord| {
        assert_eq!(&*record.payload().unwrap(), b"\xff");
        let whole: Value = serde_json::from_str(record.json()).unwrap();
        assert_eq!((&whole["topic"], &whole["offset"]), (&json!("topic"), &json!(100)));
        record
    });
    async fn raw(_: Raw) -> Result<(), lrt::Error> {
        Ok(())
    }
    let outcome = lrt::kafka(raw).record_layer(layer).harness().invoke(events::kafka().bytes(b"\xff")).await;
    assert_eq!(outcome.batch_failures(), [""; 0]);
}

#[tokio::test]
async fn ten_thousand_records_in_seven_partitions_are_handled() {
    let event =
        (0..10_000).fold(events::kafka(), |event, n| event.partition(n % 7).json(&(if n == 9_999 { 3 } else { 1 })));
    let event = event.build();
    for concurrency in [1, 5] {
        let outcome = lrt::kafka(three).concurrency(concurrency).harness().invoke(&event).await;
        assert_eq!(outcome.batch_failures(), [format!("topic-{}:{}", 9_999 % 7, 100 + 9_999 / 7)]);
    }
}
