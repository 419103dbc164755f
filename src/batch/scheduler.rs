//! Schedules the records of a batch: selects the records that may start next, and those that a failure prevents from
//! starting.
//!
//! Pure: it does not use records, clocks or futures.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};

/// Records that are no longer started after one has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureScope {
    /// Only the failed record. All others still run.
    Record,
    /// The rest of its ordering group.
    Group,
    /// All later records of the batch. Earlier ones still run, since they move the checkpoint.
    Tail,
}

/// Ordering groups. The records of a group run one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Groups {
    /// Each record is its own group.
    None,
    /// The whole batch is one group.
    Batch,
    /// Records with the same key are a group.
    Keys(Vec<Box<str>>),
}

/// State of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordState {
    /// Not started. May never be started, after a failure.
    Waiting,
    Running,
    /// The handler returned `Ok`. [`Scheduler::complete`] is the only way into this state.
    Succeeded,
    Failed,
}

/// The states of all records of a batch. A record counts as unsuccessful until [`Scheduler::complete`] is called for it.
#[derive(Debug)]
pub(crate) struct Scheduler {
    states: Vec<RecordState>,
    /// The next record of the same group.
    next: Vec<Option<usize>>,
    /// Records that may start now, the earliest first.
    ready: BinaryHeap<Reverse<usize>>,
    /// Records from this index on are no longer started.
    end: usize,
    failure_scope: FailureScope,
}

impl Scheduler {
    pub(crate) fn new(records: usize, groups: &Groups, failure_scope: FailureScope) -> Scheduler {
        let mut next = vec![None; records];
        let first: Vec<usize> = match groups {
            Groups::None => (0..records).collect(),
            Groups::Batch => {
                (1..records).zip(&mut next).for_each(|(record, next)| *next = Some(record));
                (0..records.min(1)).collect()
            }
            Groups::Keys(keys) => link_groups(keys, &mut next),
        };
        let ready = first.into_iter().map(Reverse).collect();
        Scheduler { states: vec![RecordState::Waiting; records], next, ready, end: records, failure_scope }
    }

    /// Starts the earliest record that may run, if there is one, and returns it.
    pub(crate) fn start(&mut self) -> Option<usize> {
        let record = self.peek()?;
        self.ready.pop();
        self.states[record] = RecordState::Running;
        Some(record)
    }

    /// Returns the record that [`start`](Scheduler::start) would return.
    pub(crate) fn peek(&self) -> Option<usize> {
        self.ready.peek().map(|record| record.0).filter(|record| *record < self.end)
    }

    /// Marks a running record as succeeded: its handler returned `Ok`.
    pub(crate) fn complete(&mut self, record: usize) {
        self.transition(record, RecordState::Succeeded);
        self.unblock_next(record);
    }

    /// Marks a running record as failed, for any reason.
    pub(crate) fn fail(&mut self, record: usize) {
        self.transition(record, RecordState::Failed);
        match self.failure_scope {
            FailureScope::Record => self.unblock_next(record),
            FailureScope::Group => {}
            FailureScope::Tail => self.end = self.end.min(record),
        }
    }

    /// Prevents all waiting records from being started.
    pub(crate) fn stop_starting(&mut self) {
        self.end = 0;
    }

    /// Returns the records that did not succeed, in the order of the batch.
    pub(crate) fn unsuccessful(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.states.len()).filter(|record| self.states[*record] != RecordState::Succeeded)
    }

    pub(crate) fn count(&self, state: RecordState) -> usize {
        self.states.iter().filter(|other| **other == state).count()
    }

    fn transition(&mut self, record: usize, state: RecordState) {
        debug_assert_eq!(self.states[record], RecordState::Running);
        self.states[record] = state;
    }

    fn unblock_next(&mut self, record: usize) {
        if let Some(next) = self.next[record] {
            self.ready.push(Reverse(next));
        }
    }
}

/// Links each record to the next one with the same key, in `next`. Returns the first record of each key.
fn link_groups(keys: &[Box<str>], next: &mut [Option<usize>]) -> Vec<usize> {
    let mut last_of_key = HashMap::with_capacity(keys.len());
    let mut first = Vec::new();
    for (record, key) in keys.iter().enumerate() {
        match last_of_key.entry(&**key) {
            Entry::Vacant(entry) => {
                entry.insert(record);
                first.push(record);
            }
            Entry::Occupied(mut entry) => next[entry.insert(record)] = Some(record),
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(keys: &str) -> Groups {
        Groups::Keys(keys.chars().map(|key| key.to_string().into()).collect())
    }

    /// Starts every record that may start.
    fn start_all(scheduler: &mut Scheduler) -> Vec<usize> {
        std::iter::from_fn(|| scheduler.start()).collect()
    }

    fn unsuccessful(scheduler: &Scheduler) -> Vec<usize> {
        scheduler.unsuccessful().collect()
    }

    #[test]
    fn without_groups_all_records_start_and_failures_stop_none() {
        let mut scheduler = Scheduler::new(3, &Groups::None, FailureScope::Record);
        assert_eq!(start_all(&mut scheduler), [0, 1, 2]);
        scheduler.fail(0);
        scheduler.complete(2);
        assert_eq!(unsuccessful(&scheduler), [0, 1]);
    }

    #[test]
    fn groups_run_concurrently_each_in_order() {
        let mut scheduler = Scheduler::new(5, &keys("abaab"), FailureScope::Group);
        assert_eq!(start_all(&mut scheduler), [0, 1]);
        scheduler.fail(0);
        assert_eq!(start_all(&mut scheduler), [0_usize; 0]);
        scheduler.complete(1);
        assert_eq!(start_all(&mut scheduler), [4]);
        scheduler.complete(4);
        assert_eq!(start_all(&mut scheduler), [0_usize; 0]);
        assert_eq!(unsuccessful(&scheduler), [0, 2, 3]);
    }

    #[test]
    fn tail_failure_lets_earlier_records_run() {
        let mut scheduler = Scheduler::new(5, &keys("aabcd"), FailureScope::Tail);
        assert_eq!((scheduler.start(), scheduler.start()), (Some(0), Some(2)));
        scheduler.fail(2);
        assert_eq!(start_all(&mut scheduler), [0_usize; 0]);
        scheduler.complete(0);
        assert_eq!(start_all(&mut scheduler), [1]);
        scheduler.complete(1);
        assert_eq!(scheduler.unsuccessful().next(), Some(2));
    }

    #[test]
    fn batch_group_runs_one_record_at_a_time() {
        let mut scheduler = Scheduler::new(3, &Groups::Batch, FailureScope::Tail);
        assert_eq!(start_all(&mut scheduler), [0]);
        scheduler.complete(0);
        assert_eq!(start_all(&mut scheduler), [1]);
        scheduler.fail(1);
        assert_eq!(start_all(&mut scheduler), [0_usize; 0]);
        assert_eq!(unsuccessful(&scheduler), [1, 2]);
    }

    #[test]
    fn no_record_starts_after_stop_starting() {
        let mut scheduler = Scheduler::new(2, &Groups::None, FailureScope::Record);
        assert_eq!(scheduler.start(), Some(0));
        scheduler.stop_starting();
        scheduler.complete(0);
        assert_eq!(scheduler.start(), None);
        assert_eq!(unsuccessful(&scheduler), [1]);
        assert_eq!(Scheduler::new(0, &Groups::Batch, FailureScope::Tail).start(), None);
    }

    fn failure_scope() -> impl Strategy<Value = FailureScope> {
        prop_oneof![Just(FailureScope::Record), Just(FailureScope::Group), Just(FailureScope::Tail)]
    }

    fn groups() -> impl Strategy<Value = (usize, Groups)> {
        let keys = prop::collection::vec(0..4u8, 0..12);
        prop_oneof![
            (0..12usize).prop_map(|n| (n, Groups::None)),
            (0..12usize).prop_map(|n| (n, Groups::Batch)),
            keys.prop_map(|keys| (keys.len(), Groups::Keys(keys.iter().map(|key| key.to_string().into()).collect()))),
        ]
    }

    proptest! {
        /// Holds for any failures, and for any order in which records end.
        #[test]
        fn scheduler_invariants(
            (records, groups) in groups(),
            failure_scope in failure_scope(),
            concurrency in 1..5usize,
            moves in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..40),
        ) {
            let group = |record: usize| match &groups {
                Groups::None => record.to_string(),
                Groups::Batch => String::new(),
                Groups::Keys(keys) => keys[record].to_string(),
            };
            let mut scheduler = Scheduler::new(records, &groups, failure_scope);
            let (mut running, mut succeeded, mut failed) = (Vec::new(), Vec::new(), Vec::new());
            for (choice, succeeds) in moves {
                while running.len() < concurrency && let Some(record) = scheduler.start() {
                    for other in &running {
                        prop_assert_ne!(group(record), group(*other), "two records of a group overlap");
                    }
                    for earlier in 0..record {
                        if group(earlier) == group(record) {
                            let ended = succeeded.contains(&earlier) || failed.contains(&earlier);
                            prop_assert!(ended, "{earlier} precedes {record} and has not ended");
                            prop_assert!(failure_scope == FailureScope::Record || !failed.contains(&earlier));
                        }
                    }
                    if failure_scope == FailureScope::Tail {
                        prop_assert!(failed.iter().all(|failed| record < *failed));
                    }
                    prop_assert!(!succeeded.contains(&record) && !failed.contains(&record));
                    running.push(record);
                }
                if running.is_empty() {
                    break;
                }
                let record = running.swap_remove(choice.index(running.len()));
                if succeeds {
                    scheduler.complete(record);
                    succeeded.push(record);
                } else {
                    scheduler.fail(record);
                    failed.push(record);
                }
            }
            let expected: Vec<usize> = (0..records).filter(|record| !succeeded.contains(record)).collect();
            prop_assert_eq!(unsuccessful(&scheduler), expected);
            // No record is held back without a failure.
            if running.is_empty() && scheduler.start().is_none() && failed.is_empty() {
                prop_assert_eq!(succeeded.len(), records);
            }
        }
    }
}
