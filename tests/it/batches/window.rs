//! Tumbling windows: the state that is returned, and the function for the end of a window.

use crate::batches::support::{ON_PURPOSE, failed, proptest_config, quiet_panics};
use lrt::batch::{Batch, BatchFailures, OnAllFailed, OnFailure, RawRecord, Window};
use lrt::dynamodb::Change;
use lrt::kinesis::Record;
use lrt::testing::events::{self, kinesis_record};
use lrt::testing::{Harness, Outcome, simulate};
use lrt::{BoxError, Error};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::filter::FilterLayer;
use tower::retry::{Policy, RetryLayer};
use tower::timeout::TimeoutLayer;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Total {
    sum: u32,
}

/// Adds a number. 13 fails, after it was added.
async fn add(n: u32, total: Window<Total>) -> Result<(), Error> {
    total.update(|total| total.sum += n);
    match n {
        13 => Err(Error::msg("unlucky")),
        14 => Err(Error::permanent("never")),
        15 => panic!("{ON_PURPOSE}"),
        16 => std::future::pending().await,
        _ => Ok(()),
    }
}

fn state(outcome: &Outcome) -> Value {
    outcome.reply::<Value>()["state"].clone()
}

fn numbers(numbers: &[u32]) -> events::KinesisEvent {
    numbers.iter().fold(events::kinesis(), |event, n| event.json(n))
}

#[tokio::test]
async fn state_is_passed_from_record_to_record_and_returned() {
    let outcome = lrt::kinesis(add).harness().invoke(numbers(&[1, 2, 3]).window(&Total { sum: 10 })).await;
    assert_eq!(outcome.body(), br#"{"state":{"sum":16},"batchItemFailures":[]}"#);
    async fn change(change: Change<Value>, total: Window<Total>) -> Result<(), Error> {
        drop(change);
        total.set(Total { sum: total.read().sum + 1 });
        Ok(())
    }
    let event = events::dynamodb().insert(&json!({"id": 1})).insert(&json!({"id": 2})).window(&Total { sum: 10 });
    assert_eq!(state(&lrt::dynamodb(change).harness().invoke(event).await), json!({"sum": 12}));
}

#[tokio::test]
async fn window_has_its_times_shard_and_flags() {
    async fn look(_: u32, window: Window<Total>) -> Result<(), Error> {
        assert_eq!((&*window.start(), &*window.end()), ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"));
        assert_eq!((&*window.shard_id(), window.is_final(), window.is_terminated_early()), ("shard-7", true, true));
        Ok(())
    }
    let event = numbers(&[1])
        .window_times("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")
        .shard_id("shard-7")
        .final_invoke_for_window(true)
        .window_terminated_early(true);
    assert_eq!(failed(&lrt::kinesis(look).harness().invoke(event).await), [""; 0]);
}

#[tokio::test]
async fn missing_state_is_the_default() {
    async fn count(_: u32, count: Window<u32>) -> Result<(), Error> {
        count.update(|count| *count += 1);
        Ok(())
    }
    for missing in [json!({}), json!(null)] {
        let outcome = lrt::kinesis(count).harness().invoke(numbers(&[1, 2]).window(&missing)).await;
        assert_eq!(state(&outcome), json!(2));
    }
    let mut event = numbers(&[1, 2]).window(&json!({})).build();
    event.as_object_mut().unwrap().remove("state");
    assert_eq!(state(&lrt::kinesis(count).harness().invoke(event).await), json!(2));
}

#[tokio::test]
async fn state_that_does_not_decode_fails_the_invocation_and_no_record_runs() {
    async fn count(_: u32, _: Window<Total>) -> Result<(), Error> {
        unreachable!("the state does not decode")
    }
    async fn all(_: Batch<u32>, _: Window<Total>) -> Result<BatchFailures, Error> {
        unreachable!("the state does not decode")
    }
    let event = || numbers(&[1]).window(&json!({"sum": "secret"}));
    let outcomes = [
        lrt::kinesis(count).harness().invoke(event()).await,
        lrt::kinesis(count).on_all_failed(OnAllFailed::Report).harness().invoke(event()).await,
        lrt::kinesis(all).harness().invoke(event()).await,
        lrt::kinesis(count)
            .window_end(|total: Window<Total>| async move { drop(total) })
            .harness()
            .invoke(numbers(&[]).window(&json!({"sum": "secret"})).final_invoke_for_window(true))
            .await,
    ];
    for outcome in outcomes {
        let error = outcome.error().unwrap();
        let message = "invalid state of the tumbling window: invalid type: string, expected u32 at sum";
        assert!(error.message().starts_with(message), "{}", error.message());
        assert_eq!(error.error_type(), "Runtime.UnmarshalError");
    }
}

#[tokio::test(start_paused = true)]
async fn state_is_that_before_the_first_failed_record() {
    quiet_panics();
    for fails in [13, 15, 16] {
        let outcome = lrt::kinesis(add).harness().invoke(numbers(&[1, fails, 100]).window(&Total { sum: 10 })).await;
        assert_eq!(failed(&outcome), [format!("49{:054}", 2)]);
        assert_eq!(state(&outcome), json!({"sum": 11}), "{fails}");
    }
    let layered = lrt::kinesis(add).record_layer(TimeoutLayer::new(Duration::from_secs(1)));
    let outcome = layered.harness().invoke(numbers(&[1, 16]).window(&Total { sum: 10 })).await;
    assert_eq!(state(&outcome), json!({"sum": 11}));
}

#[tokio::test]
async fn record_that_is_acknowledged_after_a_failure_does_not_contribute() {
    let outcome = lrt::kinesis(add).harness().invoke(numbers(&[1, 14, 2]).window(&Total { sum: 10 })).await;
    assert_eq!((failed(&outcome), state(&outcome)), (vec![], json!({"sum": 13})));
}

#[tokio::test]
async fn state_is_that_before_the_aggregated_record_of_the_first_failed_record() {
    let aggregated = kinesis_record().aggregated([("a", "2"), ("b", "13")]).sequence_number("42");
    let event = numbers(&[1]).record(aggregated).window(&Total { sum: 10 });
    let outcome = lrt::kinesis(add).harness().invoke(event).await;
    assert_eq!((failed(&outcome), state(&outcome)), (vec!["42".to_owned()], json!({"sum": 11})));
}

/// Repeats each failed call once.
#[derive(Clone)]
struct Once(bool);

impl Policy<RawRecord, (), BoxError> for Once {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut RawRecord, result: &mut Result<(), BoxError>) -> Option<Ready<()>> {
        (result.is_err() && !std::mem::replace(&mut self.0, true)).then(|| ready(()))
    }

    fn clone_request(&mut self, record: &RawRecord) -> Option<RawRecord> {
        Some(record.clone())
    }
}

#[tokio::test]
async fn record_that_a_layer_repeats_contributes_once() {
    let calls = Arc::new(Mutex::new(0));
    let flaky = move |n: u32, total: Window<Total>| {
        total.update(|total| total.sum += n);
        let mut calls = calls.lock().unwrap();
        *calls += 1;
        ready(if *calls == 2 { Err(Error::msg("busy")) } else { Ok(()) })
    };
    let layered = lrt::kinesis(flaky).record_layer(RetryLayer::new(Once(false)));
    let outcome = layered.harness().invoke(numbers(&[1, 2, 3]).window(&Total { sum: 10 })).await;
    assert_eq!((failed(&outcome), state(&outcome)), (vec![], json!({"sum": 16})));
}

#[tokio::test]
async fn layer_that_replaces_the_payload_keeps_the_window() {
    let seven = FilterLayer::new(|record: RawRecord| Ok::<_, BoxError>(record.with_payload(b"7".as_slice().into())));
    let outcome =
        lrt::kinesis(add).record_layer(seven).harness().invoke(numbers(&[1]).window(&Total { sum: 10 })).await;
    assert_eq!(state(&outcome), json!({"sum": 17}));
}

#[tokio::test]
async fn function_that_takes_a_batch_sets_the_state_itself() {
    async fn all(batch: Batch<Record<u32>>, total: Window<Total>) -> Result<BatchFailures, Error> {
        let mut failures = BatchFailures::new();
        for record in batch {
            let record = record?;
            if record.data == 13 {
                failures.push(&record);
                break;
            }
            total.update(|total| total.sum += record.data);
        }
        Ok(failures)
    }
    let outcome = lrt::kinesis(all).harness().invoke(numbers(&[1, 2, 13, 4]).window(&Total { sum: 10 })).await;
    assert_eq!((failed(&outcome), state(&outcome)), (vec![format!("49{:054}", 3)], json!({"sum": 13})));
}

type Ends = Mutex<Vec<u32>>;

/// Notes the sum. 13 is an error.
async fn end(total: Window<Total>, context: lrt::Context, ends: &Ends) -> Result<(), Error> {
    assert!(total.is_final() && !context.request_id().is_empty());
    ends.lock().unwrap().push(total.read().sum);
    if total.read().sum == 13 { Err(Error::named("Unlucky", "thirteen")) } else { Ok(()) }
}

async fn ends() -> Result<Ends, Error> {
    Ok(Ends::default())
}

async fn count_ends(ends: &Ends) -> usize {
    ends.lock().unwrap().len()
}

#[tokio::test]
async fn last_event_of_a_window_reaches_the_function_for_its_end() {
    static SEEN: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    async fn seen() -> Result<&'static Ends, Error> {
        Ok(&SEEN)
    }
    async fn end_seen(total: Window<Total>, context: lrt::Context, ends: &&'static Ends) -> Result<(), Error> {
        end(total, context, ends).await
    }
    let harness = lrt::kinesis(add).window_end(end_seen).init(seen).harness();
    let last = |numbers: events::KinesisEvent, sum| numbers.window(&Total { sum }).final_invoke_for_window(true);
    let outcome = harness.invoke(last(numbers(&[]), 10)).await;
    assert_eq!(outcome.body(), br#"{"state":{"sum":10},"batchItemFailures":[]}"#);
    // Records of the last event are handled first.
    assert!(harness.invoke(last(numbers(&[1]), 10)).await.error().is_none());
    // The window continues from the failed record, so it has not ended.
    assert_eq!(failed(&harness.invoke(last(numbers(&[2, 13]), 10)).await), [format!("49{:054}", 2)]);
    let outcome = harness.invoke(last(numbers(&[]), 13)).await;
    assert_eq!((outcome.error().unwrap().error_type(), outcome.error().unwrap().message()), ("Unlucky", "thirteen"));
    // An event within the window.
    assert!(harness.invoke(numbers(&[]).window(&Total { sum: 10 })).await.error().is_none());
    assert_eq!(*SEEN.lock().unwrap(), [10, 11, 13]);
}

#[tokio::test(start_paused = true)]
async fn function_for_the_end_of_a_window_that_panics_or_hangs_fails_the_invocation() {
    quiet_panics();
    async fn stuck(total: Window<Total>) {
        if total.read().sum == 1 {
            panic!("{ON_PURPOSE}");
        }
        std::future::pending().await
    }
    for (sum, name) in [(1, "Function.Panic"), (2, "Function.Timeout")] {
        let event = numbers(&[]).window(&Total { sum }).final_invoke_for_window(true);
        let outcome = lrt::kinesis(add).window_end(stuck).harness().invoke(event).await;
        assert_eq!(outcome.error().unwrap().error_type(), name);
    }
}

#[tokio::test]
async fn shutdown_and_the_end_of_windows_borrow_from_init_in_any_order() {
    async fn close(ends: &Ends) {
        count_ends(ends).await;
    }
    let event = || numbers(&[]).window(&Total { sum: 1 }).final_invoke_for_window(true);
    let harness = lrt::kinesis(add).init(ends).window_end(end).shutdown(close).harness();
    assert!(harness.invoke(event()).await.error().is_none());
    let harness = lrt::kinesis(add).shutdown(close).shutdown(close).window_end(end).init(ends).harness();
    assert!(harness.invoke(event()).await.error().is_none());
}

#[tokio::test]
async fn end_of_a_window_without_a_function_for_it_is_a_warning() {
    let event = numbers(&[1]).window(&Total { sum: 10 }).final_invoke_for_window(true);
    let outcome = lrt::kinesis(add).harness().invoke(event).await;
    assert_eq!(state(&outcome), json!({"sum": 11}));
    let message = "the tumbling window has ended, and its state is discarded (help: set the option `window_end`)";
    assert!(outcome.logs()[0].ends_with(message), "{:?}", outcome.logs());
}

#[tokio::test]
async fn event_without_a_window_is_an_error_with_the_setting() {
    let outcome = lrt::kinesis(add).harness().invoke(numbers(&[1])).await;
    let message = outcome.error().unwrap().message();
    assert!(message.contains("TumblingWindowInSeconds"), "{message}");
}

#[tokio::test]
async fn state_above_the_limit_is_a_warning() {
    async fn grow(_: u32, text: Window<String>) -> Result<(), Error> {
        text.set("x".repeat(1024 * 1024));
        Ok(())
    }
    let outcome = lrt::kinesis(grow).harness().invoke(numbers(&[1]).window(&json!({}))).await;
    let message = "the state of the tumbling window has 1048578 bytes: Lambda ends a window early above 1 MB";
    assert!(outcome.logs()[0].ends_with(message), "{:?}", outcome.logs());
}

#[tokio::test]
async fn state_that_cannot_be_serialized_fails_the_invocation() {
    async fn grow(n: u32, map: Window<HashMap<(u32, u32), u32>>) -> Result<(), Error> {
        map.set(HashMap::from([((n, n), n)]));
        Ok(())
    }
    let outcome = lrt::kinesis(grow).harness().invoke(numbers(&[1]).window(&json!({}))).await;
    assert_eq!(outcome.error().unwrap().error_type(), "Runtime.MarshalError");
}

#[tokio::test]
async fn options_that_break_the_order_of_a_window_fail_the_cold_start() {
    let event = || numbers(&[1]).window(&Total { sum: 1 });
    let outcomes = [
        lrt::kinesis(add).concurrency(2).harness().invoke(event()).await,
        lrt::kinesis(add).on_failure(OnFailure::Continue).harness().invoke(event()).await,
    ];
    for outcome in outcomes {
        let message = outcome.error().unwrap().message();
        assert!(message.contains("the records of a tumbling window run one at a time and in order"), "{message}");
    }
    assert!(lrt::kinesis(add).concurrency(1).harness().invoke(event()).await.error().is_none());
}

#[tokio::test(start_paused = true)]
async fn failing_last_invocation_is_repeated_before_the_shard_continues() {
    async fn end_later(total: Window<Total>, ends: &Ends) -> Result<(), Error> {
        ends.lock().unwrap().push(total.read().sum);
        if ends.lock().unwrap().len() < 3 { Err(Error::msg("busy")) } else { Ok(()) }
    }
    let minute = Duration::from_secs(60);
    let report = simulate::kinesis(lrt::kinesis(add).init(ends).window_end(end_later).harness())
        .records(numbers(&[1, 2]))
        .records_at(minute, events::kinesis().record(kinesis_record().json(&4).sequence_number("3")))
        .tumbling_window(minute)
        .run()
        .await;
    assert_eq!(report.window_states(), [json!({"sum": 3}), json!({"sum": 4})]);
    // After two failed attempts.
    assert_eq!(report.record("3").deliveries(), [minute + Duration::from_secs(2)]);
}

proptest! {
    #![proptest_config(proptest_config())]

    /// Records that fail a number of times, in batches of any size: each contributes once to the state of its window.
    #[test]
    fn state_of_a_window_survives_every_split(
        records in vec((1..100_u32, 0..3_u32, 0..4_u64), 1..12),
        batch_size in 1..6_usize,
        bisects in any::<bool>(),
        fails_after_change in any::<bool>(),
    ) {
        let minute = Duration::from_secs(60);
        let attempts = Arc::new(Mutex::new(HashMap::new()));
        let sum = {
            let (records, attempts) = (records.clone(), Arc::clone(&attempts));
            move |record: Record<usize>, total: Window<Total>| {
                let (n, failures, _) = records[record.data];
                let mut attempts = attempts.lock().unwrap();
                let attempt = attempts.entry(record.data).or_insert(0);
                *attempt += 1;
                let fails = *attempt <= failures;
                if !fails || fails_after_change {
                    total.update(|total| total.sum += n);
                }
                ready(if fails { Err(Error::msg("not yet")) } else { Ok(()) })
            }
        };
        let harness = lrt::kinesis(sum).window_end(|total: Window<Total>| async move { drop(total) }).harness();
        let mut simulation = simulate::kinesis(harness).batch_size(batch_size).tumbling_window(minute);
        if bisects {
            simulation = simulation.bisect_on_error();
        }
        let mut expected: Vec<u32> = Vec::new();
        let (mut time, mut window) = (Duration::ZERO, None);
        for (index, (n, _, wait)) in records.iter().enumerate() {
            time += Duration::from_secs(20 * wait);
            let event = events::kinesis().record(kinesis_record().json(&index).sequence_number(index.to_string()));
            simulation = simulation.records_at(time, event);
            let number = time.as_secs() / 60;
            if window != Some(number) {
                expected.push(0);
                window = Some(number);
            }
            *expected.last_mut().unwrap() += n;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let report = runtime.block_on(simulation.run());
        let states: Vec<_> = expected.into_iter().map(|sum| json!({"sum": sum})).collect();
        prop_assert_eq!(report.window_states(), states);
        prop_assert!(report.converged());
    }
}

#[tokio::test]
async fn harness_of_a_handler_has_the_function_for_the_end_of_windows() {
    #[lrt::handler(kinesis, init = ends, window_end = end)]
    async fn sum(n: u32, total: Window<Total>, _ends: &Ends) -> Result<(), Error> {
        add(n, total).await
    }
    let harness = Harness::<sum>::new();
    let outcome = harness.invoke(numbers(&[]).window(&Total { sum: 13 }).final_invoke_for_window(true)).await;
    assert_eq!(outcome.error().unwrap().error_type(), "Unlucky");
}
