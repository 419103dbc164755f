//! The messages of a queue: which can be received, and when. Pure: it is told the time.

use super::super::answer::Answer;
use super::super::input::Input;
use super::super::report::{RecordOutcome, SimulatedRecord};
use serde_json::Value;
use std::collections::HashSet;
use std::time::Duration;

/// Where SQS tells how often a message was received.
const RECEIVE_COUNT: &str = "/attributes/ApproximateReceiveCount";

const GROUP: &str = "/attributes/MessageGroupId";

/// What the queue was made with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) fifo: bool,
    pub(super) visibility: Duration,
    pub(super) max_receive: Option<u32>,
}

struct Message {
    wire: Value,
    /// The group within which order is kept.
    group: Option<String>,
    visible: Duration,
    receives: u32,
    life: SimulatedRecord,
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
            Message { wire: record, group, visible: at, receives: 0, life: SimulatedRecord::new(id) }
        };
        QueueState { rules, all: inputs.into_iter().map(message).collect() }
    }

    /// Takes up to so many messages that are visible. What was received too often goes to the dead-letter queue instead.
    pub(super) fn receive(&mut self, now: Duration, limit: usize) -> Vec<usize> {
        let mut received = Vec::new();
        let mut held_up = HashSet::new();
        for at in self.in_turn() {
            if received.len() == limit {
                break;
            }
            let message = &mut self.all[at];
            if message.group.as_ref().is_some_and(|group| held_up.contains(group)) {
                continue;
            }
            if message.visible > now {
                held_up.extend(message.group.clone());
            } else if self.rules.max_receive == Some(message.receives) {
                message.life.end(RecordOutcome::DeadLetterQueue, now);
            } else {
                message.receives += 1;
                message.visible = now + self.rules.visibility;
                if let Some(count) = message.wire.pointer_mut(RECEIVE_COUNT) {
                    *count = message.receives.to_string().into();
                }
                received.push(at);
            }
        }
        received
    }

    /// The messages that are not over: those that came back stand behind the others, but for FIFO queues.
    fn in_turn(&self) -> Vec<usize> {
        let mut waiting: Vec<_> = (0..self.all.len()).filter(|at| self.all[*at].life.is_waiting()).collect();
        if !self.rules.fifo {
            waiting.sort_by_key(|at| self.all[*at].visible);
        }
        waiting
    }

    /// When the next message can be received; `None` if all are over.
    pub(super) fn next(&self) -> Option<Duration> {
        let mut groups = HashSet::new();
        let waiting = self.all.iter().filter(|message| message.life.is_waiting());
        // Of a group it is the first that counts: the others are not received before it.
        let first = waiting.filter(|message| message.group.as_ref().is_none_or(|group| groups.insert(group)));
        first.map(|message| message.visible).min()
    }

    pub(super) fn delivered(&mut self, batch: &[usize], now: Duration) {
        for at in batch {
            self.all[*at].life.delivered(now);
        }
    }

    pub(super) fn wires(&self, batch: &[usize]) -> impl Iterator<Item = &Value> {
        batch.iter().map(|at| &self.all[*at].wire)
    }

    pub(super) fn ids(&self, batch: &[usize]) -> Vec<&str> {
        batch.iter().map(|at| self.all[*at].life.id()).collect()
    }

    /// Deletes what is done; `reports` is whether the mapping looks into the answer.
    pub(super) fn answered(&mut self, batch: &[usize], answer: &Answer, reports: bool, now: Duration) {
        let Answer::Reported(failed) = answer else { return };
        for (place, at) in batch.iter().enumerate() {
            let message = &mut self.all[*at];
            let failed = failed.binary_search(&place).is_ok();
            // Once it is visible again somebody else has received it, and with the older receipt nothing is deleted.
            if message.visible <= now || (failed && reports) {
                continue;
            }
            message.life.end(if failed { RecordOutcome::Lost } else { RecordOutcome::Done }, now);
        }
    }

    pub(super) fn into_lives(self) -> Vec<SimulatedRecord> {
        self.all.into_iter().map(|message| message.life).collect()
    }
}
