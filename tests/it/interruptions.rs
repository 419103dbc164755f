//! Interruptions of an invocation: for functions of all kinds, SIGTERM has the same effect as the deadline.

use crate::support::{Running, run_function};
use lrt::batch::{Batch, BatchFailures, OnFailure};
use lrt::http::{Body, Response};
use lrt::testing::{Answer, Event, IntoEvent, events};
use lrt::{Error, Handler};
use serde_json::{Value, json};
use std::future::pending;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Interruption {
    Deadline,
    Sigterm,
}

/// Invokes a function that never ends, interrupts the invocation, and returns the answer.
fn interrupt(end: Interruption, handler: impl Handler, event: impl IntoEvent) -> Answer {
    let event = Event::new(event.into_event().unwrap());
    let (send, answers) = std::sync::mpsc::channel();
    run_function(handler, async |running: Running| {
        let answer = match end {
            Interruption::Deadline => {
                let answer = running.api.invoke(event.deadline_in(Duration::from_millis(300))).await;
                assert!(running.stop().await);
                answer
            }
            Interruption::Sigterm => {
                let pending = running.api.send(event.deadline_in(Duration::from_secs(60)));
                // At this point, the function has been called.
                tokio::time::sleep(Duration::from_millis(100)).await;
                let api = running.api.clone();
                assert!(running.stop().await);
                let answer = pending.await;
                drop(api);
                answer
            }
        };
        send.send(answer).unwrap();
    });
    answers.recv().unwrap()
}

/// The `errorType` and `errorMessage` of an error.
fn error(answer: &Answer) -> (String, String) {
    assert!(answer.is_error(), "{}", answer.text());
    let error: Value = serde_json::from_slice(&answer.body).unwrap();
    (error["errorType"].as_str().unwrap().to_owned(), error["errorMessage"].as_str().unwrap().to_owned())
}

/// Succeeds for 1, fails for 0, and hangs for 9.
async fn work(n: u32) -> Result<(), Error> {
    match n {
        9 => pending().await,
        0 => Err(Error::msg("zero")),
        _ => Ok(()),
    }
}

fn failures(answer: &Answer) -> Vec<Value> {
    let reply: Value = serde_json::from_slice(&answer.body).unwrap();
    let failures = reply["batchItemFailures"].as_array().unwrap_or_else(|| panic!("{reply}"));
    failures.iter().map(|failure| failure["itemIdentifier"].clone()).collect()
}

#[test]
fn batches_respond_with_what_has_succeeded() {
    for end in [Interruption::Deadline, Interruption::Sigterm] {
        let queue = events::sqs().json(&1).json(&9).json(&1).json(&0);
        let answer = interrupt(end, lrt::sqs(work).define(), queue);
        assert_eq!(failures(&answer), ["message-2", "message-4"], "{end:?}");

        let one_by_one = events::sqs().json(&1).json(&9).json(&1);
        let answer = interrupt(end, lrt::sqs(work).concurrency(1).define(), one_by_one);
        assert_eq!(failures(&answer), ["message-2", "message-3"], "{end:?}");

        let shard = events::kinesis().json(&1).json(&9).json(&1);
        let sequence = shard.clone().build()["Records"][1]["kinesis"]["sequenceNumber"].clone();
        let answer = interrupt(end, lrt::kinesis(work).define(), shard);
        assert_eq!(failures(&answer), [sequence], "{end:?}");

        let table = events::dynamodb().insert(&json!({"id": "a", "n": 1})).insert(&json!({"id": "b", "n": 9}));
        let sequence = table.clone().build()["Records"][1]["dynamodb"]["SequenceNumber"].clone();
        let index = async |record: Value| {
            let n = record["dynamodb"]["NewImage"]["n"]["N"].as_str().unwrap().parse().unwrap();
            work(n).await
        };
        let answer = interrupt(end, lrt::dynamodb(index).define(), table);
        assert_eq!(failures(&answer), [sequence], "{end:?}");

        let topic = events::kafka().json(&1).json(&9).json(&1);
        let answer = interrupt(end, lrt::kafka(work).on_failure(OnFailure::Continue).define(), topic);
        let failed = |offset| json!({"partition": "topic-0", "offset": offset});
        assert_eq!(failures(&answer), [failed(101), failed(102)], "{end:?}");
    }
}

#[test]
fn a_batch_without_success_is_a_function_error() {
    async fn all(_: Batch<u32>) -> Result<BatchFailures, lrt::Error> {
        Ok(pending().await)
    }
    for end in [Interruption::Deadline, Interruption::Sigterm] {
        let answer = interrupt(end, lrt::sqs(work).define(), events::sqs().json(&9).json(&9));
        let (error_type, message) = error(&answer);
        assert_eq!(error_type, "BatchFailed", "{end:?}");
        assert!(message.contains("0 of 2 records succeeded, 2 failed"), "{end:?}: {message}");

        let answer = interrupt(end, lrt::sqs(all).define(), events::sqs().json(&9).json(&9));
        let (error_type, message) = error(&answer);
        assert_eq!(error_type, "Function.Timeout", "{end:?}");
        assert!(message.contains("all 2 records have failed"), "{end:?}: {message}");
    }
}

#[test]
fn json_functions_time_out() {
    for end in [Interruption::Deadline, Interruption::Sigterm] {
        let answer = interrupt(end, lrt::json(work).define(), json!(9));
        assert_eq!(error(&answer).0, "Function.Timeout", "{end:?}");
    }
}

#[test]
fn http_functions_respond_with_504() {
    async fn hang() -> Response {
        pending().await
    }
    for end in [Interruption::Deadline, Interruption::Sigterm] {
        let answer = interrupt(end, lrt::http(hang).define(), events::http_api().get("/"));
        let reply: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{end:?}: {error}"));
        assert_eq!(reply["statusCode"], 504, "{end:?}");
    }
}

#[test]
fn streams_end_with_an_error() {
    async fn stream() -> Response {
        let chunks = futures_util::stream::iter([Ok::<_, Error>("first")]);
        let chunks = futures_util::StreamExt::chain(chunks, futures_util::stream::pending());
        Response::new(Body::from_stream(chunks))
    }
    async fn hang() -> Response {
        pending().await
    }
    for end in [Interruption::Deadline, Interruption::Sigterm] {
        let answer = interrupt(end, lrt::function_url(stream).streaming().define(), events::function_url().get("/"));
        assert!(answer.text().ends_with("first"), "{end:?}: {}", answer.text());
        assert_eq!(answer.trailers.get("Lambda-Runtime-Function-Error-Type"), Some("Function.Timeout"), "{end:?}");
        let answer = interrupt(end, lrt::function_url(hang).streaming().define(), events::function_url().get("/"));
        assert!(answer.text().contains("504"), "{end:?}");
    }
}
