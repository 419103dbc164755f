//! Log lines of batches: one for each record that does not succeed, and one with the counts.

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

/// Returns the log lines, without their request ids.
fn log(outcome: &Outcome) -> Vec<String> {
    let id = format!(" RequestId: {} ", outcome.request_id());
    let lines = outcome.logs().iter();
    lines.map(|line| line.replacen(&id, " ", 1)).collect()
}

#[tokio::test]
async fn successful_records_are_not_logged() {
    let outcome = lrt::sqs(save).harness().invoke(sqs("orders", &["4", "5"])).await;
    assert_eq!(log(&outcome), [""; 0]);
    let outcome = lrt::sqs(save).harness().invoke(sqs("orders", &[])).await;
    assert_eq!(log(&outcome), [""; 0]);
}

#[tokio::test]
async fn each_failed_message_is_one_line_with_causes_and_consequence() {
    let outcome = lrt::sqs(save).harness().invoke(sqs("orders", &["0", "9", "x", "3"])).await;
    assert_eq!(
        log(&outcome),
        [
            "ERROR record id-0 (delivery 3) failed: OrderError: order 0 cannot be saved: invalid digit found in string; \
             it comes back after its visibility timeout",
            "ERROR record id-2 (delivery 3) failed: DecodeError: the payload is not JSON: expected value at line 1 column \
             1 (help: for payloads that are not JSON, take `lrt::payload::Text`); it comes back after its visibility \
             timeout",
            "ERROR record id-3 (delivery 3) failed: Error: first line\\nsecond line; it comes back after its visibility \
             timeout",
            "ERROR 1 of 4 records succeeded, 3 failed, 0 not started",
        ]
    );
}

#[tokio::test]
async fn panic_is_logged_with_its_location() {
    quiet_panics();
    let outcome = lrt::sqs(save).harness().invoke(sqs("orders", &["1", "9"])).await;
    let line = &log(&outcome)[0];
    assert!(line.contains("failed: Function.Panic: panicked"), "{line}");
    assert!(line.contains(": on purpose in a batch: one; it comes back"), "{line}");
}

#[tokio::test]
async fn permanent_error_is_acknowledged_with_a_warning() {
    let outcome = lrt::sqs(save).harness().invoke(sqs("orders", &["2"])).await;
    assert_eq!(crate::batches::support::failed(&outcome), [""; 0]);
    let line = "WARN record id-0 (delivery 3) failed permanently and was acknowledged: UnknownSku: no product 2";
    assert_eq!(log(&outcome), [line]);
}

#[tokio::test]
async fn stream_failure_says_that_the_shard_waits() {
    async fn index(_: Change<Value>) -> Result<(), String> {
        Err("no index".to_owned())
    }
    let outcome = lrt::dynamodb(index).harness().invoke(stream(&[("a", json!({})), ("b", json!({}))])).await;
    assert_eq!(
        log(&outcome),
        [
            "ERROR record 100 failed: Error: no index; the shard waits for it",
            "ERROR BatchFailed: 0 of 2 records succeeded, 1 failed, 1 not started: Error: no index",
        ]
    );
}

/// Otherwise the log would not contain the reason why the records are delivered again.
#[tokio::test]
async fn failed_records_of_a_batch_are_logged_even_if_the_handler_drops_the_errors() {
    async fn zeros_fail(batch: Batch<Message<u32>>) -> Result<BatchFailures, lrt::Error> {
        let mut failures = BatchFailures::new();
        failures.extend(batch.into_iter().take(4).flatten().filter(|message| message.body == 0));
        Ok(failures)
    }
    let outcome = lrt::sqs(zeros_fail).harness().invoke(sqs("orders", &["1", "x", "0", "2", "3"])).await;
    assert_eq!(
        log(&outcome),
        [
            "ERROR record id-1 (delivery 3) failed: DecodeError: the payload is not JSON: expected value at line 1 column \
             1 (help: for payloads that are not JSON, take `lrt::payload::Text`); it comes back after its visibility \
             timeout",
            "ERROR record id-2 (delivery 3) failed: the handler reported it as failed; it comes back after its visibility timeout",
            "ERROR record id-4 (delivery 3) failed: the handler did not consume it; it comes back after its visibility \
             timeout",
            "ERROR 2 of 5 records succeeded, 3 failed",
        ]
    );
}

#[tokio::test]
async fn failure_of_the_only_record_is_one_line_with_its_cause() {
    quiet_panics();
    async fn timeout(_: u32) -> Result<(), Error> {
        std::future::pending().await
    }
    async fn batch(batch: Batch<Message<u32>>) -> Result<BatchFailures, lrt::Error> {
        let mut failures = BatchFailures::new();
        failures.extend(batch.into_iter().flatten());
        Ok(failures)
    }
    async fn all(_: Batch<u32>) -> Result<BatchFailures, lrt::Error> {
        Ok(BatchFailures::all())
    }
    async fn error(_: Batch<u32>) -> Result<BatchFailures, Error> {
        Err(Error::msg("no connection"))
    }
    async fn index(_: Change<u8>) -> Result<(), lrt::Error> {
        Ok(())
    }
    let context = lrt::testing::TestContext::new().deadline_in(std::time::Duration::from_millis(200));
    let one = |body| sqs("orders", &[body]);
    let image = stream(&[("a", json!({"n": {"N": "1"}}))]);
    for (outcome, cause) in [
        (lrt::sqs(save).harness().invoke(one("3")).await, "record id-0 (delivery 3) failed: Error: first line"),
        (lrt::sqs(save).harness().invoke(one("0")).await, "OrderError: order 0 cannot be saved: invalid digit"),
        (lrt::sqs(save).harness().invoke(one("1")).await, "failed: Function.Panic: panicked"),
        (lrt::sqs(save).harness().invoke(one("x")).await, "failed: DecodeError: the payload is not JSON"),
        (lrt::sqs(timeout).harness().context(context).invoke(one("1")).await, "Function.Timeout: the record was still"),
        (lrt::sqs(batch).harness().invoke(one("1")).await, "failed: the handler reported it as failed"),
        (lrt::sqs(batch).harness().invoke(one("x")).await, "failed: DecodeError: the payload is not JSON"),
        (lrt::sqs(all).harness().invoke(one("1")).await, "the handler reported every record as failed"),
        (lrt::sqs(error).harness().invoke(one("1")).await, "Error: no connection"),
        (lrt::dynamodb(index).harness().invoke(image).await, "failed: DecodeError: NewImage: invalid type"),
    ] {
        let [line] = outcome.logs() else { panic!("{cause}: {:?}", outcome.logs()) };
        assert!(line.starts_with("ERROR ") && line.contains(cause), "{line}");
        assert!(outcome.error().is_some(), "{line}");
    }
    // The cause is in the function error as well.
    let outcome = lrt::sqs(batch).harness().invoke(one("x")).await;
    let message = outcome.error().unwrap().message().to_owned();
    assert!(
        message.starts_with("0 of 1 records succeeded, 1 failed: DecodeError: the payload is not JSON"),
        "{message}"
    );
    // The same applies if the failure is reported instead.
    let report = lrt::sqs(save).on_all_failed(lrt::batch::OnAllFailed::Report).harness();
    let outcome = report.invoke(one("3")).await;
    assert_eq!((outcome.logs().len(), outcome.batch_failures()), (1, vec!["id-0".to_owned()]));
}

#[tokio::test]
async fn tumbling_window_is_a_warning() {
    async fn index(_: Value) -> Result<(), lrt::Error> {
        Ok(())
    }
    let mut event = stream(&[("a", json!({}))]);
    event["window"] = json!({"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:02:00Z"});
    event["state"] = json!({"sum": 7});
    let outcome = lrt::dynamodb(index).harness().invoke(event).await;
    let warning = "WARN the event is from a tumbling window, which the function does not use: its state is returned unchanged (help: take a \
         `Window<S>`)";
    assert_eq!(log(&outcome), [warning]);
}
