//! Arbitrary batches.

use lrt::batch::{OnAllFailed, OnFailure};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// An SQS standard queue.
    Queue,
    /// An SQS FIFO queue.
    Fifo,
    /// A DynamoDB stream.
    Stream,
    /// A Kinesis stream.
    Kinesis,
    /// The partitions of a Kafka topic.
    Kafka,
}

impl Source {
    /// Returns true if the response is a checkpoint from which the stream is read again.
    pub(super) fn has_checkpoint(self) -> bool {
        matches!(self, Source::Stream | Source::Kinesis)
    }
}

/// The behavior of a record's handler until it ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    No,
    Yields,
    Sleeps(u64),
    /// Blocks the thread: no other record runs, and no timer fires.
    Blocks(u64),
    Forever,
}

/// The end of a record's handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Ok,
    Fails,
    FailsPermanently,
    Panics,
    /// Panics before it returns a future.
    PanicsAtOnce,
    /// Returns `Ok`, and then the destructor of its future panics.
    PanicsInDrop,
}

/// The form of a record in the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Good,
    /// The payload does not decode.
    Undecodable,
    /// The payload is missing.
    Empty,
    /// A field is repeated.
    Malformed,
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    /// The message group, item, partition key or partition.
    pub(super) key: u8,
    pub(super) shape: Shape,
    /// The behavior of the handler in its first run, its second run, and so on. The last one repeats.
    pub(super) runs: Vec<(Wait, End)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordLayer {
    None,
    /// A timeout of [`TIMEOUT_MS`] for each record.
    Timeout,
    /// A retry after an error.
    Retry,
    /// A retry after an error or a timeout.
    RetryAroundTimeout,
}

pub(super) const TIMEOUT_MS: u64 = 150;

#[derive(Clone, Copy, Debug)]
pub(super) enum MarginOption {
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
    pub(super) deadline_margin: MarginOption,
    pub(super) layer: RecordLayer,
    /// The time until each invocation's deadline.
    pub(super) deadline_ms: u64,
    /// The batch size of the event source mapping.
    pub(super) batch_size: usize,
    /// The number of deliveries before a record is dead-lettered or skipped.
    pub(super) deliveries: u32,
}

impl Case {
    pub(super) fn blocks(&self) -> bool {
        self.records.iter().flat_map(|record| &record.runs).any(|(wait, _)| matches!(wait, Wait::Blocks(_)))
    }
}

/// Maps numbers to choices, the simplest first: this is much faster than `prop_oneof!`, and shrinks as well.
fn run() -> impl Strategy<Value = (Wait, End)> {
    (0..18_u8, 1..400_u64, 0..19_u8).prop_map(|(wait, ms, end)| {
        let wait = match wait {
            0..8 => Wait::No,
            8..10 => Wait::Yields,
            10..16 => Wait::Sleeps(ms),
            16 => Wait::Blocks(2 * ms),
            _ => Wait::Forever,
        };
        let end = match end {
            0..12 => End::Ok,
            12..15 => End::Fails,
            15 => End::FailsPermanently,
            16 => End::Panics,
            17 => End::PanicsAtOnce,
            _ => End::PanicsInDrop,
        };
        (wait, end)
    })
}

fn shape(choice: u8) -> Shape {
    match choice {
        0..20 => Shape::Good,
        20 => Shape::Undecodable,
        21 => Shape::Empty,
        _ => Shape::Malformed,
    }
}

fn record() -> impl Strategy<Value = Record> {
    (0..3_u8, 0..23_u8, prop::collection::vec(run(), 1..3)).prop_map(|(key, choice, runs)| Record {
        key,
        shape: shape(choice),
        runs,
    })
}

pub(super) fn case(source: Source) -> impl Strategy<Value = Case> {
    let options = (0..5_usize, 0..3_u8, any::<bool>(), 0..7_u8, 0..1000_u64, 0..6_u8);
    let mapping = (100..1500_u64, 1..9_usize, 1..4_u32);
    (prop::collection::vec(record(), 0..9), options, mapping).prop_map(move |(records, options, mapping)| {
        let (concurrency, on_failure, report, margin, margin_ms, layer) = options;
        let (deadline_ms, batch_size, deliveries) = mapping;
        Case {
            source,
            records,
            concurrency: (concurrency > 0).then_some(concurrency),
            on_failure: match on_failure {
                0 => None,
                1 => Some(OnFailure::Continue),
                _ => Some(OnFailure::Stop),
            },
            on_all_failed: if report { OnAllFailed::Report } else { OnAllFailed::Error },
            deadline_margin: match margin {
                0..4 => MarginOption::Default,
                4..6 => MarginOption::Ms(margin_ms),
                _ => MarginOption::Off,
            },
            layer: match layer {
                0..3 => RecordLayer::None,
                3 => RecordLayer::Timeout,
                4 => RecordLayer::Retry,
                _ => RecordLayer::RetryAroundTimeout,
            },
            deadline_ms,
            batch_size,
            deliveries,
        }
    })
}
