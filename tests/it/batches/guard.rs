//! The cutoff: the response is sent before the deadline, and acknowledges the records that have succeeded.

use crate::batches::support::{block, failed, sqs};
use lrt::batch::RawRecord;
use lrt::payload::Text;
use lrt::testing::{Outcome, TestContext};
use lrt::{BoxError, DeadlineMargin, Error};
use std::future::{Pending, pending};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tower_service::Service;

const SECOND: Duration = Duration::from_secs(1);

fn ten_seconds() -> TestContext {
    TestContext::new().deadline_in(10 * SECOND)
}

/// `7` sleeps for 7 s, `b7` blocks the thread for 7 s, `b7+1` does both.
async fn work(Text(body): Text) -> Result<(), Error> {
    let (blocks, sleeps) = match body.strip_prefix('b') {
        Some(rest) => rest.split_once('+').unwrap_or((rest, "0")),
        None => ("0", &*body),
    };
    block(SECOND * blocks.parse()?);
    sleep(SECOND * sleeps.parse()?).await;
    Ok(())
}

/// Returns the log lines that contain a string.
fn lines<'a>(outcome: &'a Outcome, says: &str) -> Vec<&'a str> {
    outcome.logs().iter().map(String::as_str).filter(|line| line.contains(says)).collect()
}

#[tokio::test(start_paused = true)]
async fn records_in_flight_are_cut_off_and_completed_ones_stay_completed() {
    let (harness, start) = (lrt::sqs(work).harness().context(ten_seconds()), Instant::now());
    let outcome = harness.invoke(sqs("q", &["8", "9999", "0", "12"])).await;
    assert_eq!(failed(&outcome), ["id-1", "id-3"]);
    assert_eq!(start.elapsed().as_secs(), 9, "a tenth of the time is left");
    let cut = "was cut off: Function.Timeout: the record was still running ";
    let cut = lines(&outcome, cut);
    assert_eq!(cut.len(), 2, "{:?}", outcome.logs());
    assert!(cut[0].contains(" record id-1 (delivery 3) ") && cut[1].contains(" record id-3 (delivery 3) "), "{cut:?}");
    assert_eq!(lines(&outcome, "2 of 4 records succeeded, 2 failed, 0 not started").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_records_are_not_started_after_the_cutoff() {
    let outcome =
        lrt::sqs(work).concurrency(1).harness().context(ten_seconds()).invoke(sqs("q", &["5", "9", "0"])).await;
    assert_eq!(failed(&outcome), ["id-1", "id-2"]);
    assert_eq!(lines(&outcome, "1 of 3 records succeeded, 1 failed, 1 not started").len(), 1);
    assert_eq!(lines(&outcome, "id-2").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn blocking_handler_completes_and_no_other_record_starts() {
    let start = Instant::now();
    let harness = lrt::sqs(work).concurrency(2).harness().context(ten_seconds());
    let outcome = harness.invoke(sqs("q", &["1", "b20", "0", "b9+2"])).await;
    assert_eq!(start.elapsed().as_secs(), 20);
    // The first record has ended at this point.
    assert_eq!(failed(&outcome), ["id-2", "id-3"]);
    // A record that waits after blocking the thread is cut off.
    let outcome = harness.invoke(sqs("q", &["0", "b9+2", "0"])).await;
    assert_eq!(failed(&outcome), ["id-1", "id-2"]);
}

#[tokio::test(start_paused = true)]
async fn record_layer_that_is_never_ready_is_awaited_until_the_cutoff() {
    /// A layer that is ready for a number of records.
    #[derive(Clone)]
    struct Ready<S>(u32, S);
    impl<S: Service<RawRecord, Response = (), Error = BoxError>> Service<RawRecord> for Ready<S> {
        type Response = ();
        type Error = BoxError;
        type Future = S::Future;

        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            if self.0 == 0 { Poll::Pending } else { self.1.poll_ready(cx) }
        }

        fn call(&mut self, record: RawRecord) -> S::Future {
            self.0 -= 1;
            self.1.call(record)
        }
    }
    let ready = |n| tower::layer::layer_fn(move |inner| Ready(n, inner));
    let start = Instant::now();
    let outcome =
        lrt::sqs(work).record_layer(ready(2)).harness().context(ten_seconds()).invoke(sqs("q", &["0"; 4])).await;
    assert_eq!(failed(&outcome), ["id-2", "id-3"]);
    assert_eq!(start.elapsed().as_secs(), 9);
    let outcome =
        lrt::sqs(work).record_layer(ready(0)).harness().context(ten_seconds()).invoke(sqs("q", &["0"; 4])).await;
    let error = outcome.error().unwrap();
    assert_eq!(
        error.to_string(),
        "BatchFailed: 0 of 4 records succeeded, 0 failed, 4 not started: no time was left to start any"
    );
    assert_eq!(start.elapsed().as_secs(), 18);
}

/// Otherwise the guard of the invocation acts before the batch's cutoff, and the successes of the batch are lost.
#[tokio::test(start_paused = true)]
async fn margin_longer_than_the_remaining_time_becomes_a_tenth_of_it() {
    let ms = Duration::from_millis;
    for (left, margin, guard) in [(149, Some(297), 134), (10_000, Some(15_000), 9_000), (40, None, 36)] {
        let start = Instant::now();
        let mut function = lrt::sqs(work);
        if let Some(margin) = margin {
            function = function.deadline_margin(ms(margin));
        }
        let harness = function.harness().context(TestContext::new().deadline_in(ms(left)));
        let outcome = harness.invoke(sqs("q", &["0", "9999", "0"])).await;
        assert_eq!(failed(&outcome), ["id-1"]);
        let took = start.elapsed();
        assert!(took >= ms(guard) && took <= ms(guard + 2), "{took:?} of {left} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn no_record_is_cut_off_without_margin_or_deadline() {
    let off = lrt::sqs(work).deadline_margin(DeadlineMargin::Off).harness().context(ten_seconds());
    assert_eq!(failed(&off.invoke(sqs("q", &["0", "3600"])).await), [""; 0]);
    let without = lrt::sqs(work).harness().context(TestContext::new().without_deadline());
    assert_eq!(failed(&without.invoke(sqs("q", &["0", "3600"])).await), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn panicking_destructor_of_a_cut_off_record_is_logged() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("{}: no connection to close", crate::batches::support::ON_PURPOSE);
        }
    }
    async fn bomb(n: u32) -> Result<(), lrt::Error> {
        if n > 0 {
            let _bomb = Bomb;
            pending::<()>().await;
        }
        Ok(())
    }
    crate::batches::support::quiet_panics();
    let outcome = lrt::sqs(bomb).harness().context(ten_seconds()).invoke(sqs("q", &["1", "0", "1"])).await;
    assert_eq!(failed(&outcome), ["id-0", "id-2"]);
    assert_eq!(lines(&outcome, "dropping its future failed: Function.Panic: ").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn batch_handler_that_is_cut_off_fails_all_records() {
    async fn never(_: lrt::batch::Batch<u32>) -> Result<lrt::batch::BatchFailures, lrt::Error> {
        let never: Pending<_> = pending();
        Ok(never.await)
    }
    let start = Instant::now();
    let outcome = lrt::sqs(never).harness().context(ten_seconds()).invoke(sqs("q", &["0", "1"])).await;
    let error = outcome.error().unwrap();
    assert_eq!(error.error_type(), "Function.Timeout");
    assert!(error.message().ends_with(": all 2 records have failed"), "{error}");
    assert_eq!(start.elapsed().as_secs(), 9);
}
