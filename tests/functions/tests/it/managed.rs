//! The probe on a Managed Instance, with the AWS Lambda Runtime Interface Emulator.
//!
//! All workers share one thread; with `--features multi-thread`, each has its own.

// The emulator runs on Linux only.
#![cfg(target_os = "linux")]
// In tests, `unwrap` is an assertion.
use crate::support::PROBE;
use crate::support::rie::Rie;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const WORKERS: usize = 64;
const INVOCATIONS: usize = 10_000;

/// Calls `call` from several threads, with the numbers below `count`.
fn at_once(threads: usize, count: usize, call: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let n @ 0.. = next.fetch_add(1, Ordering::Relaxed)
                    && n < count
                {
                    call(n);
                }
            });
        }
    });
}

/// A file that the function can write even though it runs as another user.
struct Written(PathBuf);

impl Written {
    fn new(name: &str) -> Written {
        Written(std::env::temp_dir().join(format!("lrt-managed-{}-{name}", std::process::id())))
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn ten_thousand_invocations_on_64_workers_get_their_own_replies() {
    // A backtrace consists of many writes, which would be interleaved with those of other threads.
    let Some(rie) = Rie::instance(PROBE, WORKERS, "error", &[("RUST_BACKTRACE", "0")]) else { return };
    let front = rie.front();
    let ids = Mutex::new(HashSet::new());
    at_once(WORKERS, INVOCATIONS, |n| match n % 100 {
        97 => {
            let error = front.invoke(&json!({ "do": "panic" })).json();
            assert_eq!(error["errorType"], "Function.Panic", "{n}");
        }
        98 => {
            let context = front.invoke(&json!({ "do": "context" })).json();
            assert_eq!(context["current"], context["request_id"]);
            assert!(ids.lock().unwrap().insert(context["request_id"].as_str().unwrap().to_owned()), "{n}");
        }
        99 => assert_eq!(front.invoke(&json!({ "do": "sleep", "ms": n % 7 })).body, "null", "{n}"),
        96 => {
            let text = front.invoke(&json!({ "do": "size", "bytes": 10 * n })).body;
            assert!(text.len() == 10 * n + 2, "{n}: {}", text.len());
        }
        // Sizes for one read and for several, chunked and not. An event that is rejected because no worker is waiting is not
        // read beyond 4 KB: larger ones would reset the connection.
        _ => {
            let value = format!("{n} {}", "x".repeat(n * 7 % 3_000));
            let response = front.invoke(&json!({ "do": "echo", "value": value }));
            assert!(response.json() == value, "{n}: {} {:.200}", response.status, response.body);
        }
    });
    assert_eq!(ids.lock().unwrap().len(), INVOCATIONS / 100);
    let log = rie.stop();
    let begun = log.lines().filter(|line| *line == "probe begins").count();
    assert_eq!(begun, INVOCATIONS, "each event is handled once");
    let panics: HashSet<&str> = log.lines().filter(|line| line.contains(": the probe panics")).collect();
    // Each invocation has one line with its own request id, and the log has no other lines. The emulator sets the log
    // format to JSON.
    assert_eq!(panics.len(), INVOCATIONS / 100);
    for line in panics {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["requestId"].as_str().map(str::len), Some(36), "{line}");
        assert!(line["message"].as_str().unwrap().starts_with("Function.Panic: panicked at "), "{line}");
    }
}

#[test]
fn panic_in_one_worker_does_not_affect_the_others() {
    let Some(rie) = Rie::instance(PROBE, WORKERS, "error", &[]) else { return };
    let front = rie.front();
    at_once(WORKERS, WORKERS, |n| match n {
        0 => assert_eq!(front.invoke(&json!({ "do": "panic" })).json()["errorType"], "Function.Panic"),
        _ => assert_eq!(front.invoke(&json!({ "do": "sleep", "ms": 1000 })).body, "null"),
    });
    // All 64 are available again: more concurrent events than workers are rejected.
    let start = Instant::now();
    at_once(WORKERS, WORKERS, |_| assert_eq!(front.invoke(&json!({ "do": "sleep", "ms": 1000 })).body, "null"));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    rie.stop();
}

#[test]
fn one_event_is_the_cold_start_and_invocation_ids_are_echoed() {
    let Some(rie) = Rie::instance(PROBE, 2, "debug", &[]) else { return };
    let front = rie.front();
    let contexts: Vec<Value> = (0..3).map(|_| front.invoke(&json!({ "do": "context" })).json()).collect();
    assert_eq!(contexts.iter().map(|context| &context["cold_start"]).collect::<Vec<_>>(), [true, false, false]);
    let log = rie.stop();
    let answers: Vec<&str> =
        log.lines().filter(|line| line.contains("method=POST") && line.contains("/response ")).collect();
    assert_eq!(answers.len(), 3, "{log}");
    assert!(answers.iter().all(|line| line.contains("Lambda-Runtime-Invocation-Id:[")), "{log}");
}

#[test]
fn late_reply_is_one_line_and_the_worker_continues() {
    let Some(rie) = Rie::instance(PROBE, 2, "error", &[("AWS_LAMBDA_FUNCTION_TIMEOUT", "1")]) else { return };
    let front = rie.front();
    // The emulator's deadline is invalid, so it is ignored.
    let late = front.invoke(&json!({ "do": "sleep", "ms": 1500 })).json();
    assert_eq!(late["errorType"], "Sandbox.Timedout");
    std::thread::sleep(Duration::from_millis(700));
    at_once(2, 2, |_| assert_eq!(front.invoke(&json!({ "do": "sleep", "ms": 100 })).body, "null"));
    let log = rie.stop();
    assert_eq!(log.matches("reply sent too late: the invocation had timed out (410)").count(), 1, "{log}");
}

#[test]
fn sigterm_leaves_half_of_the_time_for_invocations_and_half_for_shutdown() {
    let file = Written::new("sigterm");
    let Some(rie) = Rie::instance(PROBE, 3, "debug", &[("PROBE_SHUTDOWN", file.name())]) else { return };
    for ms in [60, 3_600_000] {
        rie.begin_when_idle(json!({ "do": "sleep", "ms": ms }));
    }
    let log = rie.stop();
    assert_eq!(std::fs::read_to_string(file.name()).unwrap(), "shutdown");
    let stopped = "function stopped: shutting down";
    assert_eq!(log.lines().filter(|line| line.contains(stopped)).count(), 1, "{log}");
    assert!(log.contains("Name:runtime Cause:exited Signo:<nil> ExitStatus:0"), "{log}");
    assert!(!log.contains("still in flight"), "{log}");
}

/// On one thread, the functions would run one after the other.
#[cfg(feature = "multi-thread")]
#[test]
fn blocking_functions_run_concurrently() {
    let file = Written::new("blocked");
    let Some(rie) = Rie::instance(PROBE, 4, "debug", &[("PROBE_SHUTDOWN", file.name())]) else { return };
    let front = rie.front();
    let start = Instant::now();
    at_once(4, 4, |_| assert_eq!(front.invoke(&json!({ "do": "block", "ms": 2000 })).body, "null"));
    // Sequentially, they would take at least 8 s.
    assert!(start.elapsed() < Duration::from_millis(7500), "{:?}", start.elapsed());
    (0..4).for_each(|_| rie.begun());
    // A function that cannot be interrupted does not delay the exit.
    rie.begin_when_idle(json!({ "do": "block", "ms": 60_000 }));
    let log = rie.stop();
    assert!(log.contains("shutting down with invocations still in flight"), "{log}");
    assert!(log.contains("Name:runtime Cause:exited Signo:<nil> ExitStatus:0"), "{log}");
    assert_eq!(std::fs::read_to_string(file.name()).unwrap(), "shutdown");
}

#[cfg(not(feature = "multi-thread"))]
#[test]
fn shared_thread_is_logged_once() {
    let Some(rie) = Rie::instance(PROBE, 4, "error", &[]) else { return };
    rie.invoke_when_idle(&json!({ "do": "context" }));
    let line = "4 workers share one thread: enable lrt's feature `multi-thread` to use all vCPUs";
    let log = rie.stop();
    assert_eq!(log.lines().filter(|other| other.contains(line)).count(), 1, "{log}");
}
