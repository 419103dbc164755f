//! The log output of a function that runs as a process.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::{Ended, Process};
use lrt::testing::{Event, IntoEvent, RuntimeApi, events, insta};
use serde_json::{Value, json};
use std::ffi::OsStr;

const LOGGER: &str = env!("CARGO_BIN_EXE_logger");

/// Trace id of each invocation.
const TRACE: &str = "Root=1-5e1;Parent=53f;Sampled=1";

/// Runs a function on events, and terminates it when it waits for the next event. Returns its log output.
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
            process.terminate();
        } else {
            api.init_error().await;
        }
        process.ended()
    })
}

fn log(env: &[(&str, &str)], payloads: &[Value]) -> String {
    let ended = run(env, payloads);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), ""), "{ended:?}");
    let stderr = without_places(&ended.stderr);
    if env.contains(&("AWS_LAMBDA_LOG_FORMAT", "JSON")) {
        return stderr.lines().map(|line| redacted(line) + "\n").collect();
    }
    stderr
}

/// Replaces line numbers in files, which change with the file.
fn without_places(log: &str) -> String {
    const FILE: &str = "logger.rs:";
    let mut parts = log.split(FILE);
    let first = parts.next().unwrap().to_owned();
    // The form is 65 or 65:24. A colon and a space follow only in panic messages.
    parts.fold(first, |text, part| {
        let place = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let rest = match place.strip_prefix(':') {
            Some(column) if column.starts_with(|c: char| c.is_ascii_digit()) => {
                column.trim_start_matches(|c: char| c.is_ascii_digit())
            }
            _ => place,
        };
        text + FILE + "[line]" + rest
    })
}

/// Removes the timestamp of a JSON line.
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
fn text_format() {
    let payloads = [task("levels"), json!({ "do": "fields", "item": "green tea" }), task("elsewhere"), task("fail")];
    insta::assert_snapshot!(log(&[], &payloads), @r#"
    INFO logger: in init
    INFO RequestId: r-0 TenantId: blue logger: of info xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue logger: of warn xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: of error xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue library: warn\nof log xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: in a span attempt=1 id=7 xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-1 TenantId: blue logger: line one\nline two item="green tea" level=mine error=order 7 failed: invalid digit found in string xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    INFO RequestId: r-2 TenantId: blue logger: in a task xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    INFO logger: on a thread
    INFO RequestId: r-2 TenantId: blue logger: after the reply xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-3 TenantId: blue OrderError: order 7 failed: invalid digit found in string xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    "#);
}

#[test]
fn json_format() {
    let payloads = [task("levels"), json!({ "do": "fields", "item": "green tea" }), task("elsewhere"), task("fail")];
    insta::assert_snapshot!(log(&[("AWS_LAMBDA_LOG_FORMAT", "JSON")], &payloads), @r#"
    {"timestamp":"[time]","level":"INFO","message":"in init","target":"logger"}
    {"timestamp":"[time]","level":"INFO","message":"of info","requestId":"r-0","tenantId":"blue","xrayTraceId":"Root=1-5e1;Parent=53f;Sampled=1","target":"logger"}
    {"timestamp":"[time]","level":"WARN","message":"of warn","requestId":"r-0","tenantId":"blue","xrayTraceId":"Root=1-5e1;Parent=53f;Sampled=1","target":"logger"}
    {"timestamp":"[time]","level":"ERROR","message":"of error","requestId":"r-0","tenantId":"blue","xrayTraceId":"Root=1-5e1;Parent=53f;Sampled=1","target":"logger"}
    {"timestamp":"[time]","level":"WARN","message":"warn\nof log","requestId":"r-0","tenantId":"blue","xrayTraceId":"Root=1-5e1;Parent=53f;Sampled=1","target":"library","file":"tests/functions/src/bin/logger.rs:[line]"}
    {"timestamp":"[time]","level":"ERROR","message":"in a span","requestId":"r-0","tenantId":"blue","xrayTraceId":"Root=1-5e1;Parent=53f;Sampled=1","target":"logger","attempt":1,"id":7}
    {"timestamp":"[time]","level":"ERROR","message":"line one\nline two","requestId":"r-1","tenantId":"blue","xrayTraceId":"Root=1-5e1;Parent=53f;Sampled=1","target":"logger","errorType":"Error","errorMessage":"order 7 failed","stackTrace":["invalid digit found in string"],"item":"green tea","level_":"mine","error":"order 7 failed: invalid digit found in string"}
    {"timestamp":"[time]","level":"INFO","message":"in a task","requestId":"r-2","tenantId":"blue","xrayTraceId":"Root=1-5e1;Parent=53f;Sampled=1","target":"logger"}
    {"timestamp":"[time]","level":"INFO","message":"on a thread","target":"logger"}
    {"timestamp":"[time]","level":"INFO","message":"after the reply","requestId":"r-2","tenantId":"blue","xrayTraceId":"Root=1-5e1;Parent=53f;Sampled=1","target":"logger"}
    {"timestamp":"[time]","level":"ERROR","message":"OrderError: order 7 failed: invalid digit found in string","requestId":"r-3","tenantId":"blue","xrayTraceId":"Root=1-5e1;Parent=53f;Sampled=1","target":"lrt","errorType":"OrderError","errorMessage":"order 7 failed","stackTrace":["invalid digit found in string"]}
    "#);
}

#[test]
fn each_level_is_respected() {
    let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let mut all = String::new();
    for level in levels {
        let log = log(&[("AWS_LAMBDA_LOG_LEVEL", level), ("RUST_LOG", "off")], &[task("levels"), task("fail")]);
        all += &format!("{level}\n{log}\n");
    }
    insta::assert_snapshot!(all, @r#"
    TRACE
    INFO logger: in init
    TRACE RequestId: r-0 TenantId: blue logger: of trace xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    DEBUG RequestId: r-0 TenantId: blue logger: of debug xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    INFO RequestId: r-0 TenantId: blue logger: of info xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue logger: of warn xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: of error xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    DEBUG RequestId: r-0 TenantId: blue logger: debug of log xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue library: warn\nof log xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: in a span attempt=1 id=7 xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-1 TenantId: blue OrderError: order 7 failed: invalid digit found in string xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1

    DEBUG
    INFO logger: in init
    DEBUG RequestId: r-0 TenantId: blue logger: of debug xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    INFO RequestId: r-0 TenantId: blue logger: of info xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue logger: of warn xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: of error xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    DEBUG RequestId: r-0 TenantId: blue logger: debug of log xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue library: warn\nof log xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: in a span attempt=1 id=7 xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-1 TenantId: blue OrderError: order 7 failed: invalid digit found in string xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1

    INFO
    INFO logger: in init
    INFO RequestId: r-0 TenantId: blue logger: of info xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue logger: of warn xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: of error xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue library: warn\nof log xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: in a span attempt=1 id=7 xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-1 TenantId: blue OrderError: order 7 failed: invalid digit found in string xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1

    WARN
    WARN RequestId: r-0 TenantId: blue logger: of warn xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: of error xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue library: warn\nof log xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: in a span attempt=1 xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-1 TenantId: blue OrderError: order 7 failed: invalid digit found in string xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1

    ERROR
    ERROR RequestId: r-0 TenantId: blue logger: of error xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: in a span attempt=1 xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-1 TenantId: blue OrderError: order 7 failed: invalid digit found in string xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1

    FATAL
    "#);
}

#[test]
fn rust_log_has_levels_and_targets() {
    insta::assert_snapshot!(log(&[("RUST_LOG", "error,library=warn")], &[task("levels")]), @r#"
    ERROR RequestId: r-0 TenantId: blue logger: of error xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue library: warn\nof log xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: in a span attempt=1 xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    "#);
}

#[test]
fn invalid_settings_are_reported_and_defaults_apply() {
    let env = [("AWS_LAMBDA_LOG_FORMAT", "yaml"), ("AWS_LAMBDA_LOG_LEVEL", "loud"), ("RUST_LOG", "warn,app=loud")];
    insta::assert_snapshot!(log(&env, &[task("levels")]), @r#"
    WARN ignoring invalid AWS_LAMBDA_LOG_FORMAT="yaml" (expected JSON or Text)
    WARN ignoring invalid AWS_LAMBDA_LOG_LEVEL="loud" (expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL)
    WARN ignoring invalid directive "app=loud" in RUST_LOG (expected LEVEL or TARGET=LEVEL)
    WARN RequestId: r-0 TenantId: blue logger: of warn xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: of error xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue library: warn\nof log xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: in a span attempt=1 xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    "#);
}

#[test]
fn panic_is_one_line() {
    for format in ["Text", "JSON"] {
        let log = log(&[("AWS_LAMBDA_LOG_FORMAT", format)], &[task("panic"), task("panic_elsewhere")]);
        insta::assert_snapshot!(format!("panic_is_one_line_{format}"), log);
    }
}

#[test]
fn panic_in_init_is_one_line_at_any_level() {
    for (format, level) in [("Text", "ERROR"), ("JSON", "FATAL")] {
        let env = [("LOGGER_INIT", "panic"), ("AWS_LAMBDA_LOG_FORMAT", format), ("AWS_LAMBDA_LOG_LEVEL", "FATAL")];
        let ended = run(&env, &[]);
        assert_eq!((ended.code, ended.stderr.lines().count()), (Some(1), 1), "{ended:?}");
        assert!(ended.stderr.contains(level), "{ended:?}");
        let said = "init failed: Function.Panic: panicked at tests/functions/src/bin/logger.rs:";
        assert!(ended.stderr.contains(said), "{ended:?}");
    }
}

/// lrt's subscriber is not yet installed for other threads.
#[test]
fn panic_on_another_thread_during_init_has_the_configured_format() {
    let log = log(&[("LOGGER_INIT", "elsewhere"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")], &[]);
    insta::assert_snapshot!(log, @r#"
    {"timestamp":"[time]","level":"INFO","message":"in init","target":"logger"}
    {"timestamp":"[time]","level":"ERROR","message":"panicked at tests/functions/src/bin/logger.rs:[line]: on a thread","target":"lrt"}
    {"timestamp":"[time]","level":"ERROR","message":"panicked at tests/functions/src/bin/logger.rs:[line]: in blocking work","target":"lrt"}
    "#);
}

/// Events before its installation are logged by lrt, later ones by the subscriber.
#[test]
fn subscriber_installed_by_init_receives_all_events() {
    let payloads = [task("levels"), task("elsewhere"), task("fail"), task("panic")];
    insta::assert_snapshot!(log(&[("LOGGER_INIT", "subscriber")], &payloads), @r#"
    INFO logger: in init
    own: span invocation requestId="r-0" tenantId="blue" xrayTraceId="Root=1-5e1;Parent=53f;Sampled=1"
    own: TRACE logger message=of trace in 1 spans
    own: DEBUG logger message=of debug in 1 spans
    own: INFO logger message=of info in 1 spans
    own: WARN logger message=of warn in 1 spans
    own: ERROR logger message=of error in 1 spans
    own: span order id=7
    own: ERROR logger message=in a span attempt=1 in 2 spans
    own: span invocation requestId="r-1" tenantId="blue" xrayTraceId="Root=1-5e1;Parent=53f;Sampled=1"
    own: INFO logger message=in a task in 0 spans
    own: INFO logger message=on a thread in 1 spans
    own: span wait_until requestId="r-1" tenantId="blue" xrayTraceId="Root=1-5e1;Parent=53f;Sampled=1"
    own: INFO logger message=after the reply in 1 spans
    own: span invocation requestId="r-2" tenantId="blue" xrayTraceId="Root=1-5e1;Parent=53f;Sampled=1"
    own: ERROR lrt message=OrderError: order 7 failed: invalid digit found in string requestId="r-2" in 1 spans
    own: span invocation requestId="r-3" tenantId="blue" xrayTraceId="Root=1-5e1;Parent=53f;Sampled=1"
    own: ERROR lrt message=Function.Panic: panicked at tests/functions/src/bin/logger.rs:[line]: no
    stock requestId="r-3" in 1 spans
    "#);
}

#[test]
fn logger_installed_by_init_receives_all_records() {
    insta::assert_snapshot!(log(&[("LOGGER_INIT", "logger")], &[task("levels")]), @r#"
    INFO logger: in init
    INFO RequestId: r-0 TenantId: blue logger: of info xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    WARN RequestId: r-0 TenantId: blue logger: of warn xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    ERROR RequestId: r-0 TenantId: blue logger: of error xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    own: DEBUG logger debug of log
    own: WARN library warn
    of log
    ERROR RequestId: r-0 TenantId: blue logger: in a span attempt=1 id=7 xrayTraceId=Root=1-5e1;Parent=53f;Sampled=1
    "#);
}

#[test]
fn each_line_has_the_id_of_its_record() {
    let bodies: Vec<String> = (0..8).map(|n| n.to_string()).collect();
    let messages = bodies.iter().fold(events::sqs(), |messages, body| messages.json(body));
    let payload: Value = serde_json::from_slice(&messages.into_event().unwrap()).unwrap();
    let ids: Vec<&str> =
        payload["Records"].as_array().unwrap().iter().map(|r| r["messageId"].as_str().unwrap()).collect();
    let env = [("_HANDLER", "records"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
    let log = log(&env, std::slice::from_ref(&payload));
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

#[test]
fn decode_error_of_a_record_in_a_batch_is_logged() {
    let payload = serde_json::from_slice(&events::sqs().json(&1).text("no JSON").into_event().unwrap()).unwrap();
    let log = log(&[("_HANDLER", "whole"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")], &[payload]);
    let line: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!((&line["errorType"], &line["recordId"]), (&json!("DecodeError"), &json!("message-2")), "{log}");
    assert!(line["message"].as_str().unwrap().contains(" failed: DecodeError: the payload is not JSON: "), "{log}");
}

#[test]
fn each_line_has_the_id_of_its_invocation_among_concurrent_ones() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = runtime.block_on(async {
        let api = RuntimeApi::builder().concurrency(8).start().await.unwrap();
        let variables =
            [("_HANDLER", "logger"), ("AWS_LAMBDA_MAX_CONCURRENCY", "8"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
        let mut env = vec![("AWS_LAMBDA_RUNTIME_API", OsStr::new(api.address()))];
        env.extend(variables.map(|(name, value)| (name, OsStr::new(value))));
        let process = Process::start(LOGGER, &[], &env);
        let event = |n: usize| Event::new(json!({ "do": "together", "n": n }).to_string()).request_id(format!("r-{n}"));
        let pending: Vec<_> = (0..8).map(|n| api.send(event(n))).collect();
        for answer in pending {
            answer.await;
        }
        api.next_waiting().await;
        process.terminate();
        process.ended()
    });
    let lines: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for message in ["started", "all have started"] {
        let of_message: Vec<&Value> = lines.iter().filter(|line| line["message"] == message).collect();
        assert_eq!(of_message.len(), 8, "{ended:?}");
        assert!(of_message.iter().all(|line| line["requestId"] == format!("r-{}", line["n"])), "{ended:?}");
    }
    let failed: Vec<&Value> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(failed.len(), 1, "{ended:?}");
    assert_eq!((&failed[0]["requestId"], &failed[0]["errorType"]), (&json!("r-3"), &json!("OrderError")));
}
