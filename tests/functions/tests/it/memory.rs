//! Memory use of streams.

// Reads `/proc`.
#![cfg(target_os = "linux")]
// In tests, `unwrap` is an assertion.
use crate::support::real_client::own_address;
use crate::support::{Process, TIMEOUT};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const CHUNKS: &str = env!("CARGO_BIN_EXE_chunks");

const CHUNK: usize = 64 * 1024;
const COUNT: usize = 1600;

/// Limit for a stream of 100 MB.
const LIMIT: usize = 4 * 1024 * 1024;

/// Waits until the process is idle: without backpressure, it would run until the stream is complete.
fn pause(process: u32) {
    let mut before = None;
    loop {
        let now = cpu_ticks(process);
        if before == Some(now) {
            return;
        }
        before = Some(now);
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Returns the CPU time of a process and its children.
fn cpu_ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // Splits the fields after the name, which may contain spaces. Fields 12 and 13 are the times in user and kernel
    // mode.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let own = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    own + started_by(process).into_iter().map(cpu_ticks).sum::<u64>()
}

fn started_by(process: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let started = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
    started.collect::<String>().split_whitespace().map(|id| id.parse().unwrap()).collect()
}

/// Returns the peak memory of a process and its children, in bytes.
fn peak(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let own = line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024;
    own + started_by(process).into_iter().map(peak).sum::<usize>()
}

/// Reads the lines of a request head.
fn read_head(api: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(api.read_line(&mut head).unwrap() > 0, "the connection ended within {head:?}");
    }
    head
}

/// Reads one chunk of the body, which consists of `x`.
fn read_chunk(api: &mut BufReader<TcpStream>, into: &mut [u8]) {
    let mut size = String::new();
    api.read_line(&mut size).unwrap();
    assert_eq!(usize::from_str_radix(size.trim(), 16), Ok(into.len()));
    api.read_exact(into).unwrap();
    assert!(into.iter().all(|byte| *byte == b'x'));
    assert_eq!(api.read_line(&mut size).unwrap(), 2);
}

#[test]
fn stream_of_100_mb_to_a_slow_reader_needs_4_mb() {
    let listener = TcpListener::bind(own_address()).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let function = Process::start(CHUNKS, &[], &[("AWS_LAMBDA_RUNTIME_API", OsStr::new(&address))]);
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut api = BufReader::new(stream);
    assert!(read_head(&mut api).starts_with("GET /2018-06-01/runtime/invocation/next "));
    let event = format!(r#"{{"then":{{"bulk":{COUNT}}}}}"#);
    let head =
        format!("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: {}\r\n\r\n", event.len());
    api.get_mut().write_all(format!("{head}{event}").as_bytes()).unwrap();
    assert!(read_head(&mut api).starts_with("POST /2018-06-01/runtime/invocation/1/response "));

    let mut chunk = vec![0; CHUNK];
    read_chunk(&mut api, &mut chunk);
    let before = peak(function.id());
    for n in 1..COUNT {
        if n == 1 || n == COUNT / 2 {
            pause(function.id());
        }
        chunk.fill(0);
        read_chunk(&mut api, &mut chunk);
    }
    let growth = peak(function.id()) - before;
    let mut end = [0; 5];
    api.read_exact(&mut end).unwrap();
    assert_eq!(&end, b"0\r\n\r\n");
    // A debug build needs 128 KB.
    assert!(growth <= LIMIT, "{} bytes took {growth} bytes more than the first chunk", CHUNK * COUNT);
}

// Release builds have no local Lambda.
#[cfg(debug_assertions)]
#[test]
fn local_lambda_applies_backpressure() {
    let (process, address) = crate::support::local_server::serve(CHUNKS, "chunks");
    let event = format!(r#"{{"then":{{"bulk":{COUNT}}}}}"#);
    let path = "/2021-11-15/functions/chunks/response-streaming-invocations";
    let mut client = TcpStream::connect(&address).unwrap();
    client.set_read_timeout(Some(TIMEOUT)).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        event.len()
    );
    client.write_all(format!("{head}{event}").as_bytes()).unwrap();
    let mut client = BufReader::new(client);
    assert!(read_head(&mut client).starts_with("HTTP/1.1 200 "));
    let mut piece = vec![0; 64 * CHUNK];
    client.read_exact(&mut piece).unwrap();
    let before = peak(process.id());
    for n in 1..COUNT / 64 {
        if n == 1 || n == COUNT / 128 {
            pause(process.id());
        }
        client.read_exact(&mut piece).unwrap();
    }
    let growth = peak(process.id()) - before;
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
    let end = String::from_utf8_lossy(&rest);
    assert!(end.contains("InvokeComplete") && end.ends_with("\r\n0\r\n\r\n"), "the stream is not whole");
    assert!(growth <= LIMIT, "{} bytes took {growth} bytes more than the first {}", CHUNK * COUNT, piece.len());
}
