//! The records of a shard, and the pending batches. Pure: the time is passed in.

use super::super::batch_response::BatchResponse;
use super::super::input::Input;
use super::super::report::{RecordOutcome, SimulatedRecord};
use serde_json::Value;
use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

/// Settings of the stream and its event source mapping.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) max_retries: Option<u32>,
    pub(super) max_age: Option<Duration>,
    /// The retention period of the stream.
    pub(super) retention: Duration,
    pub(super) bisects: bool,
    pub(super) reports: bool,
    /// The outcome of records that the mapping discards.
    pub(super) discarded: RecordOutcome,
}

struct Record {
    json: Value,
    arrived: Duration,
    history: SimulatedRecord,
}

/// Records that are delivered together.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    records: Range<usize>,
    /// Number of retries so far.
    retries: u32,
}

pub(super) struct ShardState {
    rules: Rules,
    all: Vec<Record>,
    /// The first record that was not in a batch yet.
    next: usize,
    /// Batches that are delivered again before any other, because a shard is read in order.
    again: VecDeque<Batch>,
}

impl ShardState {
    pub(super) fn new(rules: Rules, inputs: Vec<Input>) -> ShardState {
        let record = |Input { id, record, at }| Record { json: record, arrived: at, history: SimulatedRecord::new(id) };
        ShardState { rules, all: inputs.into_iter().map(record).collect(), next: 0, again: VecDeque::new() }
    }

    /// Returns the next batch that is delivered again.
    pub(super) fn again(&mut self) -> Option<Batch> {
        self.again.pop_front()
    }

    /// Returns the arrival time of the record at this position after the checkpoint, or `None` if there is no such
    /// record.
    pub(super) fn arrival(&self, place: usize) -> Option<Duration> {
        self.all.get(self.next + place).map(|record| record.arrived)
    }

    /// Reads up to `limit` records that have arrived, and that were created before the end of their tumbling window.
    pub(super) fn read(&mut self, now: Duration, limit: usize, before: Option<Duration>) -> Batch {
        let is_available =
            |record: &&Record| record.arrived <= now && before.is_none_or(|before| record.arrived < before);
        let available = self.all[self.next..].iter().take(limit).take_while(is_available).count();
        let records = self.next..self.next + available;
        self.next = records.end;
        Batch { records, retries: 0 }
    }

    /// Discards records that are too old. Returns the rest of the batch, or `None` if it is empty.
    pub(super) fn without_old(&mut self, mut batch: Batch, now: Duration) -> Option<Batch> {
        for at in batch.records.clone() {
            let age = now.saturating_sub(self.all[at].arrived);
            let outcome = if age > self.rules.retention {
                // The stream itself deletes the record.
                RecordOutcome::Discarded
            } else if self.rules.max_age.is_some_and(|max_age| age > max_age) {
                self.rules.discarded
            } else {
                break;
            };
            self.all[at].history.end(outcome, now);
            batch.records.start = at + 1;
        }
        (!batch.records.is_empty()).then_some(batch)
    }

    pub(super) fn delivered(&mut self, batch: &Batch, now: Duration) {
        for record in &mut self.all[batch.records.clone()] {
            record.history.delivered(now);
        }
    }

    pub(super) fn events(&self, batch: &Batch) -> impl Iterator<Item = &Value> {
        self.all[batch.records.clone()].iter().map(|record| &record.json)
    }

    pub(super) fn ids(&self, batch: &Batch) -> Vec<&str> {
        self.all[batch.records.clone()].iter().map(|record| record.history.id()).collect()
    }

    /// Moves the checkpoint. Returns true if records will be delivered again.
    pub(super) fn answered(&mut self, batch: Batch, response: &BatchResponse, now: Duration) -> bool {
        let Batch { records, retries } = batch;
        let first_failed = match response {
            BatchResponse::Error => None,
            BatchResponse::Reported(failed) => match failed.first() {
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
        // The rest after a checkpoint is a new batch. Without bisecting, its next delivery counts as its first retry. With bisecting,
        // the split at the checkpoint does not count.
        let progress = checkpoint > records.start;
        let used = if progress { 0 } else { retries };
        let retries = if progress && self.rules.bisects { 0 } else { used + 1 };
        if self.rules.max_retries.is_some_and(|max_retries| retries > max_retries) {
            self.end(rest, self.rules.discarded, now);
            return false;
        }
        self.again.push_front(Batch { records: rest, retries });
        true
    }

    fn end(&mut self, records: Range<usize>, outcome: RecordOutcome, now: Duration) {
        for record in &mut self.all[records] {
            record.history.end(outcome, now);
        }
    }

    pub(super) fn into_records(self) -> Vec<SimulatedRecord> {
        self.all.into_iter().map(|record| record.history).collect()
    }
}
