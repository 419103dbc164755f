//! The tumbling windows of a shard.

use crate::{Outcome, START};
use lrt_core::__private::rfc3339_seconds;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

/// The size of a state above which Lambda ends the window early.
const MAX_STATE_BYTES: usize = 1024 * 1024;

/// The windows of a shard, of which at most one is open.
pub(super) struct TumblingWindow {
    length: Duration,
    arn: Value,
    /// The start of the open window.
    start: Option<Duration>,
    state: Value,
    /// The states at the ends of windows.
    states: Vec<Value>,
}

impl TumblingWindow {
    pub(super) fn new(length: Duration, arn: Option<&str>) -> TumblingWindow {
        TumblingWindow { length, arn: arn.into(), start: None, state: json!({}), states: Vec::new() }
    }

    /// Opens the window of a record, and returns its end.
    pub(super) fn open(&mut self, created: Duration) -> Duration {
        let number = created.as_nanos() / self.length.as_nanos();
        let start = self.length * u32::try_from(number).unwrap_or(u32::MAX);
        self.start = Some(start);
        start + self.length
    }

    /// Returns the time at which the open window ends, if it ends before the next record: now if its state is too large.
    pub(super) fn ends_before(&self, next: Option<Duration>) -> Option<Duration> {
        let start = self.start?;
        if self.is_too_large() {
            return Some(start);
        }
        Some(start + self.length).filter(|end| next.is_none_or(|next| next >= *end))
    }

    /// Returns the event at the end of the window.
    pub(super) fn last_event(&self) -> Value {
        let mut event = json!({"Records": []});
        self.add_to(&mut event);
        event["isFinalInvokeForWindow"] = true.into();
        event["isWindowTerminatedEarly"] = self.is_too_large().into();
        event
    }

    /// Adds the window to an event.
    pub(super) fn add_to(&self, event: &mut Value) {
        let start = self.start.unwrap_or_default();
        event["window"] = json!({"start": rfc3339(start), "end": rfc3339(start + self.length)});
        event["state"] = self.state.clone();
        event["shardId"] = "shardId-000000000000".into();
        event["eventSourceARN"] = self.arn.clone();
        event["isFinalInvokeForWindow"] = false.into();
        event["isWindowTerminatedEarly"] = false.into();
    }

    /// Takes the state from a response. Returns false if it has none, which is a failed invocation.
    pub(super) fn answered(&mut self, outcome: &Outcome) -> bool {
        let response: Value = serde_json::from_slice(outcome.body()).unwrap_or_default();
        match response.get("state") {
            Some(state) => {
                self.state = state.clone();
                true
            }
            None => false,
        }
    }

    /// Closes the window, if its last invocation succeeded. Returns false otherwise.
    pub(super) fn ended(&mut self, outcome: &Outcome) -> bool {
        let state = self.state.clone();
        if !outcome.is_ok() || !self.answered(outcome) {
            return false;
        }
        self.states.push(state);
        self.state = json!({});
        self.start = None;
        true
    }

    /// Returns the states at the ends of the windows.
    pub(super) fn into_states(self) -> Vec<Value> {
        self.states
    }

    fn is_too_large(&self) -> bool {
        self.state.to_string().len() > MAX_STATE_BYTES
    }
}

/// Returns a time of the simulation, which starts at [`START`].
fn rfc3339(time: Duration) -> String {
    rfc3339_seconds(SystemTime::UNIX_EPOCH + START + time)
}
