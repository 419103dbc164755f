//! What the log says of records: nothing of those that are done, one line of each other, one of their number.

use crate::batches::support::{ON_PURPOSE, quiet_panics, sqs, stream};
use lrt::Error;
use lrt::batch::{Batch, BatchFailures};
use lrt::dynamodb::Change;
use lrt::sqs::Message;
use lrt::testing::Outcome;
use serde_json::{Value, json};

#[derive(Debug, thiserror::Error)]
#[error("order {0} cannot be saved")]
struct OrderError(u32, #[source] std::num::ParseIntError);

async fn save(order: u32) -> Result<(), Error> {
    match order {
        0 => Err(Error::new(OrderError(0, "x".parse::<u32>().unwrap_err()))),
        1 => panic!("{ON_PURPOSE}: one"),
        2 => Err(Error::permanent(Error::named("UnknownSku", "no product 2"))),
        3 => Err(Error::msg("first line\nsecond line")),
        _ => Ok(()),
    }
}

/// The log without what begins each line.
fn log(outcome: &Outcome) -> Vec<String> {
    let id = format!(" RequestId: {} ", outcome.request_id());
    let lines = outcome.logs().iter();
    lines.map(|line| line.replacen(&id, " ", 1)).collect()
}

#[tokio::test]
async fn nothing_is_said_of_what_is_done() {
    let outcome = lrt::sqs(save).harness().invoke(sqs("orders", &["4", "5"])).await;
    assert_eq!(log(&outcome), [""; 0]);
    let outcome = lrt::sqs(save).harness().invoke(sqs("orders", &[])).await;
    assert_eq!(log(&outcome), [""; 0]);
}

#[tokio::test]
async fn each_failed_message_is_one_line_with_its_causes_and_what_comes_next() {
    let outcome = lrt::sqs(save).harness().invoke(sqs("orders", &["0", "9", "x", "3"])).await;
    assert_eq!(
        log(&outcome),
        [
            "ERROR record id-0 (delivery 3) failed: OrderError: order 0 cannot be saved: invalid digit found in string; \
             it comes back after the visibility timeout",
            "ERROR record id-2 (delivery 3) failed: DecodeError: the payload is no JSON: expected value at line 1 column \
             1; it comes back after the visibility timeout",
            "ERROR record id-3 (delivery 3) failed: Error: first line\\nsecond line; it comes back after the visibility \
             timeout",
            "ERROR 1 of 4 records succeeded, 3 failed, 0 not started",
        ]
    );
}

#[tokio::test]
async fn a_panic_is_told_with_its_place() {
    quiet_panics();
    let outcome = lrt::sqs(save).harness().invoke(sqs("orders", &["1", "9"])).await;
    let line = &log(&outcome)[0];
    assert!(line.contains("failed: Function.Panic: panicked"), "{line}");
    assert!(line.contains(": on purpose: one; it comes back"), "{line}");
}

#[tokio::test]
async fn what_failed_for_good_is_a_warning_and_no_failure() {
    let outcome = lrt::sqs(save).harness().invoke(sqs("orders", &["2"])).await;
    assert_eq!(crate::batches::support::failed(&outcome), [""; 0]);
    let line = "WARN record id-0 (delivery 3) failed permanently and was acknowledged: UnknownSku: no product 2";
    assert_eq!(log(&outcome), [line]);
}

#[tokio::test]
async fn a_stream_says_that_its_shard_waits() {
    async fn index(_: Change<Value>) -> Result<(), String> {
        Err("no index".to_owned())
    }
    let outcome = lrt::dynamodb(index).harness().invoke(stream(&[("a", json!({})), ("b", json!({}))])).await;
    assert_eq!(
        log(&outcome),
        [
            "ERROR record 100 failed: Error: no index; the shard waits for it",
            "ERROR 0 of 2 records succeeded, 1 failed, 1 not started",
            "ERROR BatchFailed: none of 2 records was done: Error: no index",
        ]
    );
}

/// A handler that throws the errors of its items away left nothing to tell why records came back.
#[tokio::test]
async fn of_a_whole_batch_each_record_is_a_line_too_even_if_the_handler_looks_away() {
    async fn zeros_fail(batch: Batch<Message<u32>>) -> BatchFailures {
        let mut failures = BatchFailures::new();
        failures.extend(batch.into_iter().take(4).flatten().filter(|message| message.body == 0));
        failures
    }
    let outcome = lrt::sqs(zeros_fail).harness().invoke(sqs("orders", &["1", "x", "0", "2", "3"])).await;
    assert_eq!(
        log(&outcome),
        [
            "ERROR record id-1 (delivery 3) failed: DecodeError: the payload is no JSON: expected value at line 1 column \
             1; it comes back after the visibility timeout",
            "ERROR record id-2 (delivery 3) failed: the handler named it; it comes back after the visibility timeout",
            "ERROR record id-4 (delivery 3) failed: the handler did not take it; it comes back after the visibility \
             timeout",
            "ERROR 2 of 5 records succeeded, 3 failed",
        ]
    );
}
