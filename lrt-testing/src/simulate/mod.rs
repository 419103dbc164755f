//! The retry simulator: an event source mapping that plays against a function until no record is left.
//!
//! What fails comes back, and a function has to bear it: each delivery goes through the [`Harness`], with the same
//! decode, layers, guard and reply as in Lambda. The time between them is that of tokio's paused clock, so that hours of
//! retries take no time. A [`SimulationReport`] tells of each record when it was delivered and where it ended.
//!
//! ```
//! use lrt::prelude::*;
//! use lrt::testing::{Harness, events, simulate};
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//! use std::time::Duration;
//!
//! /// Its first attempt at a city is always in vain.
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
//! async fn only_atlantis_is_given_up() {
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
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(only_atlantis_is_given_up());
//! # std::io::Result::Ok(())
//! ```
//!
//! With [insta](https://insta.rs) it is `insta::assert_snapshot!(report)`, or `assert_json_snapshot!`.
//!
//! # Deadlines
//!
//! Each delivery has the time that the harness gives: 15 minutes, or what
//! [`TestContext::deadline_in`](super::TestContext::deadline_in) says. Lambda takes no function whose timeout is longer
//! than the visibility timeout of its queue, so a function that may be slow should be given its own:
//! `simulate::sqs(harness.context(TestContext::new().deadline_in(Duration::from_secs(5))))`.

mod answer;
mod clock;
mod input;
mod queue;
mod report;
mod stream;

pub use queue::SqsSimulation;
pub use report::{RecordOutcome, SimulatedRecord, SimulationReport};
pub use stream::StreamSimulation;

use super::Harness;
use std::time::Duration;

/// How often a function is called in one run before the simulator takes it that there is no end.
pub const MAX_INVOCATIONS: usize = 1_000;

/// The longest batching window
/// ([MaximumBatchingWindowInSeconds](https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html)).
const MAX_WINDOW: Duration = Duration::from_secs(300);

/// Begins a run of a function of SQS messages. It is a [`Harness`], by value or borrowed.
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
/// // The second was received with the first of its group, each time, and so was not started: it goes where that one goes.
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

/// Begins a run of a function of a DynamoDB table's changes. It is a [`Harness`], by value or borrowed.
///
/// ```
/// use lrt::dynamodb::Change;
/// use lrt::testing::{events, simulate};
/// use serde_json::json;
///
/// #[derive(serde::Deserialize)]
/// struct Product { price: i32 }
///
/// async fn watch(change: Change<Product>) {
///     if let Change::Insert { new, .. } = change {
///         assert!(new.price >= 0, "who wants to pay {}?", new.price);
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let item = |id: u32, price: i32| json!({"id": id, "price": price});
/// let records = events::dynamodb().insert(&item(1, 5)).insert(&item(2, -3)).insert(&item(3, 4));
/// let harness = lrt::dynamodb(watch).harness();
/// let run = || simulate::dynamodb(&harness).records(records.clone()).max_retries(1);
/// // The record behind it is given up with the bad one.
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

/// Begins a run of a function of Kinesis records. It is a [`Harness`], by value or borrowed.
///
/// The rules are those of a DynamoDB stream. A function that reads the event itself is one as well:
///
/// ```
/// use lrt::testing::simulate;
/// use serde_json::{Value, json};
///
/// /// Takes what is before the first record without data.
/// async fn ingest(event: Value) -> Value {
///     let records = event["Records"].as_array().unwrap();
///     let failed = records.iter().find(|record| record["kinesis"]["data"].is_null());
///     json!({"batchItemFailures": failed.iter().map(|record| {
///         json!({"itemIdentifier": record["kinesis"]["sequenceNumber"]})
///     }).collect::<Vec<_>>()})
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
