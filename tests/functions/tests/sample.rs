//! `cargo run -- sample`, from outside: an event that goes into `cargo run -- invoke -` as it is.

// A release build has no local Lambda.
#![cfg(debug_assertions)]
// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use std::ffi::OsStr;
use support::{Ended, PROBE, Process};

const RECORDS: &str = env!("CARGO_BIN_EXE_records");

fn run(program: &str, args: &[&str], kind: &str, stdin: &str) -> Ended {
    let mut process = Process::start(program, args, &[("RECORDS_OF", OsStr::new(kind))]);
    process.stdin(stdin.as_bytes());
    process.ended()
}

/// The sample of a kind, invoked: what was printed on stderr.
fn invoked(kind: &str) -> String {
    let sample = run(RECORDS, &["sample"], kind, "");
    assert_eq!(sample.code, Some(0), "{sample:?}");
    assert_eq!(sample.stderr.lines().count(), 1, "{sample:?}");
    // For people to read and change.
    assert!(sample.stdout.starts_with("{\n  \""), "{sample:?}");
    let ended = run(RECORDS, &["invoke", "-"], kind, &sample.stdout);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "{\"batchItemFailures\":[]}\n"), "{ended:?}");
    ended.stderr
}

#[test]
fn a_sample_of_messages_can_be_invoked() {
    let handled = "\
        8a4c2f1e-6d0b-4b57-9e3a-2f5d7c1b9e60: {\"id\":1,\"item\":\"tea\",\"quantity\":2}\n\
        c19b7e54-3f82-4a06-b1d5-70e8a6f42d9c: {\"id\":2,\"item\":\"cup\",\"quantity\":1}\n";
    assert_eq!(invoked("sqs"), handled);
}

#[test]
fn a_sample_of_changes_can_be_invoked() {
    let handled = "\
        100000000000000000001: { \"id\": { \"S\": \"tea\" } }\n\
        100000000000000000002: { \"id\": { \"S\": \"tea\" } }\n";
    assert_eq!(invoked("dynamodb"), handled);
}

#[test]
fn a_sample_of_records_can_be_invoked() {
    let handled = "\
        kitchen: {\"celsius\":21.5,\"sensor\":\"kitchen\"}\n\
        kitchen: {\"celsius\":22.0,\"sensor\":\"kitchen\"}\n";
    assert_eq!(invoked("kinesis"), handled);
}

#[test]
fn a_sample_of_topics_can_be_invoked() {
    let handled = "\
        orders-0:100: {\"id\":1,\"item\":\"tea\"}\n\
        orders-0:101: {\"id\":2,\"item\":\"cup\"}\n";
    assert_eq!(invoked("kafka"), handled);
}

#[test]
fn a_sample_of_json_says_that_any_goes() {
    let sample = run(PROBE, &["sample"], "", "");
    assert_eq!(sample.code, Some(0), "{sample:?}");
    assert_eq!(serde_json::from_str::<Value>(&sample.stdout).unwrap(), json!({"name": "Ada"}));
    assert_eq!(sample.stderr, "an example: any JSON goes that the function takes\n");
}

#[test]
fn a_sample_of_another_event_is_told_apart() {
    let sample = run(RECORDS, &["sample"], "sqs", "");
    let ended = run(RECORDS, &["invoke", "-"], "dynamodb", &sample.stdout);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let error: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(error["errorMessage"], "the event is of aws:sqs, and this function takes events of aws:dynamodb");
}

#[test]
fn sample_takes_the_name_of_a_function_and_nothing_else() {
    let ended = run(PROBE, &["sample", "sqs"], "", "");
    assert_eq!((ended.code, &*ended.stdout), (Some(2), ""));
    assert_eq!(ended.stderr, "ERROR no function is called \"sqs\": it is `probe`, which need not be named\n");
    assert!(run(PROBE, &["--help"], "", "").stdout.contains("cargo run -- sample\n"));
}
