//! The probe under the real AWS Lambda Runtime Interface Emulator.

// The emulator runs on Linux only.
#![cfg(target_os = "linux")]
// In tests, `unwrap` is an assertion.
use crate::support::rie::{NEXT, REQUEST, Rie};
use crate::support::scratch;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const LIMIT: usize = 6_291_556;

/// Returns an event of this size in bytes, and its value. A lost or moved byte changes the value.
fn echo(bytes: usize) -> (String, String) {
    let event = |value: &str| format!(r#"{{"do":"echo","value":{value}}}"#);
    let text: String = ('a'..='w').cycle().take(bytes - event(r#""""#).len()).collect();
    let value = format!(r#""{text}""#);
    (event(&value), value)
}

/// Asserts that the log contains these parts in order.
#[track_caller]
fn assert_in_order(log: &str, parts: &[&str]) {
    let mut rest = log;
    for part in parts {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("no {part:?} after those before it, in {log}")).1;
    }
}

#[test]
fn payloads_of_all_sizes_are_echoed_over_one_connection() {
    let Some(rie) = Rie::start_with_proxy() else { return };
    for _ in 0..3 {
        for bytes in [2_047, 2_048, 2_049, 100_000, 5_900_000] {
            let (event, value) = echo(bytes);
            assert_eq!(event.len(), bytes);
            let response = rie.post(&[], &event);
            assert_eq!(response.status, 200);
            assert!(response.body == value, "{bytes} bytes came back as {} others", response.body.len());
        }
    }
    let connections: Vec<_> =
        rie.proxy().connections().into_iter().filter(|connection| connection.request_starts_with(NEXT)).collect();
    assert_eq!(connections.len(), 1);
    // Three of the five sizes are over 2,048 bytes.
    assert_eq!(connections[0].count_received("Transfer-Encoding: chunked"), 9);
}

#[test]
fn error_reaches_the_caller_with_its_cause() {
    let Some(rie) = Rie::start(&[]) else { return };
    let response = rie.invoke(json!({ "do": "error" }));
    let error = json!({
        "errorType": "ProbeError",
        "errorMessage": "the probe failed",
        "stackTrace": ["invalid digit found in string"],
    });
    assert_eq!(response.json(), error);
    assert_eq!(rie.invoke(json!({ "do": "echo", "value": 1 })).body, "1");
    assert_in_order(&rie.stop(), &["/error, ", "Lambda-Runtime-Function-Error-Type:[Function.ProbeError]"]);
}

#[test]
fn panic_reaches_the_caller_and_the_process_continues() {
    let Some(rie) = Rie::start(&[]) else { return };
    let error = rie.invoke(json!({ "do": "panic" })).json();
    assert_eq!(error["errorType"], "Function.Panic");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("panicked at ") && message.contains("src/bin/probe.rs:"), "{message}");
    assert!(message.ends_with(": the probe panics"), "{message}");
    assert_eq!(rie.invoke(json!({ "do": "context" })).json()["cold_start"], false);
}

#[test]
fn payload_of_the_wrong_type_is_an_error_with_its_position() {
    let Some(rie) = Rie::start(&[]) else { return };
    for (event, place) in [
        (r#"{"do":"sleep","ms":1e400}"#, "number out of range at ms, line 1 column 24"),
        (r#"{"do":"size"}"#, "missing field `bytes`"),
        ("null", "at line 1 column 4"),
        ("", "at line 1 column 2"),
        ("{", "at line 1 column 1"),
    ] {
        let error = rie.post(&[], event).json();
        assert_eq!(error["errorType"], "Runtime.UnmarshalError", "{event}");
        let message = error["errorMessage"].as_str().unwrap();
        assert!(message.contains(place), "{event}: {message}");
    }
    assert_eq!(rie.invoke(json!({ "do": "context" })).json()["cold_start"], false);
}

#[test]
fn init_error_reaches_the_caller() {
    let Some(rie) = Rie::start(&[("PROBE_INIT", "error")]) else { return };
    let response = rie.invoke(json!({ "do": "context" }));
    assert_eq!(response.status, 502);
    let error = json!({
        "errorType": "ProbeError",
        "errorMessage": "the probe failed",
        "stackTrace": ["invalid digit found in string"],
    });
    assert_eq!(response.json(), error);
    assert_in_order(&rie.stop(), &["ProbeError: the probe failed", "/init/error", "exit status 1"]);
}

#[test]
fn init_panic_reaches_the_caller() {
    let Some(rie) = Rie::start(&[("PROBE_INIT", "panic")]) else { return };
    let response = rie.invoke(json!({ "do": "context" }));
    assert_eq!(response.status, 502);
    let error = response.json();
    assert_eq!(error["errorType"], "Function.Panic");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("panicked at ") && message.ends_with(": init panics"), "{message}");
    assert_in_order(&rie.stop(), &["Function.Panic: panicked at ", "/init/error", "exit status 1"]);
}

#[test]
fn timeout_is_answered_before_lambda_kills_the_process() {
    let Some(rie) = Rie::start(&[("AWS_LAMBDA_FUNCTION_TIMEOUT", "1")]) else { return };
    let start = Instant::now();
    let response = rie.invoke(json!({ "do": "sleep", "ms": 3_600_000 }));
    assert!(start.elapsed() > Duration::from_millis(800), "the guard came early: {:?}", start.elapsed());
    // The emulator's own response would be "Task timed out after 1.00 seconds".
    assert_eq!(response.json()["errorType"], "Function.Timeout");
    assert_eq!(rie.invoke(json!({ "do": "context" })).json()["cold_start"], false);
}

#[test]
fn context_matches_the_emulator() {
    let env = [
        ("AWS_LAMBDA_FUNCTION_NAME", "probe"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "7"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_TIMEOUT", "30"),
    ];
    let Some(rie) = Rie::start(&env) else { return };
    let headers = [
        // {"custom":{"a":"b"}} in base64, which the emulator decodes.
        ("X-Amz-Client-Context", "eyJjdXN0b20iOnsiYSI6ImIifX0="),
        ("X-Amz-Cognito-Identity", r#"{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}"#),
        ("X-Amz-Tenant-Id", "blue"),
    ];
    let context = rie.post(&headers, r#"{"do":"context"}"#).json();
    assert_eq!(context["function_arn"], "arn:aws:lambda:us-east-1:012345678912:function:probe");
    assert_eq!(context["function_name"], "probe");
    assert_eq!(context["version"], "7");
    assert_eq!(context["memory_mb"], 256);
    assert_eq!(context["log_group"], "/aws/lambda/Functions");
    assert_eq!(context["log_stream"], "$LATEST");
    assert!((20_000..=30_000).contains(&context["remaining_ms"].as_u64().unwrap()), "{context}");
    assert_eq!(context["client_context"], r#"{"custom":{"a":"b"}}"#);
    assert_eq!(context["tenant_id"], "blue");
    assert_eq!(context["cold_start"], true);
    let identity: Value = serde_json::from_str(context["identity"].as_str().unwrap()).unwrap();
    assert_eq!(identity["cognitoIdentityId"], "i");

    let second = rie.invoke(json!({ "do": "context" })).json();
    assert_eq!(second["cold_start"], false);
    for absent in ["client_context", "identity", "tenant_id"] {
        assert_eq!(second[absent], Value::Null, "{absent}");
    }
    let started = |context: &Value| format!("START RequestId: {} ", context["request_id"].as_str().unwrap());
    assert_in_order(&rie.stop(), &[&started(&context), &started(&second)]);
}

#[test]
fn wait_until_work_runs_between_the_reply_and_the_next_event() {
    let Some(rie) = Rie::start(&[]) else { return };
    let file = scratch("rie-waited");
    assert_eq!(rie.invoke(json!({ "do": "wait_until", "ms": 50, "file": file })).body, "null");
    // In this mode, the emulator returns the response when the next event is requested.
    assert_eq!(std::fs::read_to_string(file).unwrap(), "waited");
    assert_eq!(rie.invoke(json!({ "do": "context" })).json()["cold_start"], false);
    let [begins, waited] = ["probe begins", "probe has waited"];
    assert_in_order(&rie.stop(), &[begins, "/response, ", waited, NEXT, begins, "/response, ", NEXT]);
}

#[test]
fn reply_over_6_mb_is_an_error_with_both_sizes() {
    let Some(rie) = Rie::start(&[]) else { return };
    // Two of the bytes are quotes.
    let response = rie.invoke(json!({ "do": "size", "bytes": LIMIT - 2 }));
    assert_eq!((response.status, response.body.len()), (200, LIMIT));
    let error = rie.invoke(json!({ "do": "size", "bytes": LIMIT - 1 })).json();
    assert_eq!(error["errorType"], "Function.ResponseSizeTooLarge");
    let message = format!("reply too large: {} bytes (limit: {LIMIT})", LIMIT + 1);
    assert_eq!(error["errorMessage"], message);
    assert_eq!(rie.invoke(json!({ "do": "context" })).json()["cold_start"], false);
}

#[test]
fn sigterm_while_idle_runs_shutdown_without_errors() {
    let file = scratch("rie-shutdown");
    let Some(rie) = Rie::start(&[("PROBE_SHUTDOWN", file.to_str().unwrap())]) else { return };
    assert_eq!(rie.invoke(json!({ "do": "echo", "value": 1 })).body, "1");
    assert!(!file.exists());
    let log = rie.stop();
    assert_eq!(std::fs::read_to_string(file).unwrap(), "shutdown");
    assert_in_order(&log, &["/extension/register", "/extension/event/next", NEXT, "Reset initiated"]);
    assert!(!log.contains("ERROR") && !log.contains("WARN "), "{log}");
    // Each request was sent once: the extension's `register` and `next`, and the function's `next`, `response` and
    // `next`.
    assert_eq!(log.matches(REQUEST).count(), 5, "{log}");
}

#[test]
fn sigterm_during_an_invocation_leaves_time_for_shutdown() {
    let file = scratch("rie-shutdown-in-flight");
    let Some(rie) = Rie::start(&[("PROBE_SHUTDOWN", file.to_str().unwrap())]) else { return };
    let _running = rie.begin(json!({ "do": "sleep", "ms": 3_600_000 }));
    let log = rie.stop();
    assert_in_order(&log, &["Reset initiated", "Function.Timeout", "/error, "]);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "shutdown");
}

#[test]
fn sigterm_lets_an_invocation_and_its_wait_until_work_finish() {
    let (file, waited) = (scratch("rie-shutdown-in-time"), scratch("rie-shutdown-waited"));
    let Some(rie) = Rie::start(&[("PROBE_SHUTDOWN", file.to_str().unwrap())]) else { return };
    let _running = rie.begin(json!({ "do": "wait_until", "ms": 100, "file": waited }));
    let log = rie.stop();
    assert!(log.contains("/response, "), "{log}");
    assert_in_order(&log, &["Reset initiated", "probe has waited"]);
    assert_eq!(std::fs::read_to_string(waited).unwrap(), "waited");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "shutdown");
    assert!(!log.contains("ERROR ") && !log.contains("WARN "), "{log}");
}
