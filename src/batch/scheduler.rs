//! Schedules the records of a batch: which may start next, and which a failure keeps from starting.
//!
//! Pure: no records, clocks or futures.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{BuildHasher, RandomState};

/// The records that are not started any more after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureScope {
    /// Only the record itself: all others go on.
    Record,
    /// The rest of its ordering group.
    Group,
    /// All later records of the batch. Earlier records go on, since they move the checkpoint.
    Tail,
}

/// The records that have to run one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Groups {
    /// Each for itself.
    None,
    /// The whole batch.
    Batch,
    /// Those of the same key.
    Keys(Vec<Box<str>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Not started: it may be yet, or never.
    Waiting,
    Running,
    /// Its handler returned `Ok`. There is no other way to this state.
    Done,
    Failed,
}

/// A batch under way. Every record is not done until it is told so.
#[derive(Debug)]
pub(crate) struct Scheduler {
    states: Vec<State>,
    /// The next record of the same group.
    next: Vec<Option<u32>>,
    /// Records whose turn it is, the earliest first.
    ready: BinaryHeap<Reverse<u32>>,
    /// Records from here on are not started any more.
    end: u32,
    failure_scope: FailureScope,
}

impl Scheduler {
    pub(crate) fn new(records: usize, groups: &Groups, failure_scope: FailureScope) -> Scheduler {
        // An event has 6 MB at most.
        let records = records as u32;
        let mut next = vec![None; records as usize];
        let first: Vec<u32> = match groups {
            Groups::None => (0..records).collect(),
            Groups::Batch => {
                (1..records).zip(&mut next).for_each(|(record, next)| *next = Some(record));
                (0..records.min(1)).collect()
            }
            Groups::Keys(keys) => link_groups(keys, &mut next),
        };
        let mut ready = BinaryHeap::with_capacity(first.len());
        first.into_iter().for_each(|record| ready.push(Reverse(record)));
        Scheduler { states: vec![State::Waiting; records as usize], next, ready, end: records, failure_scope }
    }

    /// The record to start now, if there is one; it counts as running from here on.
    pub(crate) fn start(&mut self) -> Option<usize> {
        let record = self.peek()?;
        self.ready.pop();
        self.states[record] = State::Running;
        Some(record)
    }

    /// The record that [`start`](Scheduler::start) would give.
    pub(crate) fn peek(&self) -> Option<usize> {
        self.ready.peek().filter(|record| record.0 < self.end).map(|record| record.0 as usize)
    }

    /// The handler of a running record returned `Ok`.
    pub(crate) fn complete(&mut self, record: usize) {
        self.transition(record, State::Done);
        self.unblock_next(record);
    }

    /// A running record failed, whatever the reason.
    pub(crate) fn fail(&mut self, record: usize) {
        self.transition(record, State::Failed);
        match self.failure_scope {
            FailureScope::Record => self.unblock_next(record),
            FailureScope::Group => {}
            FailureScope::Tail => self.end = self.end.min(record as u32),
        }
    }

    /// From here on, no record is started.
    pub(crate) fn stop_starting(&mut self) {
        self.end = 0;
    }

    pub(crate) fn states(&self) -> &[State] {
        &self.states
    }

    /// The records that are not done, in the order of the batch.
    pub(crate) fn unsuccessful(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.states.len()).filter(|record| self.states[*record] != State::Done)
    }

    pub(crate) fn count(&self, state: State) -> usize {
        self.states.iter().filter(|other| **other == state).count()
    }

    fn transition(&mut self, record: usize, state: State) {
        debug_assert_eq!(self.states[record], State::Running);
        self.states[record] = state;
    }

    fn unblock_next(&mut self, record: usize) {
        if let Some(next) = self.next[record] {
            self.ready.push(Reverse(next));
        }
    }
}

/// Puts the records of each key in a row, in `next`; the first record of each row.
///
/// A map of our own, since std's would be a tenth of what batches add to a binary.
fn link_groups(keys: &[Box<str>], next: &mut [Option<u32>]) -> Vec<u32> {
    const FREE: u32 = u32::MAX;
    let hasher = RandomState::new();
    // The last record of each row, at the first free place from its key's hash on. Half of the places stay free.
    let mut rows = vec![FREE; keys.len().next_power_of_two() * 2];
    let mut first = Vec::new();
    for (record, key) in (0..).zip(keys) {
        let mut place = hasher.hash_one(key) as usize % rows.len();
        while rows[place] != FREE && keys[rows[place] as usize] != *key {
            place = (place + 1) % rows.len();
        }
        match std::mem::replace(&mut rows[place], record) {
            FREE => first.push(record),
            last => next[last as usize] = Some(record),
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

    /// Starts all that may be started.
    fn started(scheduler: &mut Scheduler) -> Vec<usize> {
        std::iter::from_fn(|| scheduler.start()).collect()
    }

    #[test]
    fn without_groups_all_start_and_failures_stop_nothing() {
        let mut scheduler = Scheduler::new(3, &Groups::None, FailureScope::Record);
        assert_eq!(started(&mut scheduler), [0, 1, 2]);
        scheduler.fail(0);
        scheduler.complete(2);
        assert_eq!(scheduler.unsuccessful().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn groups_stand_side_by_side_and_each_is_in_order() {
        let mut scheduler = Scheduler::new(5, &keys("abaab"), FailureScope::Group);
        assert_eq!(started(&mut scheduler), [0, 1]);
        scheduler.fail(0);
        assert_eq!(started(&mut scheduler), [0_usize; 0]);
        scheduler.complete(1);
        assert_eq!(started(&mut scheduler), [4]);
        scheduler.complete(4);
        assert_eq!(started(&mut scheduler), [0_usize; 0]);
        assert_eq!(scheduler.unsuccessful().collect::<Vec<_>>(), [0, 2, 3]);
    }

    #[test]
    fn a_failure_in_a_stream_lets_what_is_earlier_go_on() {
        let mut scheduler = Scheduler::new(5, &keys("aabcd"), FailureScope::Tail);
        assert_eq!((scheduler.start(), scheduler.start()), (Some(0), Some(2)));
        scheduler.fail(2);
        assert_eq!(started(&mut scheduler), [0_usize; 0]);
        scheduler.complete(0);
        assert_eq!(started(&mut scheduler), [1]);
        scheduler.complete(1);
        assert_eq!(scheduler.unsuccessful().next(), Some(2));
    }

    #[test]
    fn a_batch_in_order_has_one_record_under_way() {
        let mut scheduler = Scheduler::new(3, &Groups::Batch, FailureScope::Tail);
        assert_eq!(started(&mut scheduler), [0]);
        scheduler.complete(0);
        assert_eq!(started(&mut scheduler), [1]);
        scheduler.fail(1);
        assert_eq!(started(&mut scheduler), [0_usize; 0]);
        assert_eq!(scheduler.unsuccessful().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn nothing_starts_once_it_is_closed() {
        let mut scheduler = Scheduler::new(2, &Groups::None, FailureScope::Record);
        assert_eq!(scheduler.start(), Some(0));
        scheduler.stop_starting();
        scheduler.complete(0);
        assert_eq!(scheduler.start(), None);
        assert_eq!(scheduler.unsuccessful().collect::<Vec<_>>(), [1]);
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
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// Whatever fails, and in whatever order records end: the rules hold at every moment.
        #[test]
        fn the_rules_hold(
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
            let (mut running, mut done, mut failed) = (Vec::new(), Vec::new(), Vec::new());
            for (which, succeeds) in moves {
                while running.len() < concurrency && let Some(record) = scheduler.start() {
                    for other in &running {
                        prop_assert_ne!(group(record), group(*other), "two of a group overlap");
                    }
                    for earlier in 0..record {
                        if group(earlier) == group(record) {
                            let over = done.contains(&earlier) || failed.contains(&earlier);
                            prop_assert!(over, "{earlier} stands before {record} and is not over");
                            prop_assert!(failure_scope == FailureScope::Record || !failed.contains(&earlier));
                        }
                    }
                    if failure_scope == FailureScope::Tail {
                        prop_assert!(failed.iter().all(|failed| record < *failed));
                    }
                    prop_assert!(!done.contains(&record) && !failed.contains(&record));
                    running.push(record);
                }
                if running.is_empty() {
                    break;
                }
                let record = running.swap_remove(which.index(running.len()));
                if succeeds {
                    scheduler.complete(record);
                    done.push(record);
                } else {
                    scheduler.fail(record);
                    failed.push(record);
                }
            }
            let unsuccessful: Vec<usize> = scheduler.unsuccessful().collect();
            let expected: Vec<usize> = (0..records).filter(|record| !done.contains(record)).collect();
            prop_assert_eq!(unsuccessful, expected);
            // Nothing is held back without a reason.
            if running.is_empty() && scheduler.start().is_none() && failed.is_empty() {
                prop_assert_eq!(done.len(), records);
            }
        }
    }
}
