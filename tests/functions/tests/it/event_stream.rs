//! `InvokeWithResponseStream` of the local Lambda, with boto3 and a plain client.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::boto3::Boto3;
use crate::support::local_server::{serve, serve_with};
use crate::support::{OpenRequest, Response, send};
use base64::Engine as _;
use serde_json::{Value, json};

const CHUNKS: &str = env!("CARGO_BIN_EXE_chunks");
const PROBE: &str = env!("CARGO_BIN_EXE_probe");
const STREAMS: &str = env!("CARGO_BIN_EXE_streams");

fn path(function: &str) -> String {
    format!("/2021-11-15/functions/{function}/response-streaming-invocations")
}

fn post(address: &str, headers: &[(&str, &str)], body: &str) -> Response {
    send(address, "POST", &path("function"), headers, body)
}

/// Returns the name and the content of each event of a response.
fn events(response: &Response) -> Vec<(String, Vec<u8>)> {
    let mut bytes = &response.bytes[..];
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let (message, rest) = bytes.split_at(number(bytes));
        let (headers, payload) = message[12..message.len() - 4].split_at(number(&message[4..]));
        let headers = String::from_utf8_lossy(headers);
        let name = ["PayloadChunk", "InvokeComplete"].into_iter().find(|name| headers.contains(name)).unwrap();
        events.push((name.to_owned(), payload.to_vec()));
        bytes = rest;
    }
    events
}

/// Returns the payload of all chunks, and the content of the last event.
fn payload_and_end(response: &Response) -> (Vec<u8>, Value) {
    assert_eq!((response.status, response.header("Content-Type")), (200, Some("application/vnd.amazon.eventstream")));
    let mut events = events(response);
    let (last, end) = events.pop().unwrap();
    assert!(last == "InvokeComplete" && events.iter().all(|(name, _)| name == "PayloadChunk"), "{events:?}");
    (events.into_iter().flat_map(|(_, payload)| payload).collect(), serde_json::from_slice(&end).unwrap())
}

#[test]
fn boto3_receives_each_chunk_as_it_is_produced() {
    let (_process, address) = serve(CHUNKS, "chunks");
    let waiting = json!({ "chunks": ["first"], "then": "wait" });
    let Some(client) = Boto3::invoke(&address, "chunks", &waiting, None) else { return };
    let head = client.next();
    assert_eq!((&head["status"], &head["version"]), (&json!(200), &json!("$LATEST")));
    assert_eq!(head["content_type"], "application/vnd.amazon.eventstream");
    assert!(head["request_id"].as_str().is_some_and(|id| id.len() == 36), "{head}");
    // The function never ends the stream, so the chunk was sent before the end.
    assert_eq!(client.next(), json!({ "chunk": "first" }));
    // After the client has disconnected, the next event is handled.
    drop(client);
    let event = json!({ "chunks": ["a", "", "b\u{0}"] });
    let seen = Boto3::invoke(&address, "chunks", &event, None).unwrap().rest();
    assert_eq!(seen[1..], [json!({ "chunk": "a" }), json!({ "chunk": "b\u{0}" }), json!({ "InvokeComplete": {} })]);
}

#[test]
fn boto3_receives_the_error_of_a_failed_stream() {
    let (_process, address) = serve(CHUNKS, "chunks");
    let details = |seen: &Value| -> Value {
        serde_json::from_str(seen["InvokeComplete"]["ErrorDetails"].as_str().unwrap()).unwrap()
    };
    for (event, chunks, code, message) in [
        (json!({ "chunks": ["a"], "then": "error" }), 1, "Function.Late", "the stream fails"),
        (json!({ "chunks": ["a", "b"], "then": "panic" }), 2, "Function.Panic", "the stream panics"),
        (json!({ "then": "error" }), 0, "Function.Late", "the stream fails"),
        (json!({ "chunks": 1 }), 0, "Runtime.UnmarshalError", "invalid type"),
    ] {
        let Some(client) = Boto3::invoke(&address, "chunks", &event, None) else { return };
        let seen = client.rest();
        assert_eq!(seen.len(), 1 + chunks + 1, "{event}: {seen:?}");
        let end = seen.last().unwrap();
        assert_eq!(end["InvokeComplete"]["ErrorCode"], code, "{event}");
        let error = details(end);
        assert!(error["errorMessage"].as_str().unwrap().contains(message), "{error}");
        assert_eq!(
            code.split_once('.').unwrap().1,
            error["errorType"].as_str().unwrap().replace("Runtime.", "").replace("Function.", "")
        );
    }
}

#[test]
fn boto3_raises_the_exceptions_of_the_lambda_service() {
    let (_process, address) = serve(CHUNKS, "chunks");
    let seen = |function, kind| {
        Boto3::invoke(&address, function, &json!({}), kind).map(|client| client.rest()).map(|mut seen| seen.remove(0))
    };
    let Some(unknown) = seen("other", None) else { return };
    assert_eq!(unknown["exception"], "ResourceNotFoundException");
    let later = seen("chunks", Some("Event")).unwrap();
    assert_eq!(later["exception"], "InvalidParameterValueException");
    assert!(later["message"].as_str().unwrap().ends_with("(expected one of RequestResponse, DryRun)"), "{later}");
    assert_eq!(seen("chunks", Some("DryRun")).unwrap()["status"], 204);
}

#[test]
fn buffered_reply_is_one_chunk() {
    let (_process, address) = serve(PROBE, "probe");
    let response = post(&address, &[], r#"{"do":"size","bytes":100000}"#);
    assert_eq!(events(&response).len(), 2);
    let (payload, end) = payload_and_end(&response);
    assert_eq!((payload.len(), end), (100_002, json!({})));
    assert_eq!(response.header("X-Amz-Executed-Version"), Some("$LATEST"));
    assert!(response.header("x-amzn-RequestId").is_some());

    let (payload, end) = payload_and_end(&post(&address, &[], r#"{"do":"error"}"#));
    assert_eq!((payload.len(), &end["ErrorCode"]), (0, &json!("Function.ProbeError")));
    let details: Value = serde_json::from_str(end["ErrorDetails"].as_str().unwrap()).unwrap();
    assert_eq!(details["errorMessage"], "the probe failed");
}

#[test]
fn output_of_an_http_function_is_forwarded_unchanged() {
    let (_process, address) = serve(STREAMS, "streams");
    let sample = crate::support::Process::start(STREAMS, &["sample"], &[]).ended();
    let mut event: Value = serde_json::from_str(&sample.stdout).unwrap();
    for (path, status, sent, code) in
        [("/", 200, "first,second", Value::Null), ("/broken", 200, "first,", json!("Function.Broken"))]
    {
        event["rawPath"] = path.into();
        let (payload, end) = payload_and_end(&post(&address, &[], &event.to_string()));
        let payload = String::from_utf8(payload).unwrap();
        let (prelude, body) = payload.split_once("\0\0\0\0\0\0\0\0").expect("a delimiter");
        let prelude: Value = serde_json::from_str(prelude).unwrap();
        assert_eq!((&prelude["statusCode"], body, &end["ErrorCode"]), (&json!(status), sent, &code), "{path}");
    }
}

/// The response has one payload: chunks before the failure are not returned.
#[test]
fn plain_invoke_of_a_failed_stream_returns_its_error() {
    let (_process, address) = serve(CHUNKS, "chunks");
    let invoke = |event: &str| send(&address, "POST", "/2015-03-31/functions/chunks/invocations", &[], event);
    let whole = invoke(r#"{"chunks":["a","b"]}"#);
    assert_eq!((whole.status, whole.header("X-Amz-Function-Error"), &*whole.body), (200, None, "ab"));
    let failed = invoke(r#"{"chunks":["a","b"],"then":"error"}"#);
    assert_eq!((failed.status, failed.header("X-Amz-Function-Error")), (200, Some("Unhandled")));
    assert_eq!(failed.json()["errorMessage"], "the stream fails");
}

#[test]
fn process_exit_during_a_stream_is_reported_at_its_end() {
    let (_process, address) = serve_with(CHUNKS, "chunks", &["--timeout", "1"]);
    for (then, code, message) in [
        ("exit", "Runtime.ExitError", "exit status 3"),
        ("block", "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
        ("wait", "Function.Timeout", "function stopped: still running"),
    ] {
        let (sent, end) = payload_and_end(&post(&address, &[], &format!(r#"{{"chunks":["a"],"then":"{then}"}}"#)));
        assert_eq!((&*sent, &end["ErrorCode"]), (&b"a"[..], &json!(code)), "{end}");
        let details: Value = serde_json::from_str(end["ErrorDetails"].as_str().unwrap()).unwrap();
        assert!(details["errorMessage"].as_str().unwrap().contains(message), "{details}");
        // The process is replaced for the next event.
        assert_eq!(payload_and_end(&post(&address, &[], r#"{"chunks":["b"]}"#)), (b"b".to_vec(), json!({})));
    }
}

#[test]
fn log_tail_is_sent_with_invoke_complete_on_request() {
    let (_process, address) = serve(CHUNKS, "chunks");
    for then in ["end", "error", "exit"] {
        let event = format!(r#"{{"chunks":["a"],"then":"{then}"}}"#);
        let (_, end) = payload_and_end(&post(&address, &[("X-Amz-Log-Type", "Tail")], &event));
        let log = base64::prelude::BASE64_STANDARD.decode(end["LogResult"].as_str().unwrap()).unwrap();
        let log = String::from_utf8(log).unwrap();
        let report = log.lines().find(|line| line.starts_with("REPORT RequestId: "));
        assert!(log.starts_with("START RequestId: ") && report.is_some(), "{log}");
        assert_eq!(log.contains("Late: the stream fails"), then == "error", "{log}");
        assert!(payload_and_end(&post(&address, &[], &event)).1["LogResult"].is_null());
    }
    assert_eq!(post(&address, &[("X-Amz-Log-Type", "Head")], "{}").status, 400);
}

#[test]
fn rejections_match_those_of_invoke() {
    let (_process, address) = serve(CHUNKS, "chunks");
    for (headers, body, status, error) in [
        (&[][..], "{x".to_owned(), 400, "InvalidRequestContentException"),
        (&[], format!("1{}", " ".repeat(6_291_556)), 413, "RequestTooLargeException"),
        (&[("X-Amz-Invocation-Type", "Event")], "{}".to_owned(), 400, "InvalidParameterValueException"),
    ] {
        let response = post(&address, headers, &body);
        assert_eq!((response.status, response.header("x-amzn-ErrorType")), (status, Some(error)), "{response:?}");
    }
    assert_eq!(send(&address, "POST", &path("other"), &[], "{}").status, 404);
    assert_eq!(send(&address, "GET", &path("chunks"), &[], "").status, 405);
    assert_eq!(post(&address, &[("Origin", "https://evil.example")], "{}").status, 403);
    let response = post(&address, &[("X-Amz-Invocation-Type", "DryRun")], "{}");
    assert_eq!((response.status, response.bytes.len()), (204, 0));
}

#[test]
fn disconnected_client_does_not_block_others() {
    let (_process, address) = serve(CHUNKS, "chunks");
    // Two clients; the second disconnects before its event is handled.
    for _ in 0..2 {
        let event = json!({ "chunks": ["a"], "then": "wait" }).to_string();
        OpenRequest::begin(&address, "POST", &path("chunks"), &[], event.len()).write(event);
    }
    let response = post(&address, &[], r#"{"chunks":["a"]}"#);
    assert_eq!(payload_and_end(&response), (b"a".to_vec(), json!({})));
}

#[test]
fn buffered_stream_has_the_size_limit_of_a_reply() {
    let (_process, address) = serve(CHUNKS, "chunks");
    let whole = |chunks| {
        let event = json!({ "then": { "bulk": chunks } }).to_string();
        send(&address, "POST", "/2015-03-31/functions/chunks/invocations", &[], &event)
    };
    let most = whole(96);
    assert_eq!((most.header("X-Amz-Function-Error"), most.bytes.len()), (None, 6 * 1024 * 1024));
    let more = whole(97);
    assert_eq!((more.status, more.header("X-Amz-Function-Error")), (200, Some("Unhandled")));
    assert_eq!(more.json()["errorType"], "Function.ResponseSizeTooLarge");
}
