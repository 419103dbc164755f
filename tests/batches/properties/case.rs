//! Arbitrary batches.

use lrt::batch::{OnAllFailed, OnFailure};
use proptest::option;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// SQS, standard.
    Queue,
    /// SQS, FIFO.
    Fifo,
    /// A DynamoDB stream.
    Stream,
}

/// What happens while the handler of a record runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    No,
    Yields,
    Sleeps(u64),
    /// It holds the thread meanwhile: nobody else runs, no timer rings.
    Blocks(u64),
    Forever,
}

/// How it ends, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Ok,
    Fails,
    FailsForGood,
    Panics,
    /// Before there is a future.
    PanicsAtOnce,
    /// `Ok`, and then the destructor of its future panics.
    PanicsInDrop,
}

/// How a record looks on its way to its handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Good,
    /// The payload is not what the handler takes.
    Undecodable,
    /// There is no payload.
    Empty,
    /// A field of the envelope is there twice.
    Odd,
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Its message group, or its item.
    pub(super) key: u8,
    pub(super) shape: Shape,
    /// What its handler does at its first run, at its second, …; the last one holds for all that follow.
    pub(super) runs: Vec<(Wait, End)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordLayer {
    None,
    /// [`TIMEOUT_MS`] for one record.
    Timeout,
    /// Another run after an error.
    Retry,
    /// Another run after an error or a timeout.
    RetryAroundTimeout,
}

pub(super) const TIMEOUT_MS: u64 = 150;

#[derive(Clone, Copy, Debug)]
pub(super) enum DeadlineMargin {
    Default,
    Off,
    Ms(u64),
}

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) source: Source,
    pub(super) records: Vec<Record>,
    pub(super) concurrency: Option<usize>,
    pub(super) on_failure: Option<OnFailure>,
    pub(super) on_all_failed: OnAllFailed,
    pub(super) deadline_margin: DeadlineMargin,
    pub(super) layer: RecordLayer,
    /// The time that each invocation has.
    pub(super) deadline_ms: u64,
    /// Of the event source mapping.
    pub(super) batch_size: usize,
    /// So often is a record delivered before it is dead-lettered, or skipped.
    pub(super) deliveries: u32,
}

impl Case {
    pub(super) fn blocks(&self) -> bool {
        self.records.iter().flat_map(|record| &record.runs).any(|(wait, _)| matches!(wait, Wait::Blocks(_)))
    }
}

fn wait() -> impl Strategy<Value = Wait> {
    prop_oneof![
        8 => Just(Wait::No),
        2 => Just(Wait::Yields),
        6 => (1..400_u64).prop_map(Wait::Sleeps),
        1 => (1..900_u64).prop_map(Wait::Blocks),
        1 => Just(Wait::Forever),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        12 => Just(End::Ok),
        3 => Just(End::Fails),
        1 => Just(End::FailsForGood),
        1 => Just(End::Panics),
        1 => Just(End::PanicsAtOnce),
        1 => Just(End::PanicsInDrop),
    ]
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        20 => Just(Shape::Good),
        1 => Just(Shape::Undecodable),
        1 => Just(Shape::Empty),
        1 => Just(Shape::Odd),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    (0..3_u8, shape(), prop::collection::vec((wait(), end()), 1..3)).prop_map(|(key, shape, runs)| Record {
        key,
        shape,
        runs,
    })
}

pub(super) fn case(source: Source) -> impl Strategy<Value = Case> {
    let margin = prop_oneof![
        4 => Just(DeadlineMargin::Default),
        1 => Just(DeadlineMargin::Off),
        2 => (0..1000_u64).prop_map(DeadlineMargin::Ms),
    ];
    let layer = prop_oneof![
        3 => Just(RecordLayer::None),
        1 => Just(RecordLayer::Timeout),
        1 => Just(RecordLayer::Retry),
        1 => Just(RecordLayer::RetryAroundTimeout),
    ];
    let on_failure = option::of(prop_oneof![Just(OnFailure::Continue), Just(OnFailure::Stop)]);
    let on_all_failed = prop_oneof![Just(OnAllFailed::Error), Just(OnAllFailed::Report)];
    let options = (option::of(1..5_usize), on_failure, on_all_failed, margin, layer);
    let mapping = (100..1500_u64, 1..9_usize, 1..4_u32);
    (prop::collection::vec(record(), 0..9), options, mapping).prop_map(move |(records, options, mapping)| {
        let (concurrency, on_failure, on_all_failed, deadline_margin, layer) = options;
        let (deadline_ms, batch_size, deliveries) = mapping;
        Case {
            source,
            records,
            concurrency,
            on_failure,
            on_all_failed,
            deadline_margin,
            layer,
            deadline_ms,
            batch_size,
            deliveries,
        }
    })
}
