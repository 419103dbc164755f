//! Redelivery of unsuccessful records, as by an event source mapping.
//!
//! See [SQS's visibility timeout and redrive](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html)
//! and [a stream's checkpoint](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html).

use super::case::{Case, Source};
use super::delivery::{Violation, deliver};
use super::function::{Function, function};
use super::world::World;
use lrt::batch::OnFailure;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RecordOutcome {
    Waiting,
    Done,
    DeadLettered,
}

/// Delivers the records until each has succeeded or is dead-lettered.
pub(super) async fn deliver_all(case: &Case) -> Result<(), Violation> {
    let world = World::new(&case.records);
    let mut function = function(case, &world).await;
    match case.source {
        Source::Queue | Source::Fifo | Source::Kafka => queue(case, &world, &mut *function).await,
        Source::Stream | Source::Kinesis => shard(case, &world, &mut *function).await,
    }
}

/// Delivers the records of a queue. Failed records keep their position in a FIFO queue or a partition, and move behind
/// all others in a standard queue.
async fn queue(case: &Case, world: &World, function: &mut dyn Function) -> Result<(), Violation> {
    let mut outcomes = vec![RecordOutcome::Waiting; case.records.len()];
    let mut waiting: Vec<(usize, u32)> = (0..case.records.len()).map(|record| (record, 0)).collect();
    // An empty batch gets a response as well.
    let mut first = true;
    while std::mem::take(&mut first) || !waiting.is_empty() {
        let rest = waiting.split_off(case.batch_size.min(waiting.len()));
        let mut batch: Vec<_> = waiting.iter().map(|(record, count)| (*record, count + 1)).collect();
        if case.source == Source::Kafka {
            // The event groups the records by partition.
            batch.sort_by_key(|(record, _)| (case.records[*record].key, *record));
        }
        let done = deliver(case, world, function, &batch).await?;
        let mut failed = Vec::new();
        for (&(record, count), done) in batch.iter().zip(done) {
            if done {
                check_turn(case, &outcomes, record)?;
                outcomes[record] = RecordOutcome::Done;
            } else if count == case.deliveries {
                outcomes[record] = RecordOutcome::DeadLettered;
            } else {
                failed.push((record, count));
            }
        }
        waiting = if case.source == Source::Queue { [rest, failed].concat() } else { [failed, rest].concat() };
    }
    check_all_ended(&outcomes)
}

/// Checks that a message does not succeed before an earlier one of its group, across all deliveries.
fn check_turn(case: &Case, outcomes: &[RecordOutcome], record: usize) -> Result<(), Violation> {
    let in_order = case.source != Source::Queue && case.on_failure != Some(OnFailure::Continue);
    let of_group = |other: &usize| case.records[*other].key == case.records[record].key;
    match (0..record).filter(of_group).find(|other| in_order && outcomes[*other] == RecordOutcome::Waiting) {
        Some(other) => Err(format!("{record} succeeded before {other}")),
        None => Ok(()),
    }
}

/// Delivers the records of a shard, which continues at the checkpoint. A record at which the checkpoint stays is
/// eventually skipped.
async fn shard(case: &Case, world: &World, function: &mut dyn Function) -> Result<(), Violation> {
    let mut outcomes = vec![RecordOutcome::Waiting; case.records.len()];
    let (mut at, mut count) = (0, 0);
    let mut first = true;
    while std::mem::take(&mut first) || at < outcomes.len() {
        let end = (at + case.batch_size).min(outcomes.len());
        let batch: Vec<_> = (at..end).map(|record| (record, 1)).collect();
        let done = deliver(case, world, function, &batch).await?;
        count += 1;
        let checkpoint = at + done.iter().take_while(|done| **done).count();
        if checkpoint > at {
            outcomes[at..checkpoint].fill(RecordOutcome::Done);
            (at, count) = (checkpoint, 0);
        } else if count == case.deliveries && at < end {
            outcomes[at] = RecordOutcome::DeadLettered;
            (at, count) = (at + 1, 0);
        }
    }
    check_all_ended(&outcomes)
}

fn check_all_ended(outcomes: &[RecordOutcome]) -> Result<(), Violation> {
    if outcomes.contains(&RecordOutcome::Waiting) { Err(format!("some are lost: {outcomes:?}")) } else { Ok(()) }
}
