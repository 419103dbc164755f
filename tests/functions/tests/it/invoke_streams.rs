//! `cargo run -- invoke` of functions that stream.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::{Ended, Process, command};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const CHUNKS: &str = env!("CARGO_BIN_EXE_chunks");
const STREAMS: &str = env!("CARGO_BIN_EXE_streams");

fn start(program: &str, event: &Value) -> Process {
    let mut process = Process::start(program, &["invoke", "-"], &[]);
    process.stdin(event.to_string().as_bytes());
    process
}

fn invoke(program: &str, event: &Value) -> Ended {
    start(program, event).ended()
}

fn request(path: &str) -> Value {
    let sample = Process::start(STREAMS, &["sample"], &[]).ended();
    let mut event: Value = serde_json::from_str(&sample.stdout).unwrap();
    event["rawPath"] = path.into();
    event
}

#[test]
fn chunks_are_printed_as_they_are_produced() {
    let process = start(CHUNKS, &json!({ "chunks": ["first\n"], "then": "wait" }));
    assert_eq!(process.stdout_line(), "first");
    drop(process);
    let ended = invoke(CHUNKS, &json!({ "chunks": ["a\n", "b\n"] }));
    assert_eq!((ended.code, &*ended.stdout, &*ended.stderr), (Some(0), "a\nb\n", ""));
}

#[test]
fn http_body_is_on_stdout_and_head_on_stderr() {
    let ended = invoke(STREAMS, &request("/"));
    assert_eq!((ended.code, &*ended.stdout), (Some(0), "first,second\n"), "{ended:?}");
    assert_eq!(ended.stderr, "200 OK\ncontent-type: text/plain\n\n");
    let ended = invoke(STREAMS, &request("/fail"));
    assert!(ended.stderr.contains("500 Internal Server Error\n"), "{ended:?}");
    assert_eq!((ended.code, ended.stdout.contains("requestId")), (Some(0), true), "{ended:?}");
}

#[test]
fn failure_after_the_first_chunk_is_on_stderr_and_exits_with_1() {
    for (program, event, sent, error) in [
        (CHUNKS, json!({ "chunks": ["a\n"], "then": "error" }), "a\n", r#""errorMessage":"the stream fails""#),
        (CHUNKS, json!({ "chunks": ["a\n"], "then": "panic" }), "a\n", r#""errorType":"Function.Panic""#),
        (STREAMS, request("/broken"), "first,\n", r#""errorMessage":"after the first""#),
    ] {
        let ended = invoke(program, &event);
        assert_eq!((ended.code, &*ended.stdout), (Some(1), sent), "{ended:?}");
        let line = ended.stderr.lines().find(|line| line.starts_with("ERROR the stream failed: {"));
        assert!(line.is_some_and(|line| line.contains(error)), "{ended:?}");
    }
    // An error before the first chunk is printed as for other functions.
    let ended = invoke(CHUNKS, &json!({ "then": "error" }));
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &printed["errorType"]), (Some(1), &json!("Late")));
}

#[test]
fn streams_are_printed_byte_for_byte() {
    let mut child = command(CHUNKS, &["invoke", "-"]).stdout(Stdio::piped()).spawn().unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), &json!({ "chunks": ["a", "b"] })).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(0), b"ab".to_vec()));
}

/// Closes stdout after the first byte, as `| head -c 1` does.
#[test]
fn closed_stdout_ends_the_stream_without_a_failure() {
    let mut child = command(CHUNKS, &["invoke", "-"]).stdout(Stdio::piped()).spawn().unwrap();
    let endless = json!({ "chunks": ["a\n"], "then": { "bulk": usize::MAX } });
    serde_json::to_writer(child.stdin.take().unwrap(), &endless).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!((line, child.wait().unwrap().code()), ("a\n".to_owned(), Some(0)));
}
