//! What a stream costs in memory, of a process of its own.

// Where the kernel tells it.
#![cfg(target_os = "linux")]
// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

mod support;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use support::real_client::own_address;
use support::{PATIENCE, Process};

const CHUNKS: &str = env!("CARGO_BIN_EXE_chunks");

const CHUNK: usize = 64 * 1024;
const COUNT: usize = 1600;

/// The most memory that a process has had so far, in bytes.
fn peak(process: &Process) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

/// Reads the lines of a request's head.
fn read_head(api: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(api.read_line(&mut head).unwrap() > 0, "the connection ended within {head:?}");
    }
    head
}

/// Reads one chunk of the body, which is all `x`.
fn read_chunk(api: &mut BufReader<TcpStream>, into: &mut [u8]) {
    let mut size = String::new();
    api.read_line(&mut size).unwrap();
    assert_eq!(usize::from_str_radix(size.trim(), 16), Ok(into.len()));
    api.read_exact(into).unwrap();
    assert!(into.iter().all(|byte| *byte == b'x'));
    assert_eq!(api.read_line(&mut size).unwrap(), 2);
}

#[test]
fn a_hundred_megabytes_go_through_four_for_a_reader_that_is_slower() {
    let listener = TcpListener::bind(own_address()).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let function = Process::start(CHUNKS, &[], &[("AWS_LAMBDA_RUNTIME_API", OsStr::new(&address))]);
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut api = BufReader::new(stream);
    assert!(read_head(&mut api).starts_with("GET /2018-06-01/runtime/invocation/next "));
    let event = format!(r#"{{"then":{{"bulk":{COUNT}}}}}"#);
    let head =
        format!("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: {}\r\n\r\n", event.len());
    api.get_mut().write_all(format!("{head}{event}").as_bytes()).unwrap();
    assert!(read_head(&mut api).starts_with("POST /2018-06-01/runtime/invocation/1/response "));

    let mut chunk = vec![0; CHUNK];
    read_chunk(&mut api, &mut chunk);
    let before = peak(&function);
    for n in 1..COUNT {
        // Time enough to make all of them, if nothing held the function back.
        if n % 100 == 0 {
            std::thread::sleep(Duration::from_millis(30));
        }
        chunk.fill(0);
        read_chunk(&mut api, &mut chunk);
    }
    let growth = peak(&function) - before;
    let mut end = [0; 5];
    api.read_exact(&mut end).unwrap();
    assert_eq!(&end, b"0\r\n\r\n");
    // 128 KB were seen in a debug build.
    assert!(growth <= 4 * 1024 * 1024, "{} bytes took {growth} bytes more than the first chunk", CHUNK * COUNT);
}
