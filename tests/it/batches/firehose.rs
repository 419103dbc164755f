//! Firehose: the reply has one result for each record, whatever the function does.

use crate::batches::support::{ON_PURPOSE, proptest_config, quiet_panics};
use crate::samples::{kind, samples};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lrt::batch::DecodeError;
use lrt::firehose::{Record, Transform};
use lrt::payload::{Raw, Text};
use lrt::testing::{Outcome, TestContext, events};
use lrt::{BoxError, Context, Error};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::time::Duration;

/// Returns id, result and decoded data of each record in the reply.
#[track_caller]
fn results(outcome: &Outcome) -> Vec<(String, String, String)> {
    let reply: Value = outcome.reply();
    let records = reply["records"].as_array().unwrap_or_else(|| panic!("{reply}"));
    let text = |record: &Value, name: &str| record[name].as_str().unwrap_or_else(|| panic!("{record}")).to_owned();
    let data = |record: &Value| String::from_utf8(STANDARD.decode(text(record, "data")).unwrap()).unwrap();
    records.iter().map(|record| (text(record, "recordId"), text(record, "result"), data(record))).collect()
}

/// Does what the record says.
async fn obey(Text(order): Text) -> Result<Transform<Text>, Error> {
    match &*order {
        "error" => Err(Error::named("Busy", "not now")),
        "permanent" => Err(Error::permanent(Error::named("Never", "no"))),
        "panic" => panic!("{ON_PURPOSE}: a record"),
        "hang" => std::future::pending().await,
        "drop" => Ok(Transform::Dropped),
        "wait" => {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(Transform::Ok(Text("waited".to_owned())))
        }
        other => Ok(Transform::Ok(Text(other.to_uppercase()))),
    }
}

fn harness_of(concurrency: usize) -> lrt::testing::Harness<impl lrt::Handler> {
    let context = TestContext::new().deadline_in(Duration::from_secs(3));
    lrt::firehose(obey).concurrency(concurrency).harness().context(context)
}

#[test]
fn each_record_is_answered_exactly_once_with_its_id() {
    quiet_panics();
    let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let order = prop_oneof![
        4 => Just("data"), 1 => Just("error"), 1 => Just("permanent"), 1 => Just("panic"), 1 => Just("hang"),
        1 => Just("drop"), 1 => Just("wait")
    ];
    let case = (prop::collection::vec((order, any::<bool>()), 0..20), 1..6_usize);
    let run = |(orders, concurrency): (Vec<(&str, bool)>, usize)| {
        // A third of the identifiers contains characters that JSON escapes.
        let id = |n: usize| if n.is_multiple_of(3) { format!("id \"{n}\"\u{1}") } else { format!("id-{n}") };
        let records = orders.iter().enumerate().map(|(n, (order, valid))| match valid {
            true => events::firehose_record().text(*order).record_id(id(n)),
            false => events::firehose_record().bytes(b"\xff".to_vec()).record_id(id(n)),
        });
        let event = records.fold(events::firehose(), |event, record| event.record(record));
        let outcome = clock.block_on(harness_of(concurrency).invoke(event));
        let reply: Value = outcome.reply();
        let answered = reply["records"].as_array().unwrap();
        prop_assert_eq!(answered.len(), orders.len());
        // Records are started one after the other, and those after a record that hangs may not be.
        let hangs = orders.iter().filter(|(order, valid)| *valid && *order == "hang").count();
        for (n, ((order, valid), answer)) in orders.iter().zip(answered).enumerate() {
            prop_assert_eq!(answer["recordId"].as_str(), Some(&*id(n)));
            let expected = match (*valid, *order) {
                (true, "data") => ("Ok", "DATA"),
                (true, "wait") => ("Ok", "waited"),
                (true, "drop") => ("Dropped", ""),
                (true, order) => ("ProcessingFailed", order),
                (false, _) => ("ProcessingFailed", "\u{fffd}"),
            };
            let data = STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
            let data = String::from_utf8_lossy(&data);
            let result = answer["result"].as_str().unwrap();
            let not_started = hangs >= concurrency && result == "ProcessingFailed";
            prop_assert!(
                (result, &*data) == expected || not_started,
                "{}: {} {}, expected {:?}",
                n,
                result,
                data,
                expected
            );
            prop_assert_eq!(answer.as_object().unwrap().len(), 3);
        }
        Ok(())
    };
    TestRunner::new(proptest_config()).run(&case, run).unwrap();
}

#[tokio::test(start_paused = true)]
async fn failed_records_are_logged_and_keep_their_data() {
    quiet_panics();
    let event =
        ["a", "error", "permanent", "panic", "hang"].iter().fold(events::firehose(), |event, text| event.text(*text));
    let outcome = harness_of(1).invoke(event).await;
    let results: Vec<_> = results(&outcome).into_iter().map(|(_, result, data)| (result, data)).collect();
    let failed = |data: &str| ("ProcessingFailed".to_owned(), data.to_owned());
    let expected =
        [("Ok".to_owned(), "A".to_owned()), failed("error"), failed("permanent"), failed("panic"), failed("hang")];
    assert_eq!(results, expected);
    let consequence = "; Firehose delivers it to the error output of the destination";
    for says in ["Busy: not now", "Never: no", "Function.Panic", "Function.Timeout"] {
        let lines: Vec<_> = outcome.logs().iter().filter(|line| line.contains(says)).collect();
        assert!(lines.len() == 1 && lines[0].contains(consequence), "{says}: {:?}", outcome.logs());
    }
    assert!(outcome.logs()[4].contains("1 of 5 records succeeded, 4 failed, 0 not started"), "{:?}", outcome.logs());
}

#[tokio::test]
async fn data_is_json_text_or_bytes_with_partition_keys() {
    async fn json(n: u32) -> Result<Transform<Vec<u32>>, Error> {
        Ok(Transform::Ok(vec![n, n]).partition_key("n", n).partition_key("a \"b\"", "c"))
    }
    async fn raw(Raw(bytes): Raw, ctx: Context) -> Result<Transform<Raw>, Error> {
        assert!(!ctx.request_id().is_empty());
        Ok(Transform::Ok(Raw(bytes)))
    }
    async fn whole(record: Record<u32>) -> Result<Transform<String>, Error> {
        let parts = (record.id.to_string(), record.partition_key.as_deref(), record.arrived_at.is_some());
        assert_eq!(parts, ("r1".to_owned(), Some("k"), true));
        Ok(Transform::Ok("seven".to_owned()))
    }
    async fn dropped(_: Text) -> Result<Transform<()>, Error> {
        Ok(Transform::Dropped.partition_key("n", 1))
    }
    async fn attempt(n: Result<Record<u32>, DecodeError>) -> Result<Transform<Text>, Error> {
        Ok(Transform::Ok(Text(n.map_or_else(|error| error.to_string(), |record| record.data.to_string()))))
    }
    let event = || events::firehose().record(events::firehose_record().text("7").record_id("r1").partition_key("k"));
    let one = |outcome: &Outcome| outcome.reply::<Value>()["records"][0].clone();
    let outcome = lrt::firehose(json).harness().invoke(event()).await;
    let metadata = json!({"partitionKeys": {"n": "7", "a \"b\"": "c"}});
    assert_eq!(
        one(&outcome),
        json!({"recordId": "r1", "result": "Ok", "data": STANDARD.encode("[7,7]"), "metadata": metadata})
    );
    let outcome = lrt::firehose(raw).harness().invoke(event()).await;
    assert_eq!(one(&outcome)["data"], "Nw==");
    let outcome = lrt::firehose(whole).harness().invoke(event()).await;
    assert_eq!(one(&outcome)["data"], STANDARD.encode("\"seven\""));
    let outcome = lrt::firehose(dropped).harness().invoke(event()).await;
    assert_eq!(one(&outcome), json!({"recordId": "r1", "result": "Dropped", "data": ""}));
    let outcome = lrt::firehose(attempt).harness().invoke(events::firehose().text("x").text("8")).await;
    let data: Vec<_> = results(&outcome).into_iter().map(|(_, _, data)| data).collect();
    assert!(data[0].starts_with("the payload is not JSON") && data[1] == "8", "{data:?}");
}

#[tokio::test]
async fn data_that_cannot_be_serialized_fails_its_record() {
    async fn map(n: u32) -> Result<Transform<std::collections::HashMap<(u32, u32), u32>>, Error> {
        Ok(Transform::Ok([((n, n), n)].into()))
    }
    let outcome = lrt::firehose(map).harness().invoke(events::firehose().text("1")).await;
    assert_eq!(results(&outcome)[0].1, "ProcessingFailed");
    assert!(outcome.logs()[0].contains("key must be a string"), "{:?}", outcome.logs());
}

#[tokio::test]
async fn results_that_do_not_fit_into_the_reply_fail_and_the_others_are_delivered() {
    /// Returns as many bytes as the record says.
    async fn grow(size: usize) -> Result<Transform<Text>, Error> {
        Ok(Transform::Ok(Text("x".repeat(size))))
    }
    const LIMIT: usize = 6 * 1024 * 1024;
    for (sizes, expected) in [
        (&[1_000_000, 3_000_000, 10][..], &["Ok", "Ok", "Ok"][..]),
        (&[1_000_000, 5_000_000, 10], &["Ok", "ProcessingFailed", "Ok"]),
        (&[2_000_000; 5], &["Ok", "Ok", "ProcessingFailed", "ProcessingFailed", "ProcessingFailed"]),
        (&[50_000_000, 1], &["ProcessingFailed", "Ok"]),
    ] {
        let event = sizes.iter().fold(events::firehose(), |event, size| event.json(size));
        let outcome = lrt::firehose(grow).harness().invoke(event).await;
        assert!(outcome.body().len() <= LIMIT, "{} bytes", outcome.body().len());
        let results: Vec<_> = results(&outcome).into_iter().map(|(_, result, _)| result).collect();
        assert_eq!(results, expected, "{sizes:?}");
        let failed = expected.iter().filter(|result| **result != "Ok").count();
        let says =
            format!("the results of {failed} of {} records do not fit into the reply of at most 6 MB", sizes.len());
        assert_eq!(outcome.logs().iter().filter(|line| line.contains(&says)).count(), usize::from(failed > 0));
    }
}

/// Fills the reply to its last byte, around the limit.
#[tokio::test]
async fn reply_of_exactly_6_mb_is_delivered() {
    async fn grow(size: usize) -> Result<Transform<Text>, Error> {
        Ok(Transform::Ok(Text("x".repeat(size))))
    }
    let reply_of = async |size: usize, id: &str| {
        let record = events::firehose_record().json(&size).record_id(id);
        lrt::firehose(grow).harness().invoke(events::firehose().record(record)).await
    };
    const LIMIT: usize = 6 * 1024 * 1024;
    // Without the identifier and the data.
    let overhead = r#"{"records":[{"recordId":"","result":"Ok","data":""}]}"#.len();
    for rest in 0..4 {
        // Base64 has groups of four bytes, and the identifier fills the remainder.
        let id = "i".repeat(10 + rest);
        let size = (LIMIT - overhead - id.len()) / 4 * 3;
        let outcome = reply_of(size, &id).await;
        assert_eq!((outcome.body().len(), &*results(&outcome)[0].1), (LIMIT - (LIMIT - overhead - id.len()) % 4, "Ok"));
        let outcome = reply_of(size + 3, &id).await;
        assert_eq!(results(&outcome)[0].1, "ProcessingFailed");
    }
}

/// A layer may fail a record that the function has transformed.
#[tokio::test]
async fn record_that_a_layer_fails_is_not_delivered() {
    let layer = tower::layer::layer_fn(|inner| {
        tower::util::AndThen::new(inner, |()| async { Err::<(), BoxError>("the audit log is full".into()) })
    });
    let outcome = lrt::firehose(obey).record_layer(layer).harness().invoke(events::firehose().text("a")).await;
    assert_eq!(results(&outcome)[0].1, "ProcessingFailed");
}

#[tokio::test]
async fn sample_events_are_answered() {
    async fn unchanged(Raw(bytes): Raw) -> Result<Transform<Raw>, Error> {
        Ok(Transform::Ok(Raw(bytes)))
    }
    let files: Vec<_> = samples().into_iter().filter(|file| kind(file) == "firehose").collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let event: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let outcome = lrt::firehose(unchanged).harness().invoke(&event).await;
        let reply: Value = outcome.reply();
        for (record, answer) in event["records"].as_array().unwrap().iter().zip(reply["records"].as_array().unwrap()) {
            let fields = ["recordId", "data"].map(|name| &record[name]);
            assert_eq!(["recordId", "data"].map(|name| &answer[name]), fields, "{}", file.display());
            assert_eq!(answer["result"], "Ok");
        }
    }
}

#[tokio::test]
async fn invalid_events_are_errors_and_invalid_records_are_not() {
    let invoke = async |event: Value| lrt::firehose(obey).harness().invoke(event).await;
    for (event, error) in [
        (events::kinesis().text("1").build(), "missing field `records` (expected an event from aws:firehose)"),
        (json!({"records": [{"data": "YQ=="}]}), "records[0] has no unambiguous `recordId`"),
        (json!({"records": [{"recordId": "", "data": "YQ=="}]}), "records[0] has no unambiguous `recordId`"),
        (json!({"records": 7}), "expected an array of records"),
    ] {
        let outcome = invoke(event.clone()).await;
        let found = outcome.error().unwrap_or_else(|| panic!("{event} was accepted")).message().to_owned();
        assert!(found.contains(error), "{event}: {found}");
    }
    for record in
        [json!({}), json!({"data": null}), json!({"data": 7}), json!({"data": "%"}), json!({"data": {"a": "b"}})]
    {
        let mut record = record;
        record["recordId"] = "r1".into();
        let outcome = invoke(json!({"records": [{"recordId": "r0", "data": "YQ=="}, record]})).await;
        let reply: Value = outcome.reply();
        assert_eq!(reply["records"][0]["result"], "Ok", "{reply}");
        assert_eq!(
            (&reply["records"][1]["recordId"], &reply["records"][1]["result"]),
            (&json!("r1"), &json!("ProcessingFailed"))
        );
        assert!(reply["records"][1]["data"].is_string(), "{reply}");
    }
    let empty = invoke(json!({"records": []})).await;
    assert_eq!(empty.reply::<Value>(), json!({"records": []}));
}
