//! The local Lambda with boto3, AWS's SDK for Python.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::boto3::Boto3;
use crate::support::{PROBE, Process};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Serves the probe with these arguments, and returns its address.
fn serve(args: &[&str]) -> (Process, String) {
    let process = Process::start(PROBE, &[&["--port", "0"], args].concat(), &[]);
    let line = process.stdout_line();
    let address = line.strip_prefix("`probe` is served at http://").and_then(|rest| rest.split(' ').next());
    let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
    process.stdout_line();
    (process, address)
}

/// Returns the result of a call.
fn call(address: &str, event: &Value, parameters: Value) -> Option<Value> {
    Some(Boto3::plain(address, "probe", &event.to_string(), &parameters)?.next())
}

fn payload(said: &Value) -> Value {
    serde_json::from_str(said["Payload"].as_str().unwrap_or_else(|| panic!("{said}"))).unwrap()
}

#[test]
fn replies_and_errors_match_the_lambda_service() {
    let (_process, address) = serve(&[]);
    let Some(said) = call(&address, &json!({ "do": "echo", "value": [1] }), json!({ "LogType": "Tail" })) else {
        return;
    };
    assert_eq!((&said["StatusCode"], &said["ExecutedVersion"]), (&json!(200), &json!("$LATEST")));
    assert_eq!((payload(&said), &said["FunctionError"]), (json!([1]), &Value::Null));
    let (id, log) = (said["RequestId"].as_str().unwrap(), said["Log"].as_str().unwrap());
    assert!(
        log.starts_with(&format!("START RequestId: {id} Version: $LATEST\nprobe begins\nEND RequestId: {id}\n")),
        "{log}"
    );

    let said = call(&address, &json!({ "do": "error" }), json!({})).unwrap();
    assert_eq!((&said["StatusCode"], &said["FunctionError"]), (&json!(200), &json!("Unhandled")));
    assert_eq!(payload(&said)["errorType"], "ProbeError");
    // The process exits during the invocation, and is replaced for the next event.
    let said = call(&address, &json!({ "do": "exit", "code": 7 }), json!({})).unwrap();
    assert_eq!((&said["StatusCode"], &said["FunctionError"]), (&json!(200), &json!("Unhandled")));
    let message =
        format!("RequestId: {} Error: Runtime exited with error: exit status 7", said["RequestId"].as_str().unwrap());
    assert_eq!(payload(&said), json!({ "errorType": "Runtime.ExitError", "errorMessage": message }));
    let context = json!({ "ClientContext": "eyJjdXN0b20iOnt9fQ==" });
    let said = call(&address, &json!({ "do": "context" }), context).unwrap();
    assert_eq!(payload(&said)["client_context"], r#"{"custom":{}}"#);
}

#[test]
fn asynchronous_invocations_and_dry_runs_have_no_payload() {
    let (process, address) = serve(&[]);
    let event = json!({ "do": "print", "out": "it ran", "err": "" });
    let Some(said) = call(&address, &event, json!({ "InvocationType": "DryRun" })) else { return };
    assert_eq!((&said["StatusCode"], &said["Payload"]), (&json!(204), &json!("")));
    let said = call(&address, &event, json!({ "InvocationType": "Event" })).unwrap();
    assert_eq!((&said["StatusCode"], &said["Payload"]), (&json!(202), &json!("")));
    process.wait_for_stderr("probe begins");
    process.wait_for_stderr("it ran");
    process.signal("-INT");
    let ended = process.ended();
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "the dry run ran");
}

#[test]
fn rejected_calls_raise_the_exceptions_of_the_lambda_service() {
    let (_process, address) = serve(&[]);
    for (function, payload, parameters, exception) in [
        ("other", "{}", json!({}), "ResourceNotFoundException"),
        ("probe", "{", json!({}), "InvalidRequestContentException"),
        ("probe", "6291557x", json!({}), "RequestTooLargeException"),
        ("probe", "1048577x", json!({ "InvocationType": "Event" }), "RequestTooLargeException"),
        ("probe", "{}", json!({ "ClientContext": "W10=" }), "InvalidRequestContentException"),
    ] {
        let Some(client) = Boto3::plain(&address, function, payload, &parameters) else { return };
        assert_eq!(client.next()["exception"], exception, "{function} {payload}");
    }
}

#[test]
fn timeout_in_one_of_two_environments_does_not_affect_the_other() {
    let (process, address) = serve(&["--concurrency", "2", "--timeout", "6"]);
    let begin = |event: Value| Boto3::plain(&address, "probe", &event.to_string(), &json!({}));
    let Some(blocks) = begin(json!({ "do": "block", "ms": 3_600_000 })) else { return };
    process.wait_for_stderr("probe begins");
    let start = Instant::now();
    // In the same environment, the second event would wait for six seconds.
    let said = begin(json!({ "do": "echo", "value": 1 })).unwrap().next();
    assert_eq!(payload(&said), 1);
    let said = blocks.next();
    assert!(start.elapsed() >= Duration::from_secs(3), "{said}");
    assert_eq!((&said["StatusCode"], &said["FunctionError"]), (&json!(200), &json!("Unhandled")));
    let id = said["RequestId"].as_str().unwrap();
    let message = format!("RequestId: {id} Error: Task timed out after 6.00 seconds");
    assert_eq!(payload(&said), json!({ "errorType": "Sandbox.Timedout", "errorMessage": message }));
    assert_eq!(payload(&begin(json!({ "do": "echo", "value": 2 })).unwrap().next()), 2);
}
