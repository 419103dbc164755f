//! Functions have the same answers on both loops under the Runtime Interface Emulator and `cargo lambda watch`.

// The emulators run on Linux only.
#![cfg(target_os = "linux")]

use crate::emulator::{Emulator, SeenResponse};
use crate::http::{from_each_origin, requests_for_router};
use crate::process::{Loop, event};
use lrt::testing::{Event, events};
use serde_json::json;

/// Starts a program under an emulator.
type Start = fn(&str, Loop) -> Option<Emulator>;

/// Asserts that the responses on both loops are the same, and returns them. Returns `None` if the emulator is not installed.
fn same<T>(
    start: Start,
    program: &str,
    requests: &[T],
    send: impl Fn(&Emulator, &T) -> SeenResponse,
) -> Option<Vec<SeenResponse>>
where
    T: std::fmt::Debug,
{
    let responses = |on| {
        let emulator = start(program, on)?;
        Some(requests.iter().map(|request| send(&emulator, request)).collect::<Vec<_>>())
    };
    let (expected, found) = (responses(Loop::LambdaRuntime)?, responses(Loop::Lrt)?);
    for ((request, expected), found) in requests.iter().zip(&expected).zip(&found) {
        assert_eq!(found, expected, "{program}: {request:?}");
    }
    Some(found)
}

/// Asserts that both loops have the same answers to these payloads.
fn same_answers(start: Start, program: &str, payloads: &[&str]) -> Option<Vec<SeenResponse>> {
    same(start, program, payloads, |emulator, payload| emulator.invoke(payload.as_bytes()))
}

/// Returns false if the emulator is not installed.
fn functions_are_the_same(start: Start) -> bool {
    let sqs = event(events::sqs().text("tea").text("coffee"));
    let sqs = String::from_utf8_lossy(sqs.payload());
    let message = r#""no \"tea\"\n\u001f é""#;
    let cases: &[(&str, &[&str])] = &[
        ("context", &[r#"{"tea":1}"#]),
        ("text", &["1", "{}"]),
        ("unit", &["null"]),
        ("order", &[r#"{"id":1,"items":[{"name":"tea","count":2}]}"#, r#"{"id":1}"#, "[1]", "tea"]),
        ("sqs", &[&sqs, r#"{"Records":[]}"#]),
        ("response", &[r#"{"tea":1}"#, "[1,2]", "[]"]),
        ("stream", &[r#"["one","","two"]"#, "[]"]),
        ("boxed-error", &[message]),
        ("io-error", &[message]),
        ("string-error", &[message]),
        ("str-error", &["1"]),
        ("diagnostic", &["3"]),
        ("panic", &[r#""str""#, r#""coffee""#, "1"]),
        ("panic-in-call", &["false", "true"]),
    ];
    cases.iter().all(|(program, payloads)| same_answers(start, program, payloads).is_some())
}

fn http_events_are_the_same(start: Start) {
    let same =
        |program, events: Vec<Event>| same(start, program, &events, |emulator, event| emulator.invoke(event.payload()));
    let mut events = from_each_origin("POST", "/tea/green%20leaf?cups=2&cups=%C3%A9", Some(&json!({"sugar": 1})));
    for reply in ["text", "binary", "empty", "error", "panic"] {
        events.extend(from_each_origin("GET", &format!("/?reply={reply}"), None));
    }
    events.extend([event(r#"{"tea":1}"#), event("1"), event("tea")]);
    let Some(responses) = same("http", events) else { return };
    assert!(responses[0].body.contains("green"), "{:?}", responses[0]);
    same("router", requests_for_router());
    same("streaming-router", requests_for_router());
}

#[test]
fn functions_have_the_same_answers_under_the_rie() {
    functions_are_the_same(Emulator::rie);
}

#[test]
fn http_events_have_the_same_answers_under_the_rie() {
    http_events_are_the_same(Emulator::rie);
}

#[test]
fn functions_have_the_same_answers_under_cargo_lambda() {
    functions_are_the_same(Emulator::cargo_lambda);
}

#[test]
fn http_events_have_the_same_answers_under_cargo_lambda() {
    http_events_are_the_same(Emulator::cargo_lambda);
}

/// A request to the function URL.
type Request = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static [u8]);

#[test]
fn requests_have_the_same_responses_under_cargo_lambda() {
    const JSON: &[(&str, &str)] = &[("Content-Type", "application/json"), ("Cookie", "a=1; b=2"), ("X-Many", "one")];
    const ORDER: &[u8] = br#"{"id":1,"items":[{"name":"tea","count":null}]}"#;
    let requests: &[Request] = &[
        ("GET", "/tea/green%20leaf?cups=2&cups=%C3%A9", &[], b""),
        ("POST", "/tea", JSON, ORDER),
        ("PUT", "/tea", &[("Content-Type", "application/octet-stream")], b"\0\xff\xfe"),
        ("GET", "/?reply=binary", &[], b""),
        ("GET", "/?reply=empty", &[], b""),
        ("GET", "/?reply=error", &[], b""),
        ("GET", "/?reply=panic", &[], b""),
    ];
    let send = |emulator: &Emulator, (method, target, headers, body): &Request| {
        emulator.request(method, target, headers, body)
    };
    let Some(responses) = same(Emulator::cargo_lambda, "http", requests, send) else { return };
    assert_eq!((responses[0].status, responses[4].status), (201, 204));
    let requests: &[Request] = &[
        ("POST", "/orders", JSON, ORDER),
        ("POST", "/orders", JSON, b"{"),
        ("GET", "/tea/green?cups=2", &[], b""),
        ("GET", "/png", &[], b""),
        ("GET", "/cookies", &[], b""),
        ("GET", "/coffee", &[], b""),
        ("DELETE", "/orders", &[], b""),
    ];
    for program in ["router", "streaming-router"] {
        let responses = same(Emulator::cargo_lambda, program, requests, send).unwrap();
        assert_eq!((responses[0].status, responses[3].status), (200, 200), "{program}");
        assert_eq!(responses[3].body, r"\x00\x9f\x92\x96", "{program}");
    }
}
