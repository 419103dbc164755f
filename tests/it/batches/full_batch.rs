//! Handlers of a `Batch`: records succeed if they were consumed, decoded, and not reported.

use crate::batches::support::{ON_PURPOSE, failed, proptest_config, quiet_panics, sqs, stream};
use lrt::Error;
use lrt::batch::{Batch, BatchFailures, OnAllFailed};
use lrt::dynamodb::Change;
use lrt::sqs::Message;
use lrt::testing::{Outcome, TestContext};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// The end of the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Ok,
    ReportsAll,
    Fails,
    Panics,
    Never,
}

#[derive(Clone, Debug)]
struct Case {
    stream: bool,
    report_all: bool,
    /// Two flags for each record: if it decodes, and if the handler reports it.
    records: Vec<(bool, bool)>,
    /// The number of records that the handler consumes.
    taken: usize,
    /// True if the handler reports records that do not decode.
    reports_errors: bool,
    end: End,
}

fn case() -> impl Strategy<Value = Case> {
    let end = prop_oneof![
        8 => Just(End::Ok), 1 => Just(End::ReportsAll), 1 => Just(End::Fails), 1 => Just(End::Panics), 1 => Just(End::Never)
    ];
    let records = prop::collection::vec((prop::bool::weighted(0.8), prop::bool::weighted(0.2)), 0..7);
    (any::<[bool; 3]>(), records, 0..9_usize, end).prop_map(
        |([stream, report_all, reports_errors], records, taken, end)| Case {
            stream,
            report_all,
            records,
            taken,
            reports_errors,
            end,
        },
    )
}

#[derive(Deserialize)]
struct Item {
    n: usize,
}

/// The handler, for each type of record.
async fn handle<M: lrt::batch::Identified>(
    case: Case,
    batch: Batch<M>,
    n: impl Fn(&M) -> usize,
) -> Result<BatchFailures, Error> {
    assert_eq!(batch.len(), case.records.len());
    let mut failures = if case.end == End::ReportsAll { BatchFailures::all() } else { BatchFailures::new() };
    for item in batch.into_iter().take(case.taken) {
        match item {
            Ok(item) if case.records[n(&item)].1 => failures.push(&item),
            Ok(_) => tokio::task::yield_now().await,
            Err(error) if case.reports_errors => failures.push(&error),
            Err(_) => {}
        }
    }
    match case.end {
        End::Ok | End::ReportsAll => Ok(failures),
        End::Fails => Err(Error::named("Busy", "not now")),
        End::Panics => panic!("{ON_PURPOSE}: the batch"),
        End::Never => std::future::pending().await,
    }
}

async fn outcome(case: &Case) -> Outcome {
    let on_all_failed = if case.report_all { OnAllFailed::Report } else { OnAllFailed::Error };
    let context = TestContext::new().deadline_in(Duration::from_secs(3));
    let theirs = case.clone();
    if case.stream {
        let item = |(n, (decodes, _)): (usize, &(bool, bool))| {
            ("key", if *decodes { json!({"n": {"N": n.to_string()}}) } else { json!({"n": {"S": "x"}}) })
        };
        let items: Vec<_> = case.records.iter().enumerate().map(item).collect();
        let function = lrt::dynamodb(move |batch: Batch<Change<Item>>| {
            handle(theirs.clone(), batch, |change| match change {
                Change::Insert { new, .. } => new.n,
                _ => unreachable!("all are inserted"),
            })
        });
        return function.on_all_failed(on_all_failed).harness().context(context).invoke(stream(&items)).await;
    }
    let body = |(n, (decodes, _)): (usize, &(bool, bool))| if *decodes { n.to_string() } else { "x".to_owned() };
    let bodies: Vec<String> = case.records.iter().enumerate().map(body).collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    let function = lrt::sqs(move |batch: Batch<Message<usize>>| handle(theirs.clone(), batch, |message| message.body));
    function.on_all_failed(on_all_failed).harness().context(context).invoke(sqs("q", &bodies)).await
}

#[test]
fn records_succeed_if_they_were_consumed_and_not_reported() {
    quiet_panics();
    let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let run = |case: Case| {
        let outcome = clock.block_on(outcome(&case));
        let error = outcome.error().map(|error| error.error_type().to_owned());
        let all = case.records.len();
        let (id, first) = if case.stream { ("", 100) } else { ("id-", 0) };
        let unsuccessful: Vec<String> = (0..all)
            .filter(|n| case.end == End::ReportsAll || *n >= case.taken || !case.records[*n].0 || case.records[*n].1)
            .map(|n| format!("{id}{}", first + n))
            .collect();
        let expected = match case.end {
            End::Fails => Some("Busy"),
            End::Panics => Some("Function.Panic"),
            End::Never => Some("Function.Timeout"),
            End::Ok | End::ReportsAll if all > 0 && unsuccessful.len() == all && !case.report_all => {
                Some("BatchFailed")
            }
            End::Ok | End::ReportsAll => None,
        };
        prop_assert_eq!(error.as_deref(), expected);
        if expected.is_none() {
            let reported = if case.stream { unsuccessful.get(..1).unwrap_or_default() } else { &unsuccessful };
            prop_assert_eq!(failed(&outcome), reported);
        }
        Ok(())
    };
    let mut runner = TestRunner::new(proptest_config());
    runner.run(&case(), run).unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn batch_handler_takes_context_and_state() {
    struct Limit(u32);
    async fn limit() -> Result<Limit, lrt::Error> {
        Ok(Limit(2))
    }
    async fn up_to(ctx: lrt::Context, batch: Batch<u32>, limit: &Limit) -> Result<BatchFailures, lrt::Error> {
        assert!(!ctx.request_id().is_empty() && !batch.is_empty());
        let mut failures = BatchFailures::new();
        for item in batch {
            // A body has no identifier, so all records are reported.
            match item {
                Ok(n) if n > limit.0 => return Ok(BatchFailures::all()),
                Ok(_) => {}
                Err(error) => failures.push(&error),
            }
        }
        Ok(failures)
    }
    let harness = lrt::sqs(up_to).init(limit).harness();
    assert_eq!(failed(&harness.invoke(sqs("q", &["1", "x", "2"])).await), ["id-1"]);
    assert_eq!(harness.invoke(sqs("q", &["1", "3", "2"])).await.error().unwrap().error_type(), "BatchFailed");
}

/// Otherwise a message would be acknowledged if the handler reports it with the identifier of an earlier delivery.
#[tokio::test]
async fn identifier_of_an_earlier_event_reports_the_redelivered_record() {
    let kept = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let handler = move |batch: Batch<Message<u32>>| {
        let mut kept = kept.lock().unwrap();
        kept.extend(batch.into_iter().flatten().filter(|message| message.body == 0).map(|message| message.id));
        let mut failures = BatchFailures::new();
        failures.extend(kept.drain(..1));
        std::future::ready(Ok::<_, lrt::Error>(failures))
    };
    let harness = lrt::sqs(handler).harness();
    assert_eq!(failed(&harness.invoke(sqs("q", &["1", "0", "0"])).await), ["id-1"]);
    assert_eq!(failed(&harness.invoke(sqs("q", &["1", "0", "1"])).await), ["id-2"], "by its earlier delivery");
}

/// An error without a record may concern any record, so no record counts as successful.
#[tokio::test]
async fn error_without_a_record_reports_all_records() {
    async fn handler(batch: Batch<Message<Value>>) -> Result<BatchFailures, lrt::Error> {
        let mut failures = BatchFailures::new();
        assert!(failures.is_empty());
        for _ in batch {}
        failures.push(&<u32 as lrt::batch::Payload<lrt::batch::ViaJson>>::decode(b"x").unwrap_err());
        assert!(!failures.is_empty());
        Ok(failures)
    }
    let outcome = lrt::sqs(handler).on_all_failed(OnAllFailed::Report).harness().invoke(sqs("q", &["0", "1"])).await;
    assert_eq!(failed(&outcome), ["id-0", "id-1"]);
}
