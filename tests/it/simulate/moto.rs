//! The runs of `tests/real/batches.py`, which uses SQS and DynamoDB streams of moto, and the Runtime Interface Emulator. The
//! expected outcomes are the same, and so are the counts that the script prints:
//!
//! ```text
//! sqs {'batches': 5, 'received': 42, 'deleted': 25, 'returned': 17, 'failed_batches': 1}
//! fifo {'batches': 3, 'received': 11, 'deleted': 9, 'returned': 2, 'failed_batches': 0}
//! stream {'batches': 4, 'sent': 21, 'records': 9, 'retries': 3, 'dropped': 3}
//! ```
//!
//! The number of batches of a queue depends on moto, and is not compared.

use crate::simulate::job::{Job, Jobs, always_fails, fails, works};
use lrt::dynamodb::Change;
use lrt::testing::simulate::{self, RecordOutcome, SimulationReport};
use lrt::testing::{Harness, TestContext, events};
use lrt::{Error, dynamodb, sqs};
use serde_json::json;
use std::time::Duration;

/// Sets the function timeout of the emulator.
fn within_three_seconds<F>(harness: Harness<F>) -> Harness<F> {
    harness.context(TestContext::new().deadline_in(Duration::from_secs(3)))
}

fn deliveries(report: &SimulationReport) -> usize {
    report.records().iter().map(|record| record.deliveries().len()).sum()
}

/// `check_messages`: 30 messages. Each valid one is processed once, each invalid one reaches the dead-letter queue.
#[tokio::test(start_paused = true)]
async fn sqs_outcomes_match_moto() {
    let jobs = Jobs::default();
    let work = {
        let jobs = jobs.clone();
        move |job: Job| {
            let jobs = jobs.clone();
            async move {
                assert!(job.id != "job 5", "{} panics on purpose", job.id);
                if job.id == "job 23" {
                    std::future::pending::<()>().await;
                }
                jobs.run(job).await
            }
        }
    };
    let job = |n: u32| match n {
        0 => always_fails("job 0"),
        11 | 17 => fails(format!("job {n}"), 1),
        _ => works(format!("job {n}")),
    };
    let messages = (0..28).map(job).fold(events::sqs(), |event, job| event.json(&job));
    let messages = messages.text("not json").json(&json!({"id": "job without work"}));
    let harness = within_three_seconds(sqs(work).concurrency(4).harness());
    // The script uses a visibility timeout of 1 s, since moto's clock cannot be paused. AWS requires at least the function's timeout.
    let report =
        simulate::sqs(harness).messages(messages).visibility(Duration::from_secs(6)).max_receive(3).run().await;
    let message = |n: u32| format!("message-{}", n + 1);
    assert_eq!(report.with_outcome(RecordOutcome::DeadLetterQueue), [0, 5, 23, 28, 29].map(message));
    assert_eq!((report.with_outcome(RecordOutcome::Done).len(), deliveries(&report)), (25, 42));
    let mut done = jobs.done();
    done.sort_unstable();
    let mut good: Vec<_> = (0..28).filter(|n| ![0, 5, 23].contains(n)).map(|n| format!("job {n}")).collect();
    good.sort_unstable();
    assert_eq!(done, good);
}

/// `check_groups`: three message groups, one of which waits for a redelivered message.
#[tokio::test(start_paused = true)]
async fn fifo_outcomes_match_moto() {
    let jobs = Jobs::default();
    let name = |n: usize| format!("{}{n}", ["a", "b", "c"][n % 3]);
    let messages = (0..9).fold(events::sqs_fifo(), |event, n| {
        let job = fails(name(n), u32::from(n == 4));
        event.group(["a", "b", "c"][n % 3]).json(&job)
    });
    let work = jobs.clone();
    let harness = within_three_seconds(sqs(move |job: Job| work.clone().run(job)).concurrency(4).harness());
    let report = simulate::sqs(harness).messages(messages).visibility(Duration::from_secs(6)).run().await;
    assert_eq!((report.with_outcome(RecordOutcome::Done).len(), deliveries(&report)), (9, 11));
    let done = jobs.done();
    assert_eq!(done[7..], ["b4", "b7"]);
    for group in ["a", "c"] {
        let of_group: Vec<_> = done.iter().filter(|name| name.starts_with(group)).collect();
        assert!(of_group.is_sorted() && of_group.len() == 3, "{done:?}");
    }
}

/// `check_changes`: the third item fails once, and the sixth panics until the mapping drops it and all later ones.
#[tokio::test(start_paused = true)]
async fn stream_outcomes_match_moto() {
    let jobs = Jobs::default();
    let follow = {
        let jobs = jobs.clone();
        move |change: Change<Job>| {
            let jobs = jobs.clone();
            async move {
                let job = match change {
                    Change::Insert { new, .. } | Change::Modify { new, .. } => new,
                    Change::Remove { old, .. } => old.ok_or_else(|| Error::msg("the stream has no old images"))?,
                };
                assert!(job.id != "item 6", "{} panics on purpose", job.id);
                jobs.run(job).await
            }
        }
    };
    let item = |n: u32| fails(format!("item {n}"), u32::from(n == 3));
    let inserts = (0..8).fold(events::dynamodb(), |event, n| event.insert(&item(n)));
    let harness = within_three_seconds(dynamodb(follow).harness());
    let records = inserts.remove(&item(1));
    let report = simulate::dynamodb(harness).records(records).max_retries(2).run().await;
    let outcomes: Vec<_> = report.records().iter().map(|record| record.outcome()).collect();
    assert_eq!(outcomes, [[RecordOutcome::Done; 3], [RecordOutcome::Done; 3], [RecordOutcome::Discarded; 3]].concat());
    assert_eq!((report.invocations(), deliveries(&report)), (4, 21));
    assert_eq!(jobs.done(), (0..6).map(|n| format!("item {n}")).collect::<Vec<_>>());
}
