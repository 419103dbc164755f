//! `cargo run -- sample`: prints an event for `cargo run -- invoke -`.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::{Ended, PROBE, Process, scratch};
use serde_json::{Value, json};
use std::ffi::OsStr;

const FIRST_MESSAGE: &str = "8a4c2f1e-6d0b-4b57-9e3a-2f5d7c1b9e60";

const RECORDS: &str = env!("CARGO_BIN_EXE_records");

const KINDS: &str = env!("CARGO_BIN_EXE_kinds");

const MANY_FUNCTIONS: &str = env!("CARGO_BIN_EXE_many_functions");

fn run(program: &str, args: &[&str], kind: &str, stdin: &str) -> Ended {
    let mut process = Process::start(program, args, &[("RECORDS_OF", OsStr::new(kind))]);
    process.stdin(stdin.as_bytes());
    process.ended()
}

/// Invokes the sample of a kind, and returns the output on stderr.
fn invoked(kind: &str) -> String {
    let sample = run(RECORDS, &["sample"], kind, "");
    assert_eq!(sample.code, Some(0), "{sample:?}");
    assert_eq!(sample.stderr.lines().count(), 1, "{sample:?}");
    // Pretty-printed, to be read and edited.
    assert!(sample.stdout.starts_with("{\n  \""), "{sample:?}");
    let ended = run(RECORDS, &["invoke", "-"], kind, &sample.stdout);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "{\"batchItemFailures\":[]}\n"), "{ended:?}");
    ended.stderr
}

#[test]
fn sqs_sample_can_be_invoked() {
    let handled = "\
        8a4c2f1e-6d0b-4b57-9e3a-2f5d7c1b9e60: {\"id\":1,\"item\":\"tea\",\"quantity\":2}\n\
        c19b7e54-3f82-4a06-b1d5-70e8a6f42d9c: {\"id\":2,\"item\":\"cup\",\"quantity\":1}\n";
    assert_eq!(invoked("sqs"), handled);
}

#[test]
fn dynamodb_sample_can_be_invoked() {
    let handled = "\
        100000000000000000001: {\n          \"id\": {\n            \"S\": \"tea\"\n          }\n        }\n\
        100000000000000000002: {\n          \"id\": {\n            \"S\": \"tea\"\n          }\n        }\n";
    assert_eq!(invoked("dynamodb"), handled);
}

#[test]
fn kinesis_sample_can_be_invoked() {
    let handled = "\
        kitchen: {\"celsius\":21.5,\"sensor\":\"kitchen\"}\n\
        kitchen: {\"celsius\":22.0,\"sensor\":\"kitchen\"}\n";
    assert_eq!(invoked("kinesis"), handled);
}

#[test]
fn kafka_sample_can_be_invoked() {
    let handled = "\
        orders-0:100: {\"id\":1,\"item\":\"tea\"}\n\
        orders-0:101: {\"id\":2,\"item\":\"cup\"}\n";
    assert_eq!(invoked("kafka"), handled);
}

#[test]
fn samples_of_other_triggers_can_be_invoked() {
    let queued = "{\"batchItemFailures\":[]}\n";
    for (function, body, reply) in [
        ("uploads", None, "null\n"),
        ("uploads", Some("\"a b.jpg\""), "null\n"),
        ("queued_uploads", None, queued),
        ("placed", None, "\"shop\"\n"),
        ("placed", Some("{\"id\":7}"), "\"shop\"\n"),
        ("tick", None, "\"Scheduled Event\"\n"),
        ("nightly", None, "1\n"),
    ] {
        let body = body.map_or(vec![], |body| vec!["--body", body]);
        let sample = run(KINDS, &[&["sample", function][..], &body].concat(), "", "");
        assert_eq!(sample.code, Some(0), "{sample:?}");
        let ended = run(KINDS, &["invoke", function, "-"], "", &sample.stdout);
        assert_eq!((ended.code, &*ended.stdout), (Some(0), reply), "{function}: {ended:?}");
    }
    let sample = run(KINDS, &["sample", "clicks"], "", "");
    let ended = run(KINDS, &["invoke", "clicks", "-"], "", &sample.stdout);
    let reply: Value = serde_json::from_str(&ended.stdout).unwrap();
    let results = reply["records"].as_array().unwrap().iter().map(|record| &record["result"]);
    assert_eq!(results.collect::<Vec<_>>(), ["Ok", "Ok"]);
    let ended = run(KINDS, &["sample", "uploads", "--body", "7"], "", "");
    assert_eq!(ended.stderr, "ERROR the --body of an S3 event is the key of an object, as a JSON string\n");
}

#[test]
fn json_sample_says_that_any_event_is_accepted() {
    let sample = run(MANY_FUNCTIONS, &["sample", "echo"], "", "");
    assert_eq!(sample.code, Some(0), "{sample:?}");
    assert_eq!(serde_json::from_str::<Value>(&sample.stdout).unwrap(), json!({"name": "Ada"}));
    assert_eq!(sample.stderr, "an example: replace it with any JSON that the function accepts\n");
}

/// Otherwise the function's own `invoke` would reject it.
#[test]
fn example_that_the_type_does_not_accept_is_not_printed() {
    let sample = run(PROBE, &["sample"], "", "");
    assert_eq!((sample.code, &*sample.stdout), (Some(2), ""), "{sample:?}");
    let start = "ERROR no sample of the function's event type: pass content that it accepts with --body (an example is rejected: ";
    assert!(sample.stderr.starts_with(start) && sample.stderr.contains("`do`"), "{sample:?}");
    assert_eq!(sample.stderr.lines().count(), 1, "{sample:?}");
    let sample = run(PROBE, &["sample", "--body", r#"{"name":"Ada"}"#], "", "");
    assert_eq!((sample.code, &*sample.stdout), (Some(2), ""), "{sample:?}");
    assert!(sample.stderr.starts_with("ERROR the function rejects the event with this --body: "), "{sample:?}");
}

#[test]
fn sample_of_another_kind_is_rejected() {
    let sample = run(RECORDS, &["sample"], "sqs", "");
    let ended = run(RECORDS, &["invoke", "-"], "dynamodb", &sample.stdout);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let error: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(error["errorMessage"], "expected an event from aws:dynamodb, got one from aws:sqs");
}

/// Invokes the sample of a kind with a body, and returns the output on stderr.
fn invoked_with(kind: &str, body: &str, stdin: &str) -> String {
    let sample = run(RECORDS, &["sample", "--body", body], kind, stdin);
    assert_eq!(sample.code, Some(0), "{sample:?}");
    assert_eq!(sample.stderr.lines().count(), 1, "{sample:?}");
    let ended = run(RECORDS, &["invoke", "-"], kind, &sample.stdout);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "{\"batchItemFailures\":[]}\n"), "{ended:?}");
    ended.stderr
}

#[test]
fn body_option_reaches_the_function() {
    let order = r#"{"id":7,"item":"tea"}"#;
    assert_eq!(invoked_with("sqs", order, ""), format!("{FIRST_MESSAGE}: {order}\n"));
    assert_eq!(invoked_with("sqs", "-", order), format!("{FIRST_MESSAGE}: {order}\n"));
    let file = scratch("body.json");
    std::fs::write(&file, format!("{order}\n")).unwrap();
    assert_eq!(invoked_with("kinesis", &format!("@{}", file.display()), ""), format!("key-1: {order}\n"));
    assert_eq!(invoked_with("kafka", order, ""), format!("topic-0:100: {order}\n"));
    assert!(invoked_with("dynamodb", order, "").starts_with("100000000000000000001: "));
    let event = run(PROBE, &["sample", "--body", r#"{"do": "echo", "value": 1.50}"#], "", "");
    assert_eq!(run(PROBE, &["invoke", "-"], "", &event.stdout).stdout, "1.5\n");
}

#[test]
fn invalid_body_option_is_one_line() {
    for (kind, body, stdin, wrong) in [
        ("sqs", "{", "", "invalid JSON in --body: EOF while parsing an object at line 1 column 1"),
        ("sqs", "-", "a", "invalid JSON in standard input: expected value at line 1 column 1"),
        ("sqs", "@/no/such/file", "", "cannot read /no/such/file: No such file or directory (os error 2)"),
        ("dynamodb", "7", "", "cannot serialize the item for DynamoDB: expected a struct or a map"),
    ] {
        let ended = run(RECORDS, &["sample", "--body", body], kind, stdin);
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{ended:?}");
        assert_eq!(ended.stderr, format!("ERROR {wrong}\n"));
    }
}

#[test]
fn sample_accepts_only_a_function_name() {
    let ended = run(PROBE, &["sample", "sqs"], "", "");
    assert_eq!((ended.code, &*ended.stdout), (Some(2), ""));
    assert_eq!(
        ended.stderr,
        "ERROR unknown function \"sqs\": the only function is `probe`, and its name is optional\n"
    );
    assert!(run(PROBE, &["--help"], "", "").stdout.contains("cargo run -- sample\n"));
}
