//! Whatever a batch holds, however its records behave, and whichever options are set: no record is lost.
//!
//! 1. `case`: arbitrary records, behaviours and options.
//! 2. `world`: the handler, and what it writes down of its own starts and ends. Nothing of lrt's is asked.
//! 3. `function`: lrt around the handler.
//! 4. `delivery`: one event, and all that has to hold for its answer.
//! 5. `redelivery`: a queue or a shard delivers again what is not done, until all is done or dead-lettered.
//!
//! `PROPTEST_CASES=1000000 cargo test -p lrt --test it batches::properties` runs more cases.

mod case;
mod delivery;
mod function;
mod redelivery;
mod world;

use case::{Case, Source, case};
use proptest::test_runner::{TestCaseError, TestRunner};

/// Runs the cases of a source, all in one runtime whose clock is paused: no case takes time.
fn check(source: Source) {
    crate::batches::support::quiet_panics();
    let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let mut runner = TestRunner::new(crate::batches::support::proptest_config());
    let run = |case: Case| {
        clock.block_on(redelivery::until_all_is_over(&case)).map_err(|broken| TestCaseError::fail(broken.to_string()))
    };
    runner.run(&case(source), run).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn no_message_of_a_standard_queue_is_lost() {
    check(Source::Queue);
}

#[test]
fn no_message_of_a_fifo_queue_is_lost_and_groups_keep_their_order() {
    check(Source::Fifo);
}

#[test]
fn no_record_of_a_stream_is_lost_and_items_keep_their_order() {
    check(Source::Stream);
}

#[test]
fn no_record_of_a_kinesis_stream_is_lost_and_partition_keys_keep_their_order() {
    check(Source::Kinesis);
}

#[test]
fn no_record_of_kafka_is_lost_and_partitions_keep_their_order() {
    check(Source::Kafka);
}
