//! The log of a function's process.

// A release build has no `RuntimeApi`.
#![cfg(debug_assertions)]
// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

mod support;

use lrt::testing::{Event, IntoEvent, RuntimeApi, events, insta};
use serde_json::{Value, json};
use std::ffi::OsStr;
use support::{Ended, Process};

const LOGGER: &str = env!("CARGO_BIN_EXE_logger");

/// What is said of the ids that each invocation has.
const TRACE: &str = "Root=1-5e1;Parent=53f;Sampled=1";

/// Runs a function on such events, and ends it with a signal once it waits for another.
fn run(env: &[(&str, &str)], payloads: &[Value]) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let api = RuntimeApi::start().await.unwrap();
        let mut all = vec![("AWS_LAMBDA_RUNTIME_API", OsStr::new(api.address())), ("RUST_BACKTRACE", OsStr::new("0"))];
        if !env.iter().any(|(name, _)| *name == "_HANDLER") {
            all.push(("_HANDLER", OsStr::new("logger")));
        }
        all.extend(env.iter().map(|(name, value)| (*name, OsStr::new(*value))));
        let process = Process::start(LOGGER, &[], &all);
        for (n, payload) in payloads.iter().enumerate() {
            let event = Event::new(payload.to_string()).request_id(format!("r-{n}"));
            let event = event.header("Lambda-Runtime-Trace-Id", TRACE);
            api.invoke(event.header("Lambda-Runtime-Aws-Tenant-Id", "blue")).await;
        }
        if !env.contains(&("LOGGER_INIT", "panic")) {
            api.next_waiting().await;
            process.signal("-TERM");
        } else {
            api.init_error().await;
        }
        process.ended()
    })
}

fn log(env: &[(&str, &str)], payloads: &[Value]) -> String {
    let ended = run(env, payloads);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), ""), "{ended:?}");
    if env.contains(&("AWS_LAMBDA_LOG_FORMAT", "JSON")) {
        return ended.stderr.lines().map(|line| redacted(line) + "\n").collect();
    }
    ended.stderr
}

/// A line of JSON without its time.
fn redacted(line: &str) -> String {
    assert!(serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}")).is_object());
    let (time, rest) = line.strip_prefix(r#"{"timestamp":""#).unwrap().split_once('"').unwrap();
    assert_eq!((time.len(), time.ends_with('Z')), (24, true), "{time}");
    format!(r#"{{"timestamp":"[time]"{rest}"#)
}

fn task(name: &str) -> Value {
    json!({ "do": name })
}

#[test]
fn text_is_for_people() {
    let payloads = [task("levels"), json!({ "do": "fields", "item": "green tea" }), task("elsewhere"), task("fail")];
    insta::assert_snapshot!(log(&[], &payloads), @"");
}

#[test]
fn json_is_for_lambda() {
    let payloads = [task("levels"), json!({ "do": "fields", "item": "green tea" }), task("elsewhere"), task("fail")];
    insta::assert_snapshot!(log(&[("AWS_LAMBDA_LOG_FORMAT", "JSON")], &payloads), @"");
}

#[test]
fn each_level_is_honoured() {
    let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let mut all = String::new();
    for level in levels {
        let log = log(&[("AWS_LAMBDA_LOG_LEVEL", level), ("RUST_LOG", "off")], &[task("levels"), task("fail")]);
        all += &format!("{level}\n{log}\n");
    }
    insta::assert_snapshot!(all, @"");
}

#[test]
fn rust_log_has_levels_and_targets() {
    insta::assert_snapshot!(log(&[("RUST_LOG", "error,library=warn")], &[task("levels")]), @"");
}

#[test]
fn what_is_odd_in_the_environment_is_a_line_each_and_the_default_is_taken() {
    let env = [("AWS_LAMBDA_LOG_FORMAT", "yaml"), ("AWS_LAMBDA_LOG_LEVEL", "loud"), ("RUST_LOG", "warn,app=loud")];
    insta::assert_snapshot!(log(&env, &[task("levels")]), @"");
}

#[test]
fn a_panic_is_one_line() {
    for format in ["Text", "JSON"] {
        let log = log(&[("AWS_LAMBDA_LOG_FORMAT", format)], &[task("panic"), task("panic_elsewhere")]);
        insta::assert_snapshot!(format!("a_panic_is_one_line_{format}"), log);
    }
}

#[test]
fn an_init_that_panics_is_one_line_at_any_level() {
    for (format, level) in [("Text", "ERROR"), ("JSON", "FATAL")] {
        let env = [("LOGGER_INIT", "panic"), ("AWS_LAMBDA_LOG_FORMAT", format), ("AWS_LAMBDA_LOG_LEVEL", "FATAL")];
        let ended = run(&env, &[]);
        assert_eq!((ended.code, ended.stderr.lines().count()), (Some(1), 1), "{ended:?}");
        assert!(ended.stderr.contains(level), "{ended:?}");
        let said = "init failed: Function.Panic: panicked at tests/functions/src/bin/logger.rs:";
        assert!(ended.stderr.contains(said), "{ended:?}");
    }
}

#[test]
fn a_subscriber_of_the_inits_wins() {
    let log = log(&[("LOGGER_INIT", "subscriber"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")], &[]);
    assert!(log.contains("in init"), "{log}");
}

#[test]
fn a_logger_of_the_inits_wins() {
    insta::assert_snapshot!(log(&[("LOGGER_INIT", "logger")], &[task("levels")]), @"");
}

#[test]
fn each_line_has_its_records_id() {
    let bodies: Vec<String> = (0..8).map(|n| n.to_string()).collect();
    let messages = bodies.iter().fold(events::sqs(), |messages, body| messages.text(body));
    let payload: Value = serde_json::from_slice(&messages.into_event().unwrap()).unwrap();
    let ids: Vec<&str> =
        payload["Records"].as_array().unwrap().iter().map(|r| r["messageId"].as_str().unwrap()).collect();
    let env = [("_HANDLER", "records"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
    let log = log(&env, &[payload.clone()]);
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for message in ["started", "all have started"] {
        let mut of_message: Vec<&Value> = lines.iter().filter(|line| line["message"] == message).collect();
        of_message.sort_by_key(|line| line["body"].as_str());
        assert_eq!(of_message.len(), 8, "{log}");
        for (line, (body, id)) in of_message.iter().zip(bodies.iter().zip(&ids)) {
            assert_eq!(
                (&line["body"], &line["recordId"], &line["requestId"]),
                (&json!(body), &json!(id), &json!("r-0"))
            );
            assert_eq!((&line["tenantId"], &line["xrayTraceId"]), (&json!("blue"), &json!(TRACE)));
        }
    }
    let failed: Vec<&Value> = lines.iter().filter(|line| line["errorType"] == "Error").collect();
    assert_eq!(failed.len(), 1, "{log}");
    assert_eq!((&failed[0]["recordId"], &failed[0]["errorMessage"]), (&json!(ids[3]), &json!("not 3")));
}
