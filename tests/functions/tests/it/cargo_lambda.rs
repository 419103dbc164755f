//! The probe under cargo-lambda's emulator, whose Runtime API address has a scheme and a path.

// Each emulator has its own loopback address, which exists on Linux only.
#![cfg(target_os = "linux")]
// In tests, `unwrap` is an assertion.
use crate::support::cargo_lambda::CargoLambda;
use serde_json::{Value, json};

#[test]
fn function_is_invoked_over_http_under_each_name() {
    for name in ["probe", "_"] {
        let Some(emulator) = CargoLambda::start(name) else { return };
        let response = emulator.post(json!({ "do": "echo", "value": { "a": [1, "ä"] } }));
        assert_eq!((response.status, response.json()), (200, json!({ "a": [1, "ä"] })), "{name}");
    }
}

#[test]
fn function_is_invoked_by_cargo_lambda_invoke() {
    let Some(emulator) = CargoLambda::start("probe") else { return };
    let ended = emulator.invoke(json!({ "do": "echo", "value": [1, "ä"] }), &[]);
    assert_eq!((ended.code, ended.stdout.trim()), (Some(0), r#"[1,"ä"]"#), "{ended:?}");
    let ended = emulator.invoke(json!({ "do": "error" }), &[]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("ProbeError") && ended.stderr.contains("the probe failed"), "{ended:?}");
}

#[test]
fn consecutive_events_are_each_handled_once() {
    let Some(emulator) = CargoLambda::start("probe") else { return };
    for value in 0..50 {
        assert_eq!(emulator.post(json!({ "do": "echo", "value": value })).json(), value);
    }
    let long = "x".repeat(1_000_000);
    assert_eq!(emulator.post(json!({ "do": "echo", "value": long })).json(), long);
    let (ended, _) = emulator.stop();
    assert_eq!(ended.stderr, "probe begins\n".repeat(51));
}

#[test]
fn errors_and_panics_reach_the_caller_and_the_process_continues() {
    let Some(emulator) = CargoLambda::start("probe") else { return };
    let response = emulator.post(json!({ "do": "error" }));
    let error = json!({
        "errorType": "ProbeError",
        "errorMessage": "the probe failed",
        "stackTrace": ["invalid digit found in string"],
    });
    assert_eq!((response.status, response.json()), (500, error));
    let response = emulator.post(json!({ "do": "panic" }));
    assert_eq!((response.status, &response.json()["errorType"]), (500, &json!("Function.Panic")));
    assert_eq!(emulator.post(json!({ "do": "context" })).json()["cold_start"], false);
}

#[test]
fn context_matches_the_emulator() {
    let Some(emulator) = CargoLambda::start("probe") else { return };
    let ended = emulator.invoke(json!({ "do": "context" }), &["--client-context-ascii", r#"{"custom":{"a":"b"}}"#]);
    let context: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("invalid JSON: {ended:?}"));
    assert_eq!(context["client_context"], "eyJjdXN0b20iOnsiYSI6ImIifX0=");
    assert_eq!(context["function_arn"], "function-arn");
    assert_eq!(context["cold_start"], true);
    assert!(context["trace_id"].as_str().unwrap().starts_with("Root=1-"), "{context}");
    let second = emulator.post(json!({ "do": "context" })).json();
    assert_eq!((&second["client_context"], &second["cold_start"]), (&Value::Null, &json!(false)));
    assert_ne!(second["request_id"], context["request_id"]);
}

#[test]
fn deadline_in_1970_is_ignored() {
    let Some(emulator) = CargoLambda::start("probe") else { return };
    let context = emulator.post(json!({ "do": "context" })).json();
    assert_eq!(context["remaining_ms"], 15 * 60 * 1000);
    // The deadline is first checked when the function waits.
    assert_eq!(emulator.post(json!({ "do": "sleep", "ms": 100 })).body, "null");
}

#[test]
fn interrupt_runs_shutdown() {
    let Some(emulator) = CargoLambda::start("probe") else { return };
    assert_eq!(emulator.post(json!({ "do": "echo", "value": 1 })).body, "1");
    let (ended, shutdown) = emulator.stop();
    assert_eq!((ended.code, &*ended.stderr), (Some(0), "probe begins\n"));
    assert_eq!(shutdown, "shutdown");
}
