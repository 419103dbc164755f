//! Plays the runs that `tests/real/record_outcomes.py` recorded on moto in the simulator, and compares the outcomes.

use lrt::dynamodb::Change;
use lrt::testing::simulate::{self, SimulatedRecord, SimulationReport};
use lrt::testing::{Harness, TestContext, events};
use lrt::{Error, dynamodb, sqs};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Deserialize)]
struct Run {
    name: String,
    source: String,
    batch: Option<usize>,
    max_receive: Option<u32>,
    retries: Option<u32>,
    event: Value,
    /// Identifier, number of deliveries and outcome of each record.
    outcomes: Vec<(String, usize, String)>,
}

/// Task of a record, for the functions `messages` and `changes` of `tests/functions`.
#[derive(Deserialize)]
struct Job {
    name: String,
    does: String,
}

/// Jobs that have failed once.
#[derive(Clone, Default)]
struct Failed(Arc<Mutex<HashSet<String>>>);

impl Failed {
    async fn run(self, job: Job) -> Result<(), Error> {
        match &*job.does {
            "fail" => Err(Error::named("Failed", job.name)),
            "panic" => panic!("{} panics on purpose", job.name),
            "hang" => std::future::pending().await,
            "fail once" if self.0.lock().unwrap().insert(job.name) => Err(Error::msg("the first time")),
            "work" | "fail once" => Ok(()),
            other => panic!("unknown task: {other}"),
        }
    }

    async fn follow(self, change: Change<Job>) -> Result<(), Error> {
        match change {
            Change::Insert { new, .. } => self.run(new).await,
            _ => Err(Error::msg("the runs have new items only")),
        }
    }
}

/// Sets the function timeout of the emulator.
fn within_three_seconds<F>(harness: Harness<F>) -> Harness<F> {
    harness.context(TestContext::new().deadline_in(Duration::from_secs(3)))
}

async fn simulated(run: &Run) -> SimulationReport {
    let failed = Failed::default();
    let event = events::json(&run.event);
    if run.source == "sqs" {
        let work = sqs(move |job: Job| failed.clone().run(job)).concurrency(4);
        // The script uses a visibility timeout of 1 s, since moto's clock cannot be paused. AWS requires at least the function's timeout.
        let queue =
            simulate::sqs(within_three_seconds(work.harness())).messages(event).visibility(Duration::from_secs(6));
        let queue = queue.max_receive(run.max_receive.unwrap()).batch_size(run.batch.unwrap_or(10));
        queue.run().await
    } else {
        let follow = dynamodb(move |change: Change<Job>| failed.clone().follow(change));
        let stream = simulate::dynamodb(within_three_seconds(follow.harness())).records(event);
        stream.max_retries(run.retries.unwrap()).batch_size(run.batch.unwrap_or(100)).run().await
    }
}

#[tokio::test(start_paused = true)]
async fn recorded_outcomes_are_reproduced() {
    let runs: Vec<Run> = serde_json::from_str(include_str!("moto.json")).unwrap();
    assert!(runs.len() >= 10);
    for run in runs {
        let report = simulated(&run).await;
        let outcome = |record: &SimulatedRecord| {
            (record.id().to_owned(), record.deliveries().len(), record.outcome().to_string())
        };
        let outcomes: Vec<_> = report.records().iter().map(outcome).collect();
        assert_eq!(outcomes, run.outcomes, "{} of {}:\n{report}", run.name, run.source);
    }
}
