//! Checks that no record is lost, for arbitrary batches, behaviors of their records, and options.
//!
//! 1. `case`: arbitrary records, behaviors and options.
//! 2. `world`: the handler, and its own log of starts and ends, which is independent of lrt.
//! 3. `function`: lrt around the handler.
//! 4. `delivery`: one event, and all properties of its response.
//! 5. `redelivery`: a queue or a shard that delivers unsuccessful records again until all have succeeded or are dead-lettered.
//!
//! `PROPTEST_CASES=1000000 cargo test -p lrt --test it batches::properties` runs more cases.

mod case;
mod delivery;
mod function;
mod redelivery;
mod world;

use case::{Case, Source, case};
use proptest::test_runner::{TestCaseError, TestRunner};

/// Runs the cases of a source in one runtime whose clock is paused, so that they take no time.
fn check(source: Source) {
    crate::batches::support::quiet_panics();
    let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let mut runner = TestRunner::new(crate::batches::support::proptest_config());
    let run = |case: Case| {
        clock.block_on(redelivery::deliver_all(&case)).map_err(|violation| TestCaseError::fail(violation.to_string()))
    };
    runner.run(&case(source), run).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn standard_queue_loses_no_message() {
    check(Source::Queue);
}

#[test]
fn fifo_queue_loses_no_message_and_keeps_group_order() {
    check(Source::Fifo);
}

#[test]
fn stream_loses_no_record_and_keeps_item_order() {
    check(Source::Stream);
}

#[test]
fn kinesis_stream_loses_no_record_and_keeps_partition_key_order() {
    check(Source::Kinesis);
}

#[test]
fn kafka_loses_no_record_and_keeps_partition_order() {
    check(Source::Kafka);
}
