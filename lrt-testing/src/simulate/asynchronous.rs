//! Simulation of asynchronous invocations, as S3 starts them.

use super::MAX_INVOCATIONS;
use super::clock::Clock;
use super::report::{RecordOutcome, SimulatedRecord, SimulationReport};
use crate::{Harness, IntoEvent};
use serde_json::Value;
use std::collections::HashSet;
use std::time::Duration;

/// Delays before the second and the third attempt.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// Simulates the asynchronous invocations that S3 starts, one for each event. Lambda retries an entire event.
///
/// | Rule | Source |
/// |---|---|
/// | A function error is retried after 1 minute, and again after 2 minutes | [error handling](https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html) |
/// | Afterwards, the event is discarded, or sent to the on-failure destination | [destinations](https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html) |
///
/// Created by [`s3`](super::s3).
#[derive(Debug)]
#[must_use = "a simulation does nothing before `.run().await`"]
pub struct S3Simulation<F> {
    harness: Harness<F>,
    events: Vec<S3Invocation>,
    keys: HashSet<String>,
    max_retries: usize,
    destination: bool,
}

/// An event, its objects, and the time of its next attempt.
#[derive(Debug)]
struct S3Invocation {
    event: Value,
    objects: Vec<SimulatedRecord>,
    next: Option<Duration>,
    attempts: usize,
}

impl<F> S3Simulation<F> {
    pub(super) fn new(harness: Harness<F>) -> S3Simulation<F> {
        let max_retries = RETRY_DELAYS.len();
        S3Simulation { harness, events: Vec::new(), keys: HashSet::new(), max_retries, destination: false }
    }

    /// Adds an event, which S3 sends at the start. The records of the report are its objects, by their keys.
    ///
    /// # Panics
    ///
    /// Panics if the event cannot be read, or if keys are missing or not unique.
    #[track_caller]
    pub fn event(self, event: impl IntoEvent) -> S3Simulation<F> {
        self.event_at(Duration::ZERO, event)
    }

    /// Adds an event that S3 sends at this time.
    ///
    /// # Panics
    ///
    /// Panics in the same cases as [`event`](S3Simulation::event).
    #[track_caller]
    pub fn event_at(mut self, time: Duration, event: impl IntoEvent) -> S3Simulation<F> {
        let bytes = event.into_event().unwrap_or_else(|error| panic!("{error}"));
        let event: Value =
            serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("invalid JSON in the event: {error}"));
        let Some(records) = event["Records"].as_array() else { panic!("the event has no `Records`") };
        let mut objects = Vec::new();
        for record in records {
            let Some(key) = record.pointer("/s3/object/key").and_then(Value::as_str) else {
                panic!("a record has no key at `/s3/object/key`: {record}")
            };
            assert!(self.keys.insert(key.to_owned()), "two objects have the key {key} (keys must be unique)");
            objects.push(SimulatedRecord::new(key.to_owned()));
        }
        self.events.push(S3Invocation { event, objects, next: Some(time), attempts: 0 });
        self
    }

    /// Sets the function's maximum number of retries, 0 to 2. The default is 2.
    pub fn max_retries(mut self, times: usize) -> S3Simulation<F> {
        self.max_retries = times;
        self
    }

    /// Adds an on-failure destination, to which events are sent after the last attempt.
    pub fn on_failure_destination(mut self) -> S3Simulation<F> {
        self.destination = true;
        self
    }

    /// Invokes the function until each event has succeeded or is discarded.
    ///
    /// # Panics
    ///
    /// Panics if tokio's clock is not paused, or AWS would reject the settings.
    pub async fn run(mut self) -> SimulationReport {
        let mut clock = Clock::start();
        let most = RETRY_DELAYS.len();
        assert!(self.max_retries <= most, "invalid number of retries {} (expected 0 to {most})", self.max_retries);
        let discarded = if self.destination { RecordOutcome::OnFailureDestination } else { RecordOutcome::Discarded };
        let mut invocations = 0;
        while invocations < MAX_INVOCATIONS {
            let waiting = self.events.iter_mut().filter_map(|event| Some((event.next?, event)));
            let Some((time, event)) = waiting.min_by_key(|(time, _)| *time) else { break };
            clock.until(time).await;
            invocations += 1;
            event.attempts += 1;
            event.objects.iter_mut().for_each(|object| object.delivered(clock.now()));
            let is_ok = clock.deliver(self.harness.invoke(&event.event)).await.is_ok();
            event.next = match RETRY_DELAYS.get(event.attempts - 1) {
                Some(delay) if !is_ok && event.attempts <= self.max_retries => Some(clock.now() + *delay),
                _ => None,
            };
            if event.next.is_none() {
                let outcome = if is_ok { RecordOutcome::Done } else { discarded };
                event.objects.iter_mut().for_each(|object| object.end(outcome, clock.now()));
            }
        }
        let objects = self.events.into_iter().flat_map(|event| event.objects);
        SimulationReport::new(objects.collect(), invocations)
    }
}
