//! The records of a shard, and the batches that are still to be delivered. Pure: it is told the time.

use super::super::answer::Answer;
use super::super::input::Input;
use super::super::report::{RecordOutcome, SimulatedRecord};
use serde_json::Value;
use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

/// What the mapping was made with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) max_retries: Option<u32>,
    pub(super) max_age: Option<Duration>,
    /// How long the stream keeps a record.
    pub(super) retention: Duration,
    pub(super) bisects: bool,
    pub(super) reports: bool,
    /// Where a record is that the mapping gave up.
    pub(super) given_up: RecordOutcome,
}

struct Record {
    wire: Value,
    arrived: Duration,
    life: SimulatedRecord,
}

/// Records that are delivered together.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    records: Range<usize>,
    /// How many of its retries are used up.
    retries: u32,
}

pub(super) struct ShardState {
    rules: Rules,
    all: Vec<Record>,
    /// The first record that was in no batch yet.
    next: usize,
    /// Batches that are to be delivered again, before any other: a shard is read in order.
    again: VecDeque<Batch>,
}

impl ShardState {
    pub(super) fn new(rules: Rules, inputs: Vec<Input>) -> ShardState {
        let record = |Input { id, record, at }| Record { wire: record, arrived: at, life: SimulatedRecord::new(id) };
        ShardState { rules, all: inputs.into_iter().map(record).collect(), next: 0, again: VecDeque::new() }
    }

    /// The batch that has to be delivered again.
    pub(super) fn again(&mut self) -> Option<Batch> {
        self.again.pop_front()
    }

    /// When the record at this place behind the checkpoint is there; `None` if there is none.
    pub(super) fn arrival(&self, place: usize) -> Option<Duration> {
        self.all.get(self.next + place).map(|record| record.arrived)
    }

    /// Reads up to so many records that are there.
    pub(super) fn read(&mut self, now: Duration, limit: usize) -> Batch {
        let there = self.all[self.next..].iter().take(limit).take_while(|record| record.arrived <= now).count();
        let records = self.next..self.next + there;
        self.next = records.end;
        Batch { records, retries: 0 }
    }

    /// Leaves out what is too old; `None` if that is all.
    pub(super) fn without_old(&mut self, mut batch: Batch, now: Duration) -> Option<Batch> {
        for at in batch.records.clone() {
            let age = now.saturating_sub(self.all[at].arrived);
            let outcome = if age > self.rules.retention {
                // The stream itself has forgotten it.
                RecordOutcome::Discarded
            } else if self.rules.max_age.is_some_and(|max_age| age > max_age) {
                self.rules.given_up
            } else {
                break;
            };
            self.all[at].life.end(outcome, now);
            batch.records.start = at + 1;
        }
        (!batch.records.is_empty()).then_some(batch)
    }

    pub(super) fn delivered(&mut self, batch: &Batch, now: Duration) {
        for record in &mut self.all[batch.records.clone()] {
            record.life.delivered(now);
        }
    }

    pub(super) fn wires(&self, batch: &Batch) -> impl Iterator<Item = &Value> {
        self.all[batch.records.clone()].iter().map(|record| &record.wire)
    }

    pub(super) fn ids(&self, batch: &Batch) -> Vec<&str> {
        self.all[batch.records.clone()].iter().map(|record| record.life.id()).collect()
    }

    /// Moves the checkpoint. Whether something has to be delivered again.
    pub(super) fn answered(&mut self, batch: Batch, answer: &Answer, now: Duration) -> bool {
        let Batch { records, retries } = batch;
        let first_failed = match answer {
            Answer::Error => None,
            Answer::Reported(failed) => match failed.first() {
                None => {
                    self.end(records, RecordOutcome::Done, now);
                    return false;
                }
                Some(first) => Some(records.start + first),
            },
        };
        let checkpoint = first_failed.unwrap_or(records.start);
        self.end(records.start..checkpoint, RecordOutcome::Done, now);
        let rest = checkpoint..records.end;
        if first_failed.is_some() && !self.rules.reports {
            self.end(rest, RecordOutcome::Lost, now);
            return false;
        }
        if self.rules.bisects && first_failed.is_none() && rest.len() > 1 {
            let middle = rest.start + rest.len() / 2;
            self.again.push_front(Batch { records: middle..rest.end, retries });
            self.again.push_front(Batch { records: rest.start..middle, retries });
            return true;
        }
        // What is left after a checkpoint is another batch. It was not delivered as such, but this is its first retry;
        // that it was split off at the checkpoint takes none.
        let progress = checkpoint > records.start;
        let used = if progress { 0 } else { retries };
        let retries = if progress && self.rules.bisects { 0 } else { used + 1 };
        if self.rules.max_retries.is_some_and(|max_retries| retries > max_retries) {
            self.end(rest, self.rules.given_up, now);
            return false;
        }
        self.again.push_front(Batch { records: rest, retries });
        true
    }

    fn end(&mut self, records: Range<usize>, outcome: RecordOutcome, now: Duration) {
        for record in &mut self.all[records] {
            record.life.end(outcome, now);
        }
    }

    pub(super) fn into_lives(self) -> Vec<SimulatedRecord> {
        self.all.into_iter().map(|record| record.life).collect()
    }
}
