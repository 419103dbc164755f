//! Retry simulator: delivers records like an event source mapping, and events of S3 like Lambda, until each has succeeded or is
//! discarded.
//!
//! Each delivery is an invocation of the [`Harness`], with the same decoding, layers, deadline and reply as in Lambda. The delays use
//! tokio's paused clock, so that hours of retries take no real time. A [`SimulationReport`] lists when each record was delivered and
//! its outcome.
//!
//! ```
//! use lrt::prelude::*;
//! use lrt::testing::{Harness, events, simulate};
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//! use std::time::Duration;
//!
//! /// The first attempt for each city fails.
//! #[lambda(sqs, init = office)]
//! async fn deliver(city: String, office: &Office) -> Result<(), Error> {
//!     let mut attempts = office.attempts.lock().unwrap();
//!     let attempt = attempts.entry(city.clone()).or_insert(0);
//!     *attempt += 1;
//!     if city == "Atlantis" || *attempt == 1 { Err(Error::named("NobodyHome", city)) } else { Ok(()) }
//! }
//!
//! #[derive(Default)]
//! struct Office { attempts: Mutex<HashMap<String, u32>> }
//! async fn office() -> Office { Office::default() }
//!
//! // A `#[tokio::test(start_paused = true)]`.
//! async fn only_invalid_cities_are_dead_lettered() {
//!     let harness = Harness::<deliver>::with_state(Office::default());
//!     let messages = events::sqs().json(&"Paris").json(&"Atlantis").text("no JSON");
//!     let report = simulate::sqs(harness).messages(messages).visibility(Duration::from_secs(60)).max_receive(3).run().await;
//!     assert_eq!(
//!         report.to_string(),
//!         "\
//! record     deliveries  at           ended
//! message-1  2           0s 60s       done at 60s
//! message-2  3           0s 60s 120s  dead-letter queue at 180s
//! message-3  3           0s 60s 120s  dead-letter queue at 180s
//! "
//!     );
//! }
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(only_invalid_cities_are_dead_lettered());
//! # std::io::Result::Ok(())
//! ```
//!
//! With [insta](https://insta.rs), use `insta::assert_snapshot!(report)` or `assert_json_snapshot!`.
//!
//! # Real I/O
//!
//! The function may use real services, such as DynamoDB on a local emulator. Its deliveries then run in real time, which is not part
//! of the report, and the clock advances only between them. So the report is the same in each run. This also applies to deadlines
//! and to delays of such a function: it has as much real time as Lambda would give it, and a `sleep` takes real time.
//!
//! A function that only waits for tokio's clock takes no real time, and its delays are in the report. A function counts as such if its
//! first wait lasts for more than 100 ms of real time without anything else happening.
//!
//! # Deadlines
//!
//! Each delivery has the deadline of the harness: 15 minutes, or the value of
//! [`TestContext::deadline_in`](super::TestContext::deadline_in). Lambda rejects a function timeout that is longer than the visibility
//! timeout of the queue, so set the deadline for functions that may be slow:
//! `simulate::sqs(harness.context(TestContext::new().deadline_in(Duration::from_secs(5))))`.

mod asynchronous;
mod batch_response;
mod clock;
mod input;
mod queue;
mod report;
mod stream;

pub use asynchronous::S3Simulation;
pub use queue::SqsSimulation;
pub use report::{RecordOutcome, SimulatedRecord, SimulationReport};
pub use stream::StreamSimulation;

use super::Harness;
use std::time::Duration;

/// Maximum number of invocations in one simulation.
pub const MAX_INVOCATIONS: usize = 1_000;

/// The maximum batching window
/// ([MaximumBatchingWindowInSeconds](https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html)).
const MAX_WINDOW: Duration = Duration::from_secs(300);

/// Starts a simulation of an SQS queue. `function` is a [`Harness`], by value or by reference.
///
/// ```
/// use lrt::testing::{events, simulate};
///
/// async fn process(n: u32) -> Result<(), String> {
///     if n == 1 { Err("never".to_owned()) } else { Ok(()) }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let harness = lrt::sqs(process).harness();
/// let messages = || events::sqs_fifo().group("a").json(&1).json(&2).group("b").json(&3);
/// let report = simulate::sqs(&harness).messages(messages()).max_receive(2).run().await;
/// // The second message was received together with the first one of its group, and was never started. So it has the same outcome.
/// assert_eq!(report.with_outcome(simulate::RecordOutcome::DeadLetterQueue), ["message-1", "message-2"]);
///
/// let report = simulate::sqs(&harness).messages(messages()).max_receive(2).batch_size(1).run().await;
/// assert_eq!(
///     report.to_string(),
///     "\
/// record     deliveries  at      ended
/// message-1  2           0s 30s  dead-letter queue at 60s
/// message-2  1           60s     done at 60s
/// message-3  1           0s      done at 0s
/// "
/// );
/// # }
/// ```
pub fn sqs<F>(function: impl Into<Harness<F>>) -> SqsSimulation<F> {
    SqsSimulation::new(function.into())
}

/// Starts a simulation of a DynamoDB stream. `function` is a [`Harness`], by value or by reference.
///
/// ```
/// use lrt::dynamodb::Change;
/// use lrt::testing::{events, simulate};
/// use serde_json::json;
///
/// #[derive(serde::Deserialize)]
/// struct Product { price: i32 }
///
/// async fn watch(change: Change<Product>) -> Result<(), lrt::Error> {
///     if let Change::Insert { new, .. } = change {
///         assert!(new.price >= 0, "negative price {}", new.price);
///     }
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let item = |id: u32, price: i32| json!({"id": id, "price": price});
/// let records = events::dynamodb().insert(&item(1, 5)).insert(&item(2, -3)).insert(&item(3, 4));
/// let harness = lrt::dynamodb(watch).harness();
/// let run = || simulate::dynamodb(&harness).records(records.clone()).max_retries(1);
/// // The record after the invalid one is discarded with it.
/// assert_eq!(
///     run().run().await.to_string(),
///     "\
/// record                 deliveries  at     ended
/// 100000000000000000001  1           0s     done at 0s
/// 100000000000000000002  2           0s 1s  discarded at 1s
/// 100000000000000000003  2           0s 1s  discarded at 1s
/// "
/// );
/// // Unless the mapping bisects.
/// assert_eq!(
///     run().bisect_on_error().on_failure_destination().run().await.to_string(),
///     "\
/// record                 deliveries  at           ended
/// 100000000000000000001  1           0s           done at 0s
/// 100000000000000000002  4           0s 1s 2s 3s  on-failure destination at 3s
/// 100000000000000000003  3           0s 1s 3s     done at 3s
/// "
/// );
/// # }
/// ```
pub fn dynamodb<F>(function: impl Into<Harness<F>>) -> StreamSimulation<F> {
    StreamSimulation::new("/dynamodb/SequenceNumber", function.into())
}

/// Starts a simulation of a Kinesis stream. `function` is a [`Harness`], by value or by reference.
///
/// The rules are the same as for a DynamoDB stream. The function may also be a JSON function that reads the event
/// itself:
///
/// ```
/// use lrt::testing::simulate;
/// use serde_json::{Value, json};
///
/// /// Reports the first record without data as failed.
/// async fn ingest(event: Value) -> Result<Value, lrt::Error> {
///     let records = event["Records"].as_array().unwrap();
///     let failed = records.iter().find(|record| record["kinesis"]["data"].is_null());
///     Ok(json!({"batchItemFailures": failed.iter().map(|record| {
///         json!({"itemIdentifier": record["kinesis"]["sequenceNumber"]})
///     }).collect::<Vec<_>>()}))
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let record = |number: &str, data: Value| json!({"kinesis": {"sequenceNumber": number, "data": data}});
/// let records = json!({"Records": [record("1", json!("MQ==")), record("2", Value::Null)]});
/// let report = simulate::kinesis(lrt::json(ingest).harness()).records(records).max_retries(2).run().await;
/// assert_eq!(
///     report.to_string(),
///     "\
/// record  deliveries  at        ended
/// 1       1           0s        done at 0s
/// 2       3           0s 1s 2s  discarded at 2s
/// "
/// );
/// # }
/// ```
pub fn kinesis<F>(function: impl Into<Harness<F>>) -> StreamSimulation<F> {
    StreamSimulation::new("/kinesis/sequenceNumber", function.into())
}

/// Starts a simulation of S3, which invokes the function asynchronously. `function` is a [`Harness`], by value or by reference.
///
/// ```
/// use lrt::s3::S3Object;
/// use lrt::testing::{events, simulate};
///
/// async fn thumb(object: S3Object) -> Result<(), String> {
///     if object.key == "cat.txt" { Err("not an image".to_owned()) } else { Ok(()) }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let harness = lrt::s3(thumb).harness();
/// let report = simulate::s3(&harness)
///     .event(events::s3().created("cat.jpg"))
///     // In one event, the other object is delivered again as well.
///     .event(events::s3().created("dog.jpg").created("cat.txt"))
///     .on_failure_destination()
///     .run()
///     .await;
/// assert_eq!(
///     report.to_string(),
///     "\
/// record   deliveries  at           ended
/// cat.jpg  1           0s           done at 0s
/// dog.jpg  3           0s 60s 180s  on-failure destination at 180s
/// cat.txt  3           0s 60s 180s  on-failure destination at 180s
/// "
/// );
/// # }
/// ```
pub fn s3<F>(function: impl Into<Harness<F>>) -> S3Simulation<F> {
    S3Simulation::new(function.into())
}
