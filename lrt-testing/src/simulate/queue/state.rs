//! The messages of a queue, and the times at which they can be received. Pure: the time is passed in.

use super::super::batch_response::BatchResponse;
use super::super::input::Input;
use super::super::report::{RecordOutcome, SimulatedRecord};
use super::MAX_VISIBILITY;
use serde_json::Value;
use std::collections::HashSet;
use std::time::Duration;

/// The member with the number of times a message was received.
const RECEIVE_COUNT: &str = "/attributes/ApproximateReceiveCount";

const GROUP: &str = "/attributes/MessageGroupId";

/// Settings of the queue and its event source mapping.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) fifo: bool,
    pub(super) visibility: Duration,
    pub(super) max_receive: Option<u32>,
}

struct Message {
    json: Value,
    /// The message group of a FIFO queue.
    group: Option<String>,
    visible: Duration,
    receives: u32,
    history: SimulatedRecord,
}

pub(super) struct QueueState {
    rules: Rules,
    all: Vec<Message>,
}

impl QueueState {
    pub(super) fn new(rules: Rules, inputs: Vec<Input>) -> QueueState {
        let message = |Input { id, record, at }| {
            let group = record.pointer(GROUP).and_then(Value::as_str).unwrap_or_default().to_owned();
            let group = rules.fifo.then_some(group);
            Message { json: record, group, visible: at, receives: 0, history: SimulatedRecord::new(id) }
        };
        QueueState { rules, all: inputs.into_iter().map(message).collect() }
    }

    /// Receives up to `limit` visible messages. Messages that have reached the maximum receive count are moved to the
    /// dead-letter queue instead.
    pub(super) fn receive(&mut self, now: Duration, limit: usize) -> Vec<usize> {
        let mut received = Vec::new();
        let mut blocked_groups = HashSet::new();
        for at in self.waiting() {
            if received.len() == limit {
                break;
            }
            let message = &mut self.all[at];
            if message.group.as_ref().is_some_and(|group| blocked_groups.contains(group)) {
                continue;
            }
            if message.visible > now {
                blocked_groups.extend(message.group.clone());
            } else if self.rules.max_receive == Some(message.receives) {
                message.history.end(RecordOutcome::DeadLetterQueue, now);
            } else {
                message.receives += 1;
                message.visible = now + self.rules.visibility;
                if let Some(count) = message.json.pointer_mut(RECEIVE_COUNT) {
                    *count = message.receives.to_string().into();
                }
                received.push(at);
            }
        }
        received
    }

    /// Returns the waiting messages, in the order in which they are received. In standard queues, retried messages come last.
    fn waiting(&self) -> Vec<usize> {
        let mut waiting: Vec<_> = (0..self.all.len()).filter(|at| self.all[*at].history.is_waiting()).collect();
        if !self.rules.fifo {
            waiting.sort_by_key(|at| self.all[*at].visible);
        }
        waiting
    }

    /// Returns the time at which the next message can be received, or `None` if no message is waiting.
    pub(super) fn next(&self) -> Option<Duration> {
        let mut groups = HashSet::new();
        let waiting = self.all.iter().filter(|message| message.history.is_waiting());
        // Only the first message of each group is relevant, since the others are not received before it.
        let first = waiting.filter(|message| message.group.as_ref().is_none_or(|group| groups.insert(group)));
        first.map(|message| message.visible).min()
    }

    pub(super) fn delivered(&mut self, batch: &[usize], now: Duration) {
        for at in batch {
            self.all[*at].history.delivered(now);
        }
    }

    pub(super) fn events(&self, batch: &[usize]) -> impl Iterator<Item = &Value> {
        batch.iter().map(|at| &self.all[*at].json)
    }

    pub(super) fn ids(&self, batch: &[usize]) -> Vec<&str> {
        batch.iter().map(|at| self.all[*at].history.id()).collect()
    }

    /// Deletes the successful messages. `reports` is true if `ReportBatchItemFailures` is enabled.
    pub(super) fn answered(&mut self, batch: &[usize], response: &BatchResponse, reports: bool, now: Duration) {
        let BatchResponse::Reported(failed) = response else { return };
        for (place, at) in batch.iter().enumerate() {
            let message = &mut self.all[*at];
            let failed = failed.binary_search(&place).is_ok();
            // A visible message has been received by another poller, and the old receipt handle does not delete it.
            if message.visible <= now || (failed && reports) {
                continue;
            }
            message.history.end(if failed { RecordOutcome::Lost } else { RecordOutcome::Done }, now);
        }
    }

    /// Changes the visibility of the messages that are still in the queue and have a delay, unless another poller has received them.
    pub(super) fn delay(&mut self, batch: &[usize], delay: impl Fn(&str) -> Option<Duration>, now: Duration) {
        for at in batch {
            let message = &mut self.all[*at];
            if message.history.is_waiting()
                && message.visible > now
                && let Some(delay) = delay(message.history.id())
            {
                message.visible = now + delay.min(MAX_VISIBILITY);
            }
        }
    }

    pub(super) fn into_records(self) -> Vec<SimulatedRecord> {
        self.all.into_iter().map(|message| message.history).collect()
    }
}
