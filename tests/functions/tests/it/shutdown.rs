//! Graceful shutdown of the probe after SIGTERM or Ctrl-C.

// Signals are sent with `kill`.
#![cfg(unix)]
// In tests, `unwrap` is an assertion.
use crate::support::{Ended, PROBE, Process, scratch};
use lrt::testing::{Answer, Event, RuntimeApi};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::time::{Duration, Instant};

/// The exit of a probe that was handling an event when the signals arrived.
struct End {
    answer: Option<Answer>,
    ended: Ended,
    /// True if `shutdown` has run.
    shut_down: bool,
    took: Duration,
}

/// Sends signals while the probe handles an event, or while it waits for one.
fn end(name: &str, event: Option<Value>, signals: &'static [&str]) -> End {
    let file = scratch(&format!("shutdown-{name}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (answer, (ended, took)) = runtime.block_on(async {
        let api = RuntimeApi::start().await.unwrap();
        let env = [("AWS_LAMBDA_RUNTIME_API", OsStr::new(api.address())), ("PROBE_SHUTDOWN", file.as_os_str())];
        let process = Process::start(PROBE, &[], &env);
        api.next_waiting().await;
        let pending = event.map(|event| api.send(Event::new(event.to_string())));
        let begins = pending.is_some();
        let ended = tokio::task::spawn_blocking(move || {
            if begins {
                process.wait_for_stderr("probe begins");
            }
            let start = Instant::now();
            signals.iter().for_each(|signal| process.signal(signal));
            (process.ended(), start.elapsed())
        });
        let ended = ended.await.unwrap();
        api.process_ended();
        match pending {
            Some(pending) => (Some(pending.await), ended),
            None => (None, ended),
        }
    });
    End { answer, ended, shut_down: std::fs::read_to_string(file).is_ok_and(|text| text == "shutdown"), took }
}

#[test]
fn idle_function_is_shut_down_immediately() {
    for signals in [&["-TERM"], &["-INT"]] {
        let end = end(signals[0], None, signals);
        assert_eq!((end.ended.code, end.shut_down, &*end.ended.stderr), (Some(0), true, ""), "{signals:?}");
    }
}

#[test]
fn invocation_that_finishes_within_the_grace_period_is_answered() {
    for signals in [&["-TERM"], &["-INT"]] {
        let end = end(&format!("in-time{}", signals[0]), Some(json!({ "do": "sleep", "ms": 100 })), signals);
        assert_eq!(end.answer.unwrap().text(), "null");
        assert_eq!((end.ended.code, end.shut_down, &*end.ended.stderr), (Some(0), true, ""), "{signals:?}");
    }
}

#[test]
fn longer_invocation_is_interrupted_and_answered() {
    let end = end("too-long", Some(json!({ "do": "sleep", "ms": 3_600_000 })), &["-TERM"]);
    assert_eq!(end.answer.unwrap().error_type(), Some("Function.Timeout"));
    assert_eq!((end.ended.code, end.shut_down), (Some(0), true));
    assert!(end.ended.stderr.ends_with("function stopped: shutting down\n"), "{}", end.ended.stderr);
    // Lambda allows 500 ms.
    assert!(end.took > Duration::from_millis(240), "{:?}", end.took);
}

#[test]
fn wait_until_work_has_the_same_grace_period() {
    let file = scratch("shutdown-waited");
    let end = |name, ms| end(name, Some(json!({ "do": "wait_until", "ms": ms, "file": file })), &["-TERM"]);
    let in_time = end("work-in-time", 100);
    assert_eq!(in_time.answer.unwrap().text(), "null");
    assert_eq!((in_time.ended.code, in_time.shut_down, &*in_time.ended.stderr), (Some(0), true, "probe has waited\n"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "waited");

    let too_long = end("work-too-long", 3_600_000);
    assert_eq!(too_long.answer.unwrap().text(), "null");
    assert_eq!((too_long.ended.code, too_long.shut_down), (Some(0), true));
    let line = "wait_until: shutting down: dropped 1 unfinished background task\n";
    assert!(too_long.ended.stderr.ends_with(line), "{}", too_long.ended.stderr);
    assert!(too_long.took > Duration::from_millis(240), "{:?}", too_long.took);
}

#[test]
fn second_interrupt_ends_the_process_immediately() {
    // Sends many signals, because signals that arrive before the first one is handled count as one.
    let end = end("twice", Some(json!({ "do": "block", "ms": 60_000 })), &["-INT"; 50]);
    assert_eq!((end.ended.code, end.shut_down), (Some(130), false));
}
