//! An event source mapping between a stream and a function.

mod state;

use super::answer::Answer;
use super::clock::Clock;
use super::input::{Inputs, event};
use super::report::{RecordOutcome, SimulationReport};
use super::{MAX_INVOCATIONS, MAX_WINDOW};
use crate::{Harness, IntoEvent};
use state::{Batch, Rules, ShardState};
use std::time::Duration;

/// How many records a batch has unless the author says otherwise.
const BATCH: usize = 100;

/// The largest batch.
const MAX_BATCH: usize = 10_000;

/// How long a stream keeps a record: DynamoDB always, Kinesis unless the stream says otherwise.
const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

/// Plays one shard of a stream and its event source mapping against a function.
///
/// | rule | of |
/// |---|---|
/// | the shard is read in order; a batch that fails is delivered again, and nothing behind it before | [processing](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#dynamodb-polling-and-batching) |
/// | of what is reported the lowest sequence number counts: all before it is done, the batch goes on from there | [partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html) |
/// | a batch that was retried `MaximumRetryAttempts` times is given up whole | [error handling](https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html) |
/// | with `BisectBatchOnFunctionError` a function error splits the batch in two, which takes no retry; where a sequence number is reported, it is split there | [error handling](https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html), [partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html) |
/// | a record older than `MaximumRecordAgeInSeconds` is given up | [error handling](https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html) |
/// | what is given up is told to the on-failure destination, if there is one | [discarded batches](https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html) |
/// | a stream forgets a record after 24 hours, one of Kinesis after its retention period | [DynamoDB Streams](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html), [Kinesis](https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html) |
/// | the function is called once a batch is full or the batching window is over | [batching](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#dynamodb-polling-and-batching) |
///
/// AWS does not say two things, which are so here: after progress the rest of a batch counts as on its first retry (without
/// bisecting; with it as not retried), and a retry comes after a [second](StreamSimulation::retry_delay). A batch's size
/// in bytes, several batches of a shard at once (`ParallelizationFactor`) and tumbling windows are not played.
#[derive(Debug)]
#[must_use = "nothing is delivered before `.run().await`"]
pub struct StreamSimulation<F> {
    harness: Harness<F>,
    records: Inputs,
    batch_size: usize,
    window: Duration,
    retry_delay: Duration,
    max_retries: Option<u32>,
    max_age: Option<Duration>,
    retention: Duration,
    bisects: bool,
    destination: bool,
    reports: bool,
}

impl<F> StreamSimulation<F> {
    pub(super) fn new(sequence_number: &'static str, harness: Harness<F>) -> StreamSimulation<F> {
        StreamSimulation {
            harness,
            records: Inputs::identified_by(sequence_number),
            batch_size: BATCH,
            window: Duration::ZERO,
            retry_delay: Duration::from_secs(1),
            max_retries: None,
            max_age: None,
            retention: RETENTION,
            bisects: false,
            destination: false,
            reports: true,
        }
    }

    /// Records that are in the stream from the start: [`events::dynamodb`](crate::events::dynamodb), or any
    /// other event of the service.
    ///
    /// # Panics
    ///
    /// When this is no such event, or two records have the same sequence number.
    #[track_caller]
    pub fn records(self, event: impl IntoEvent) -> StreamSimulation<F> {
        self.records_at(Duration::ZERO, event)
    }

    /// Records that come into being so long after the start.
    ///
    /// # Panics
    ///
    /// As [`records`](StreamSimulation::records).
    #[track_caller]
    pub fn records_at(mut self, time: Duration, event: impl IntoEvent) -> StreamSimulation<F> {
        self.records.add(event, time);
        self
    }

    /// How many records the function gets at once; 100 unless set.
    pub fn batch_size(mut self, records: usize) -> StreamSimulation<F> {
        self.batch_size = records;
        self
    }

    /// How long the mapping gathers records for a batch that is not full; not at all unless set.
    pub fn batching_window(mut self, window: Duration) -> StreamSimulation<F> {
        self.window = window;
        self
    }

    /// How long after a failure the batch is delivered again. AWS does not say; a second unless set.
    pub fn retry_delay(mut self, delay: Duration) -> StreamSimulation<F> {
        self.retry_delay = delay;
        self
    }

    /// How often a batch is delivered again before it is given up. Unless set there is no limit but the age of records.
    pub fn max_retries(mut self, times: u32) -> StreamSimulation<F> {
        self.max_retries = Some(times);
        self
    }

    /// The age at which a record is given up. Unless set it is that at which the stream forgets it.
    pub fn max_record_age(mut self, age: Duration) -> StreamSimulation<F> {
        self.max_age = Some(age);
        self
    }

    /// How long the stream keeps a record; 24 hours unless set, which is what DynamoDB always has.
    pub fn retention(mut self, time: Duration) -> StreamSimulation<F> {
        self.retention = time;
        self
    }

    /// A batch that ends in a function error is split in two, so that one bad record does not take others with it.
    pub fn bisect_on_error(mut self) -> StreamSimulation<F> {
        self.bisects = true;
        self
    }

    /// With an on-failure destination, which is told what was given up.
    pub fn on_failure_destination(mut self) -> StreamSimulation<F> {
        self.destination = true;
        self
    }

    /// The mapping without `ReportBatchItemFailures`: it goes on behind what the function reports as failed.
    /// [`RecordOutcome::Lost`] tells which.
    pub fn without_report_batch_item_failures(mut self) -> StreamSimulation<F> {
        self.reports = false;
        self
    }

    /// Delivers the records until each is done or given up, or the function was called [`MAX_INVOCATIONS`] times.
    ///
    /// # Panics
    ///
    /// When tokio's clock is not paused, or AWS would not take the settings.
    pub async fn run(self) -> SimulationReport {
        let clock = Clock::start();
        self.check();
        let rules = Rules {
            max_retries: self.max_retries,
            max_age: self.max_age,
            retention: self.retention,
            bisects: self.bisects,
            reports: self.reports,
            given_up: if self.destination { RecordOutcome::OnFailureDestination } else { RecordOutcome::Discarded },
        };
        let mut shard = ShardState::new(rules, self.records.into_vec());
        let mut invocations = 0;
        while invocations < MAX_INVOCATIONS {
            let batch = match shard.again() {
                Some(batch) => batch,
                None => match gather(&mut shard, &clock, self.batch_size, self.window).await {
                    Some(batch) => batch,
                    None => break,
                },
            };
            let Some(batch) = shard.without_old(batch, clock.now()) else { continue };
            invocations += 1;
            shard.delivered(&batch, clock.now());
            let outcome = self.harness.invoke(event(shard.wires(&batch))).await;
            let answer = Answer::of(&outcome, &shard.ids(&batch));
            if shard.answered(batch, &answer, clock.now()) {
                clock.until(clock.now() + self.retry_delay).await;
            }
        }
        SimulationReport::new(shard.into_lives(), invocations)
    }

    fn check(&self) {
        assert!(
            (1..=MAX_BATCH).contains(&self.batch_size),
            "a batch of a stream has 1 to {MAX_BATCH} records, not {}",
            self.batch_size
        );
        assert!(self.window <= MAX_WINDOW, "a batching window has up to 5 minutes, not {:?}", self.window);
    }
}

/// Reads once the batch is full or the window over, counted from when there is something to read.
async fn gather(shard: &mut ShardState, clock: &Clock, size: usize, window: Duration) -> Option<Batch> {
    clock.until(shard.arrival(0)?).await;
    let end = clock.now() + window;
    let full = shard.arrival(size - 1).unwrap_or(end);
    clock.until(full.min(end)).await;
    Some(shard.read(clock.now(), size))
}
