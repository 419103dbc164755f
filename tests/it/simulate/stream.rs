//! Streams: checkpoint, retries, bisecting, maximum age.

use crate::simulate::job::{Job, Jobs, always_fails, fails, takes, works};
use lrt::batch::OnAllFailed;
use lrt::dynamodb::Change;
use lrt::testing::events::{self, DynamoDbEvent};
use lrt::testing::simulate::{self, RecordOutcome, SimulationReport, StreamSimulation};
use lrt::{Error, Handler, dynamodb, json};
use serde_json::{Value, json};
use std::time::Duration;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Returns inserts whose sequence numbers are the names of the jobs.
fn inserts(jobs: &[Job]) -> DynamoDbEvent {
    let insert = |event: DynamoDbEvent, job: &Job| event.record(events::insert(job).sequence_number(&job.id));
    jobs.iter().fold(events::dynamodb(), insert)
}

fn run(jobs: &Jobs, records: &[Job]) -> StreamSimulation<impl Handler + use<>> {
    let jobs = jobs.clone();
    let follow = move |change: Change<Job>| {
        let jobs = jobs.clone();
        async move {
            match change {
                Change::Insert { new, .. } => jobs.run(new).await,
                other => Err(Error::msg(format!("expected an insert, got {other:?}"))),
            }
        }
    };
    simulate::dynamodb(dynamodb(follow).harness()).records(inserts(records))
}

/// Asserts the rows of a report.
#[track_caller]
fn assert_trace(report: &SimulationReport, lines: &[&str]) {
    let table = report.to_string();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(table.lines().skip(1).map(words).collect::<Vec<_>>(), lines, "\n{table}");
}

#[tokio::test(start_paused = true)]
async fn batch_continues_at_the_lowest_reported_record() {
    let jobs = Jobs::default();
    let report = run(&jobs, &[works("a"), fails("b", 1), works("c"), fails("d", 1), works("e")]).run().await;
    assert_eq!(
        report.to_string(),
        "\
record  deliveries  at        ended
a       1           0s        done at 0s
b       2           0s 1s     done at 1s
c       2           0s 1s     done at 1s
d       3           0s 1s 2s  done at 2s
e       3           0s 1s 2s  done at 2s
"
    );
    assert_eq!(jobs.done(), ["a", "b", "c", "d", "e"]);
}

/// Retries are counted per batch, and apply to all its records.
#[tokio::test(start_paused = true)]
async fn batch_is_discarded_after_too_many_retries() {
    let records = [works("a"), always_fails("b"), works("c"), works("d")];
    let report = run(&Jobs::default(), &records).batch_size(3).max_retries(2).run().await;
    assert_trace(
        &report,
        &["a 1 0s done at 0s", "b 3 0s 1s 2s discarded at 2s", "c 3 0s 1s 2s discarded at 2s", "d 1 2s done at 2s"],
    );
}

#[tokio::test(start_paused = true)]
async fn without_retries_a_batch_is_discarded_and_sent_to_the_destination() {
    let run = run(&Jobs::default(), &[always_fails("a"), works("b")]).batch_size(1).max_retries(0);
    assert_trace(
        &run.on_failure_destination().run().await,
        &["a 1 0s on-failure destination at 0s", "b 1 0s done at 0s"],
    );
}

/// A function error bisects the batch without using a retry.
#[tokio::test(start_paused = true)]
async fn function_error_bisects_the_batch_down_to_one_record() {
    let records = [always_fails("a"), works("b"), works("c"), works("d"), works("e")];
    let report = run(&Jobs::default(), &records).bisect_on_error().max_retries(1).run().await;
    assert_trace(
        &report,
        &[
            "a 4 0s 1s 2s 3s discarded at 3s",
            // [a b c d e] -> [a b] [c d e] -> [a] [b]
            "b 3 0s 1s 3s done at 3s",
            "c 2 0s 3s done at 3s",
            "d 2 0s 3s done at 3s",
            "e 2 0s 3s done at 3s",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn batch_is_split_at_the_reported_record() {
    let records = [works("a"), works("b"), always_fails("c"), works("d")];
    let report = run(&Jobs::default(), &records).bisect_on_error().max_retries(0).run().await;
    // The batch is not split in the middle, which would redeliver a and b: [a b | c d] -> [c] [d]
    assert_trace(
        &report,
        &["a 1 0s done at 0s", "b 1 0s done at 0s", "c 3 0s 1s 2s discarded at 2s", "d 3 0s 1s 2s done at 2s"],
    );
}

/// A split at the first record is not a split.
#[tokio::test(start_paused = true)]
async fn batch_is_not_split_if_the_first_record_is_reported() {
    let jobs = Jobs::default();
    let stubborn = move |change: Change<Job>| {
        let jobs = jobs.clone();
        async move {
            let Change::Insert { new, .. } = change else { return Err(Error::msg("no insert")) };
            jobs.run(new).await
        }
    };
    let harness = dynamodb(stubborn).on_all_failed(OnAllFailed::Report).harness();
    let records = inserts(&[always_fails("a"), works("b")]);
    let report = simulate::dynamodb(harness).records(records).bisect_on_error().max_retries(1).run().await;
    assert_trace(&report, &["a 2 0s 1s discarded at 1s", "b 2 0s 1s discarded at 1s"]);
}

#[tokio::test(start_paused = true)]
async fn records_over_the_maximum_age_are_discarded() {
    let later = inserts(&[works("c")]);
    let run = run(&Jobs::default(), &[takes("a", 50), always_fails("b")]).records_at(seconds(40), later);
    let report = run.max_record_age(seconds(60)).retry_delay(seconds(5)).run().await;
    assert_trace(
        &report,
        &[
            "a 1 0s done at 50s",
            // A record of 60 s does not exceed the limit. The next record has not been read yet.
            "b 3 0s 55s 60s discarded at 65s",
            "c 1 65s done at 65s",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn records_are_discarded_after_the_default_retention() {
    let run = run(&Jobs::default(), &[always_fails("a")]).retry_delay(seconds(3600)).on_failure_destination();
    let report = run.run().await;
    assert_eq!(report.record("a").deliveries().len(), 25);
    assert_eq!(report.record("a").ended_at(), Some(seconds(25 * 3600)));
    assert_eq!(report.with_outcome(RecordOutcome::Discarded), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn longer_retention_discards_records_later() {
    let run = run(&Jobs::default(), &[always_fails("a")]).retry_delay(seconds(3600)).retention(seconds(48 * 3600));
    assert_eq!(run.run().await.record("a").ended_at(), Some(seconds(49 * 3600)));
}

/// Kinesis batches continue at the sequence numbers of Kinesis.
#[tokio::test(start_paused = true)]
async fn kinesis_records_are_simulated_like_changes() {
    async fn one_at_a_time(event: Value) -> Result<Value, lrt::Error> {
        let numbers =
            event["Records"].as_array().unwrap().iter().map(|record| record["kinesis"]["sequenceNumber"].as_str());
        let numbers: Vec<_> = numbers.map(|number| number.unwrap().to_owned()).collect();
        // Each delivery completes one more record.
        let failed: Vec<_> = numbers.iter().skip(1).map(|number| json!({"itemIdentifier": number})).collect();
        Ok(json!({"batchItemFailures": failed}))
    }
    let record = |number: &str| json!({"kinesis": {"sequenceNumber": number}});
    let records = json!({"Records": [record("7"), record("8"), record("9")]});
    let report = simulate::kinesis(json(one_at_a_time).harness()).records(records).run().await;
    assert_trace(&report, &["7 1 0s done at 0s", "8 2 0s 1s done at 1s", "9 3 0s 1s 2s done at 2s"]);
}

#[tokio::test(start_paused = true)]
async fn batching_window_ends_when_the_batch_is_full_or_the_time_is_over() {
    let report = run(&Jobs::default(), &[works("a")])
        .records_at(seconds(3), inserts(&[works("b")]))
        .records_at(seconds(4), inserts(&[works("c"), works("d")]))
        .batch_size(3)
        .batching_window(seconds(10))
        .run()
        .await;
    assert_trace(&report, &["a 1 4s done at 4s", "b 1 4s done at 4s", "c 1 4s done at 4s", "d 1 14s done at 14s"]);
}

#[tokio::test(start_paused = true)]
async fn without_report_batch_item_failures_records_after_the_checkpoint_are_lost() {
    let records = [works("a"), fails("b", 1), works("c")];
    let report = run(&Jobs::default(), &records).without_report_batch_item_failures().run().await;
    assert_trace(&report, &["a 1 0s done at 0s", "b 1 0s lost at 0s", "c 1 0s lost at 0s"]);
}

#[tokio::test(start_paused = true)]
async fn run_that_does_not_converge_is_reported() {
    let report = run(&Jobs::default(), &[always_fails("a"), works("b")]).run().await;
    assert_eq!(report.with_outcome(RecordOutcome::Waiting), ["a", "b"]);
    assert!(report.to_string().ends_with("did not converge after 1000 invocations\n"));
}

#[tokio::test(start_paused = true)]
async fn bisecting_finds_one_invalid_record_among_ten_thousand() {
    let records: Vec<_> = (0..10_000).map(|n| if n == 6_789 { always_fails(n) } else { works(n) }).collect();
    let run = run(&Jobs::default(), &records).batch_size(1_000).bisect_on_error().max_retries(3);
    let report = run.run().await;
    assert_eq!(report.with_outcome(RecordOutcome::Discarded), ["6789"]);
    assert_eq!(report.with_outcome(RecordOutcome::Done).len(), 9_999);
}
