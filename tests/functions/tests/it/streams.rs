//! Streamed replies through the local Lambda and real emulators, over real sockets.

// Release builds have no local Lambda, and the emulators run on Linux only.
#![cfg(all(debug_assertions, target_os = "linux"))]
// In tests, `unwrap` is an assertion.
use crate::support::cargo_lambda::CargoLambda;
use crate::support::local_server::serve;
use crate::support::rie::Rie;
use crate::support::{Process, TIMEOUT};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

const CHUNKS: &str = env!("CARGO_BIN_EXE_chunks");
const STREAMS: &str = env!("CARGO_BIN_EXE_streams");

fn start() -> (Process, String) {
    serve(STREAMS, "streams")
}

fn get(address: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    stream
}

/// Reads until this text or the end of the connection.
fn read_to(stream: &mut TcpStream, end: &str) -> String {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(end) {
        let mut bytes = [0; 1024];
        match stream.read(&mut bytes).unwrap() {
            0 => break,
            n => seen.extend_from_slice(&bytes[..n]),
        }
    }
    String::from_utf8(seen).unwrap()
}

#[test]
fn client_receives_each_chunk_as_it_is_produced_and_may_disconnect() {
    let (_process, address) = start();
    let mut hanging = get(&address, "/hang");
    let seen = read_to(&mut hanging, "first,");
    assert!(seen.starts_with("HTTP/1.1 200 OK\r\n") && seen.contains("content-type: text/plain\r\n"), "{seen}");
    assert!(seen.contains("transfer-encoding: chunked\r\n") && seen.contains("x-amzn-requestid: "), "{seen}");
    // After the client has disconnected, the function handles the next request.
    drop(hanging);
    let seen = read_to(&mut get(&address, "/"), "0\r\n\r\n");
    assert!(seen.ends_with("6\r\nfirst,\r\n6\r\nsecond\r\n0\r\n\r\n"), "{seen}");
}

#[test]
fn failure_is_a_response_before_the_first_byte_and_aborts_after_it() {
    let (process, address) = start();
    let seen = read_to(&mut get(&address, "/fail"), "0\r\n\r\n");
    assert!(seen.starts_with("HTTP/1.1 500 ") && seen.contains("requestId"), "{seen}");
    let seen = read_to(&mut get(&address, "/broken"), "0\r\n\r\n");
    assert!(seen.ends_with("6\r\nfirst,\r\n"), "{seen}");
    drop(process);
}

#[test]
fn rie_receives_prelude_delimiter_and_body() {
    let Some(rie) = Rie::of(STREAMS) else { return };
    let sample = Process::start(STREAMS, &["sample"], &[]).ended();
    let mut event: serde_json::Value = serde_json::from_str(&sample.stdout).unwrap();
    for (path, status, sent) in [("/", 200, "first,second"), ("/fail", 500, "\"status\":500"), ("/", 200, "second")] {
        event["rawPath"] = path.into();
        let response = rie.invoke(event.clone());
        let (prelude, body) = response.body.split_once("\0\0\0\0\0\0\0\0").expect("a delimiter");
        let prelude: serde_json::Value = serde_json::from_str(prelude).unwrap();
        assert_eq!(prelude["statusCode"], status, "{path}");
        assert!(body.contains(sent), "{path}: {body}");
    }
}

/// The emulator's plain mode ignores trailers.
#[test]
fn managed_instances_emulator_receives_error_trailers() {
    let Some(rie) = Rie::managed(CHUNKS) else { return };
    let whole = json!({ "chunks": ["a", "b"] });
    for (then, error) in [("error", "Late"), ("panic", "Function.Panic"), ("error", "Late")] {
        let response = rie.invoke_when_idle(&whole);
        assert_eq!((response.header("Error-Type"), &*response.body), (None, "ab"), "{response:?}");
        let response = rie.invoke_when_idle(&json!({ "chunks": ["a", "b"], "then": then }));
        let named = format!("Function.{}", error.trim_start_matches("Function."));
        assert_eq!(response.header("Error-Type"), Some(&*named), "{response:?}");
        assert_eq!(response.json()["errorType"], error);
    }
    assert_eq!(rie.stop().matches("Runtime sent error trailers after response body").count(), 3);
}

#[test]
fn client_of_cargo_lambda_receives_each_chunk_as_it_is_produced() {
    let Some(emulator) = CargoLambda::of(STREAMS, "streams") else { return };
    for _ in 0..2 {
        let seen = read_to(&mut get(&emulator.address, "/lambda-url/streams/"), "0\r\n\r\n");
        assert!(seen.starts_with("HTTP/1.1 200 OK\r\n") && seen.contains("content-type: text/plain\r\n"), "{seen}");
        assert!(seen.contains("first,") && seen.contains("second"), "{seen}");
    }
    let seen = read_to(&mut get(&emulator.address, "/lambda-url/streams/hang"), "first,");
    assert!(seen.contains("first,"), "{seen}");
}
