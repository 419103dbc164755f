//! Queues: visibility timeout, redrive, groups, batches.

use crate::simulate::job::{Job, Jobs, always_fails, fails, takes, works};
use lrt::batch::{Batch, BatchFailures};
use lrt::sqs::Message;
use lrt::testing::simulate::{self, RecordOutcome, SqsSimulation};
use lrt::testing::{Harness, events};
use lrt::{Error, Handler, sqs};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn run(jobs: &Jobs) -> SqsSimulation<impl Handler + use<>> {
    let jobs = jobs.clone();
    simulate::sqs(sqs(move |job: Job| jobs.clone().run(job)).harness())
}

#[tokio::test(start_paused = true)]
async fn failed_message_is_redelivered_after_the_visibility_timeout_then_dead_lettered() {
    let messages = events::sqs().json(&works("a")).json(&fails("b", 2)).json(&always_fails("c")).text("not json");
    let report = run(&Jobs::default()).messages(messages).visibility(seconds(20)).max_receive(3).run().await;
    assert_eq!(
        report.to_string(),
        "\
record     deliveries  at          ended
message-1  1           0s          done at 0s
message-2  3           0s 20s 40s  done at 40s
message-3  3           0s 20s 40s  dead-letter queue at 60s
message-4  3           0s 20s 40s  dead-letter queue at 60s
"
    );
    assert_eq!(report.invocations(), 3);
    assert!(report.converged());
}

/// The visibility timeout starts when the message is received, not when the function returns.
#[tokio::test(start_paused = true)]
async fn visibility_timeout_starts_at_the_receive() {
    let jobs = [Job { fails: 1, ..takes("a", 8) }, works("b")];
    let messages = jobs.iter().fold(events::sqs(), |event, job| event.json(job));
    let report = run(&Jobs::default()).messages(messages).visibility(seconds(10)).run().await;
    assert_eq!(report.record("message-1").deliveries(), [seconds(0), seconds(10)]);
    assert_eq!(report.record("message-1").ended_at(), Some(seconds(18)));
    assert_eq!(report.record("message-2").ended_at(), Some(seconds(8)));
}

#[tokio::test(start_paused = true)]
async fn function_slower_than_the_visibility_timeout_deletes_nothing() {
    let jobs = Jobs::default();
    let messages = events::sqs().json(&takes("a", 30));
    let report = run(&jobs).messages(messages).visibility(seconds(30)).max_receive(2).run().await;
    assert_eq!(
        report.to_string(),
        "\
record     deliveries  at      ended
message-1  2           0s 30s  dead-letter queue at 60s
"
    );
    assert_eq!(jobs.done(), ["a", "a"]);
}

#[tokio::test(start_paused = true)]
async fn function_error_redelivers_the_entire_batch() {
    async fn refuse(_: Batch<Message<Job>>) -> Result<BatchFailures, Error> {
        Err(Error::msg("not today"))
    }
    let messages = events::sqs().json(&works("a")).json(&works("c"));
    let report = simulate::sqs(sqs(refuse).harness()).messages(messages).max_receive(1).run().await;
    assert_eq!(report.with_outcome(RecordOutcome::DeadLetterQueue), ["message-1", "message-2"]);
}

#[tokio::test(start_paused = true)]
async fn batch_size_is_respected_and_redelivered_messages_come_last() {
    let jobs = Jobs::default();
    let messages = [fails("a", 1), takes("b", 30), works("c"), works("d")];
    let messages = messages.iter().fold(events::sqs(), |event, job| event.json(job));
    let report = run(&jobs).messages(messages).batch_size(2).visibility(seconds(40)).run().await;
    assert_eq!(
        report.to_string(),
        "\
record     deliveries  at      ended
message-1  2           0s 40s  done at 40s
message-2  1           0s      done at 30s
message-3  1           30s     done at 30s
message-4  1           30s     done at 30s
"
    );
    assert_eq!(jobs.done(), ["b", "c", "d", "a"]);
}

#[tokio::test(start_paused = true)]
async fn batching_window_ends_when_the_batch_is_full_or_the_time_is_over() {
    let one = |id: &str| events::sqs().message(events::message().id(id).json(&works(id)));
    let report = run(&Jobs::default())
        .messages(one("a"))
        .messages_at(seconds(3), one("b"))
        .messages_at(seconds(4), one("c"))
        .messages_at(seconds(60), one("d"))
        .batch_size(3)
        .batching_window(seconds(5))
        .run()
        .await;
    assert_eq!(
        report.to_string(),
        "\
record  deliveries  at   ended
a       1           4s   done at 4s
b       1           4s   done at 4s
c       1           4s   done at 4s
d       1           65s  done at 65s
"
    );
}

/// The visibility timeout starts when the message is received, before the end of the window.
#[tokio::test(start_paused = true)]
async fn batching_window_counts_towards_the_visibility_timeout() {
    let messages = events::sqs().json(&fails("a", 1));
    let report = run(&Jobs::default()).messages(messages).batching_window(seconds(20)).run().await;
    assert_eq!(report.record("message-1").deliveries(), [seconds(20), seconds(50)]);
}

#[tokio::test(start_paused = true)]
async fn failed_message_blocks_its_group_only() {
    let jobs = Jobs::default();
    let messages = events::sqs_fifo().group("x").json(&fails("x1", 1)).json(&works("x2")).group("y").json(&works("y1"));
    let report = run(&jobs).messages(messages.group("x").json(&works("x3"))).batch_size(1).run().await;
    assert_eq!(
        report.to_string(),
        "\
record     deliveries  at      ended
message-1  2           0s 30s  done at 30s
message-2  1           30s     done at 30s
message-3  1           0s      done at 0s
message-4  1           30s     done at 30s
"
    );
    assert_eq!(jobs.done(), ["y1", "x1", "x2", "x3"]);
}

#[tokio::test(start_paused = true)]
async fn dead_lettered_message_unblocks_its_group() {
    let messages = events::sqs_fifo().json(&always_fails("a")).json(&works("b"));
    let report = run(&Jobs::default()).messages(messages).batch_size(1).max_receive(2).run().await;
    assert_eq!(report.record("message-1").ended_at(), Some(seconds(60)));
    assert_eq!(report.record("message-2").deliveries(), [seconds(60)]);
}

#[tokio::test(start_paused = true)]
async fn each_delivery_increments_the_receive_count() {
    async fn third_time(message: Message<Job>) -> Result<(), String> {
        if message.receive_count == 3 { Ok(()) } else { Err(format!("{}", message.receive_count)) }
    }
    let report = simulate::sqs(sqs(third_time).harness()).messages(events::sqs().json(&works("a"))).run().await;
    assert_eq!(report.record("message-1").deliveries(), [seconds(0), seconds(30), seconds(60)]);
}

#[tokio::test(start_paused = true)]
async fn without_report_batch_item_failures_failed_messages_are_lost() {
    let messages = || events::sqs().json(&works("a")).json(&fails("b", 1));
    let report = run(&Jobs::default()).messages(messages()).without_report_batch_item_failures().run().await;
    assert_eq!(report.with_outcome(RecordOutcome::Lost), ["message-2"]);
    // A function error does not lose a message.
    let messages = events::sqs().json(&fails("b", 1));
    let report = run(&Jobs::default()).messages(messages).without_report_batch_item_failures().run().await;
    assert_eq!(report.with_outcome(RecordOutcome::Done), ["message-1"]);
}

#[tokio::test(start_paused = true)]
async fn run_that_does_not_converge_is_reported() {
    let report = run(&Jobs::default()).messages(events::sqs().json(&always_fails("a"))).run().await;
    assert!(!report.converged());
    assert_eq!(report.invocations(), simulate::MAX_INVOCATIONS);
    assert_eq!(
        report.to_string(),
        "\
record     deliveries  at                                 ended
message-1  1000        0s 30s 60s 90s 120s 150s … 29970s  still waiting
did not converge after 1000 invocations
"
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["converged"], false);
    assert_eq!(json["records"][0]["endedAt"], serde_json::Value::Null);
}

#[tokio::test(start_paused = true)]
async fn empty_queue_causes_no_invocation() {
    let report = run(&Jobs::default()).messages(events::sqs()).run().await;
    assert_eq!((report.invocations(), report.converged()), (0, true));
}

#[tokio::test(start_paused = true)]
async fn report_serializes_to_json() {
    let messages = events::sqs().json(&works("a")).json(&fails("b", 1));
    let report = run(&Jobs::default()).messages(messages).run().await;
    lrt::testing::insta::assert_json_snapshot!(report, @r#"
    {
      "converged": true,
      "invocations": 2,
      "records": [
        {
          "id": "message-1",
          "deliveries": [
            "0s"
          ],
          "outcome": "done",
          "endedAt": "0s"
        },
        {
          "id": "message-2",
          "deliveries": [
            "0s",
            "30s"
          ],
          "outcome": "done",
          "endedAt": "30s"
        }
      ]
    }
    "#);
}

#[test]
#[should_panic(expected = "two records have the identifier message-1")]
fn messages_with_the_same_id_are_rejected() {
    let _ = run(&Jobs::default()).messages(events::sqs().text("a")).messages(events::sqs().text("b"));
}

#[test]
#[should_panic(expected = "a record has no identifier at `/messageId`")]
fn messages_without_an_id_are_rejected() {
    let _ = run(&Jobs::default()).messages(events::dynamodb().insert(&works("a")));
}

#[tokio::test]
#[should_panic(expected = "a simulation needs tokio's paused clock")]
async fn running_clock_is_rejected() {
    run(&Jobs::default()).run().await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "FIFO queues do not support a batching window")]
async fn settings_outside_of_the_limits_are_rejected() {
    run(&Jobs::default()).messages(events::sqs_fifo().text("")).batching_window(seconds(1)).run().await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "expected 1 to 10, or up to 10000")]
async fn large_batches_need_a_batching_window() {
    run(&Jobs::default()).batch_size(11).run().await;
}

/// A borrowed harness keeps its environment.
#[tokio::test(start_paused = true)]
async fn harness_can_be_used_for_two_runs() {
    async fn warm(_: Job, ctx: lrt::Context) -> Result<(), String> {
        if ctx.cold_start() { Err("cold".to_owned()) } else { Ok(()) }
    }
    let harness: Harness<_> = sqs(warm).harness();
    let message = || events::sqs().json(&works("a"));
    let first = simulate::sqs(&harness).messages(message()).run().await;
    let second = simulate::sqs(harness).messages(message()).run().await;
    assert_eq!((first.invocations(), second.invocations()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn message_that_asks_for_a_delay_is_received_after_it() {
    let attempts = Arc::new(Mutex::new(HashMap::new()));
    let process = move |n: u64| {
        let mut attempts = attempts.lock().unwrap();
        let attempt = attempts.entry(n).or_insert(0);
        *attempt += 1;
        let error = Error::msg("busy").retry_after(Duration::from_secs(n));
        std::future::ready(if *attempt < 3 { Err(error) } else { Ok(()) })
    };
    let messages = events::sqs().json(&5).json(&100);
    let report =
        simulate::sqs(sqs(process).harness()).messages(messages).visibility(Duration::from_secs(60)).run().await;
    assert_eq!(
        report.to_string(),
        "\
record     deliveries  at            ended
message-1  3           0s 5s 10s     done at 10s
message-2  3           0s 100s 200s  done at 200s
"
    );
}
