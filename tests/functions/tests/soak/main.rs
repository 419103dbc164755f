//! Functions of several kinds as processes, against a Runtime API with faults.
//!
//! The assertion of each test: **every request id that the API began to deliver is answered exactly once or named in the log.** Of a
//! batch, each record that has succeeded is reported as successful.
//!
//! `SOAK_SECONDS` (default: 3) is the duration of each function's soak, and `SOAK_SIGNALS` (default: 30) the number of signals.

// Reads `/proc`, and sends signals with `kill`.
#![cfg(target_os = "linux")]
// In tests, `unwrap` is an assertion.
#![allow(clippy::unwrap_used)]

mod api;
mod event;
mod process;
mod random;

use api::{Api, Settings};
use event::FUNCTIONS;
use process::{Ended, Process};
use random::Random;
use serde_json::Value;
use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |number| number.parse().expect("a number"))
}

/// Checks the assertion for all deliveries of a process.
#[track_caller]
fn check(api: &Api, ended: &Ended) {
    let state = api.state();
    let mut mistakes = state.mistakes.clone();
    for (id, delivery) in &state.deliveries {
        // A stream cannot be sent twice.
        let is_resent = delivery.attempts != 1 || api.settings.function == "streamed";
        if !is_resent && ended.lines(id).iter().any(|line| line.contains("no response from the Runtime API")) {
            mistakes.push(format!("{id} was not sent again after a failed connection: {delivery:?}"));
        }
        let Some(answer) = &delivery.answer else {
            if ended.lines(id).is_empty() {
                mistakes.push(format!("{id} is neither answered nor logged: {delivery:?}"));
            }
            continue;
        };
        let failed = match (answer.is_error, serde_json::from_slice::<Value>(&answer.body)) {
            (false, Ok(reply)) if !delivery.records.is_empty() => {
                reply["batchItemFailures"].as_array().unwrap().clone()
            }
            // The reply was refused as too large, so an error was sent after the records had succeeded.
            (true, _) if delivery.history.contains(&"Status(413)".to_owned()) => continue,
            // An error means that all records are delivered again.
            (true, _) if delivery.records.iter().any(|record| ended.done.contains(record)) => {
                mistakes.push(format!("{id} is an error, although records have succeeded: {answer:?}"));
                continue;
            }
            _ => continue,
        };
        let failed: HashSet<&str> = failed.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap()).collect();
        // The first failure of a stream is a checkpoint: all records after it are delivered again.
        let is_checkpoint = api.settings.function == "readings";
        let mut is_after_failure = false;
        for record in &delivery.records {
            is_after_failure |= is_checkpoint && failed.contains(&**record);
            let is_reported = failed.contains(&**record) || is_after_failure;
            if is_reported == ended.done.contains(record) {
                mistakes.push(format!("{id}: record {record} is reported as failed: {is_reported}, {failed:?}"));
            }
        }
    }
    assert!(mistakes.is_empty(), "{:?}\n{}\nlog:\n{}", api.settings, mistakes.join("\n"), ended.log);
}

/// Runs a function for some time, restarting it after a failure of the API. Checks memory, files and idleness.
fn soak(function: &'static str, workers: usize, seed: u64) -> usize {
    let duration = Duration::from_secs(number("SOAK_SECONDS", 3) as u64);
    let api = Api::start(Settings::new(function, workers, seed));
    let mut process = Process::start(&api);
    thread::sleep(duration / 4);
    let sample = |process: &Process| {
        api.pause();
        assert!(api.is_idle(), "{:?}: {:?}", api.settings, api.state().deliveries.iter().next_back());
        let sample = (process.memory(), process.descriptors());
        let switches = process.switches();
        thread::sleep(Duration::from_millis(500));
        assert_eq!(process.switches(), switches, "{:?} is not idle", api.settings);
        sample
    };
    let (memory, descriptors) = sample(&process);
    api.resume();
    thread::sleep(duration - duration / 4);
    assert!(!process.has_exited(), "{:?}", api.settings);
    let (memory_after, descriptors_after) = sample(&process);
    assert_eq!(descriptors_after, descriptors, "{:?}", api.settings);
    // The buffers of workers grow with the largest event.
    let allowed = memory + memory / 10 + (1 << 20) + workers * (128 << 10);
    assert!(memory_after <= allowed, "{:?}: {memory} bytes, then {memory_after}", api.settings);
    process.terminate();
    let ended = process.ended();
    assert_eq!(ended.code, Some(0), "{:?}: {}", api.settings, ended.log);
    check(&api, &ended);
    let deliveries = api.state().deliveries.len();
    println!("{function}, {workers} workers: {deliveries} events, {memory} bytes, then {memory_after}");
    deliveries
}

/// Runs a soak of each function at the same time.
fn soak_all(workers: usize) {
    let soaks = FUNCTIONS.map(|function| thread::spawn(move || soak(function, workers, 1 + workers as u64)));
    for soak in soaks {
        assert!(soak.join().unwrap() > 50);
    }
}

#[test]
fn events_are_answered_or_logged_with_one_worker() {
    soak_all(1);
}

#[test]
fn events_are_answered_or_logged_with_8_workers() {
    soak_all(8);
}

/// Sends SIGTERM to a function at a random moment.
fn signal(function: &'static str, workers: usize, seed: u64) {
    let api = Api::start(Settings {
        max_ms: 400,
        min_between_faults: 1,
        // On a shared thread, it would block the other workers as well.
        blocks: cfg!(feature = "multi-thread"),
        ..Settings::new(function, workers, seed)
    });
    let mut random = Random::new(seed);
    let process = Process::start(&api);
    let begin = Instant::now();
    while api.state().deliveries.is_empty() && begin.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(random.below(120) as u64));
    // The service does not begin to deliver an event after the signal.
    api.pause();
    process.terminate();
    let ended = process.ended();
    assert_eq!(ended.code, Some(0), "{:?}: {}", api.settings, ended.log);
    check(&api, &ended);
}

fn signals(workers: usize) {
    for seed in 0..number("SOAK_SIGNALS", 30).div_ceil(3) as u64 {
        signal(FUNCTIONS[seed as usize % FUNCTIONS.len()], workers, 1000 * workers as u64 + seed);
    }
}

#[test]
fn sigterm_at_a_random_moment_with_one_worker() {
    signals(1);
}

#[test]
fn sigterm_at_a_random_moment_with_8_workers() {
    signals(8);
}

#[test]
fn sigterm_at_a_random_moment_with_64_workers() {
    signals(64);
}

/// Status 500 means that the runtime should exit.
#[test]
fn failure_of_the_api_is_logged_with_the_invocations_in_flight() {
    for (seed, workers) in [(1, 1), (2, 1), (3, 8), (4, 8)] {
        let function = FUNCTIONS[seed as usize];
        // Some of the other invocations take longer than the response with status 500.
        let max_ms = if workers == 1 { 20 } else { 1000 };
        let api = Api::start(Settings { max_ms, fails: true, ..Settings::new(function, workers, seed) });
        let mut process = Process::start(&api);
        let begin = Instant::now();
        while !process.has_exited() && begin.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(5));
        }
        let ended = process.ended();
        assert_eq!((ended.code, api.state().has_failed), (Some(1), true), "{}", ended.log);
        check(&api, &ended);
    }
}
