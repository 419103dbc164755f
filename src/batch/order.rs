//! Who may start, what a failure stops, and what is done: the rules of batches, without any record, clock or future.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{BuildHasher, RandomState};

/// What a record's failure stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stops {
    /// Nothing: the others go on.
    Nothing,
    /// The rest of its group.
    Group,
    /// All that stands later in the batch. What stands earlier goes on, since it moves the checkpoint.
    Later,
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
pub(crate) struct Order {
    states: Vec<State>,
    /// The next record of the same group.
    next: Vec<Option<u32>>,
    /// Records whose turn it is, the earliest first.
    ready: BinaryHeap<Reverse<u32>>,
    /// Records from here on are not started any more.
    end: u32,
    stops: Stops,
}

impl Order {
    pub(crate) fn new(records: usize, groups: &Groups, stops: Stops) -> Order {
        // An event has 6 MB at most.
        let records = records as u32;
        let mut next = vec![None; records as usize];
        let first: Vec<u32> = match groups {
            Groups::None => (0..records).collect(),
            Groups::Batch => {
                (1..records).zip(&mut next).for_each(|(record, next)| *next = Some(record));
                (0..records.min(1)).collect()
            }
            Groups::Keys(keys) => chain(keys, &mut next),
        };
        let mut ready = BinaryHeap::with_capacity(first.len());
        first.into_iter().for_each(|record| ready.push(Reverse(record)));
        Order { states: vec![State::Waiting; records as usize], next, ready, end: records, stops }
    }

    /// The record to start now, if there is one; it counts as running from here on.
    pub(crate) fn start(&mut self) -> Option<usize> {
        let record = self.peek()?;
        self.ready.pop();
        self.states[record] = State::Running;
        Some(record)
    }

    /// The record that [`start`](Order::start) would give.
    pub(crate) fn peek(&self) -> Option<usize> {
        self.ready.peek().filter(|record| record.0 < self.end).map(|record| record.0 as usize)
    }

    /// The handler of a running record returned `Ok`.
    pub(crate) fn done(&mut self, record: usize) {
        self.leave(record, State::Done);
        self.release(record);
    }

    /// A running record failed, whatever the reason.
    pub(crate) fn failed(&mut self, record: usize) {
        self.leave(record, State::Failed);
        match self.stops {
            Stops::Nothing => self.release(record),
            Stops::Group => {}
            Stops::Later => self.end = self.end.min(record as u32),
        }
    }

    /// From here on, no record is started.
    pub(crate) fn close(&mut self) {
        self.end = 0;
    }

    pub(crate) fn states(&self) -> &[State] {
        &self.states
    }

    /// The records that are not done, in the order of the batch.
    pub(crate) fn not_done(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.states.len()).filter(|record| self.states[*record] != State::Done)
    }

    pub(crate) fn count(&self, state: State) -> usize {
        self.states.iter().filter(|other| **other == state).count()
    }

    fn leave(&mut self, record: usize, state: State) {
        debug_assert_eq!(self.states[record], State::Running);
        self.states[record] = state;
    }

    fn release(&mut self, record: usize) {
        if let Some(next) = self.next[record] {
            self.ready.push(Reverse(next));
        }
    }
}

/// Puts the records of each key in a row, in `next`; the first record of each row.
///
/// A map of our own, since std's would be a tenth of what batches add to a binary.
fn chain(keys: &[Box<str>], next: &mut [Option<u32>]) -> Vec<u32> {
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
    fn started(order: &mut Order) -> Vec<usize> {
        std::iter::from_fn(|| order.start()).collect()
    }

    #[test]
    fn without_groups_all_start_and_failures_stop_nothing() {
        let mut order = Order::new(3, &Groups::None, Stops::Nothing);
        assert_eq!(started(&mut order), [0, 1, 2]);
        order.failed(0);
        order.done(2);
        assert_eq!(order.not_done().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn groups_stand_side_by_side_and_each_is_in_order() {
        let mut order = Order::new(5, &keys("abaab"), Stops::Group);
        assert_eq!(started(&mut order), [0, 1]);
        order.failed(0);
        assert_eq!(started(&mut order), [0_usize; 0]);
        order.done(1);
        assert_eq!(started(&mut order), [4]);
        order.done(4);
        assert_eq!(started(&mut order), [0_usize; 0]);
        assert_eq!(order.not_done().collect::<Vec<_>>(), [0, 2, 3]);
    }

    #[test]
    fn a_failure_in_a_stream_lets_what_is_earlier_go_on() {
        let mut order = Order::new(5, &keys("aabcd"), Stops::Later);
        assert_eq!((order.start(), order.start()), (Some(0), Some(2)));
        order.failed(2);
        assert_eq!(started(&mut order), [0_usize; 0]);
        order.done(0);
        assert_eq!(started(&mut order), [1]);
        order.done(1);
        assert_eq!(order.not_done().next(), Some(2));
    }

    #[test]
    fn a_batch_in_order_has_one_record_under_way() {
        let mut order = Order::new(3, &Groups::Batch, Stops::Later);
        assert_eq!(started(&mut order), [0]);
        order.done(0);
        assert_eq!(started(&mut order), [1]);
        order.failed(1);
        assert_eq!(started(&mut order), [0_usize; 0]);
        assert_eq!(order.not_done().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn nothing_starts_once_it_is_closed() {
        let mut order = Order::new(2, &Groups::None, Stops::Nothing);
        assert_eq!(order.start(), Some(0));
        order.close();
        order.done(0);
        assert_eq!(order.start(), None);
        assert_eq!(order.not_done().collect::<Vec<_>>(), [1]);
        assert_eq!(Order::new(0, &Groups::Batch, Stops::Later).start(), None);
    }

    fn stops() -> impl Strategy<Value = Stops> {
        prop_oneof![Just(Stops::Nothing), Just(Stops::Group), Just(Stops::Later)]
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
            stops in stops(),
            concurrency in 1..5usize,
            moves in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..40),
        ) {
            let group = |record: usize| match &groups {
                Groups::None => record.to_string(),
                Groups::Batch => String::new(),
                Groups::Keys(keys) => keys[record].to_string(),
            };
            let mut order = Order::new(records, &groups, stops);
            let (mut running, mut done, mut failed) = (Vec::new(), Vec::new(), Vec::new());
            for (which, succeeds) in moves {
                while running.len() < concurrency && let Some(record) = order.start() {
                    for other in &running {
                        prop_assert_ne!(group(record), group(*other), "two of a group overlap");
                    }
                    for earlier in 0..record {
                        if group(earlier) == group(record) {
                            let over = done.contains(&earlier) || failed.contains(&earlier);
                            prop_assert!(over, "{earlier} stands before {record} and is not over");
                            prop_assert!(stops == Stops::Nothing || !failed.contains(&earlier));
                        }
                    }
                    if stops == Stops::Later {
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
                    order.done(record);
                    done.push(record);
                } else {
                    order.failed(record);
                    failed.push(record);
                }
            }
            let not_done: Vec<usize> = order.not_done().collect();
            let expected: Vec<usize> = (0..records).filter(|record| !done.contains(record)).collect();
            prop_assert_eq!(not_done, expected);
            // Nothing is held back without a reason.
            if running.is_empty() && order.start().is_none() && failed.is_empty() {
                prop_assert_eq!(done.len(), records);
            }
        }
    }
}
