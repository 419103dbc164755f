//! Simulation of a stream and its event source mapping.

mod state;
mod window;

use super::batch_response::BatchResponse;
use super::clock::Clock;
use super::input::{Inputs, event};
use super::report::{RecordOutcome, SimulationReport};
use super::{MAX_INVOCATIONS, MAX_WINDOW};
use crate::{Harness, IntoEvent};
use state::{Batch, Rules, ShardState};
use std::time::Duration;
use window::TumblingWindow;

/// The default batch size.
const DEFAULT_BATCH: usize = 100;

/// The maximum length of a tumbling window in seconds
/// ([TumblingWindowInSeconds](https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html)).
const MAX_TUMBLING_WINDOW: u64 = 900;

/// The maximum batch size.
const MAX_BATCH: usize = 10_000;

/// The retention period of DynamoDB streams, and the default of Kinesis.
const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

/// Simulates one shard of a stream and its event source mapping.
///
/// | Rule | Source |
/// |---|---|
/// | The shard is read in order. A failed batch is delivered again before any later record. | [processing](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#dynamodb-polling-and-batching) |
/// | The lowest reported sequence number is the checkpoint: all records before it succeeded, and the batch continues from it. | [partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html) |
/// | A batch that was retried `MaximumRetryAttempts` times is discarded. | [error handling](https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html) |
/// | With `BisectBatchOnFunctionError`, a function error splits the batch in two, which does not count as a retry. A reported sequence number splits it there. | [error handling](https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html), [partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html) |
/// | A record that is older than `MaximumRecordAgeInSeconds` is discarded. | [error handling](https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html) |
/// | Discarded records are reported to the on-failure destination, if there is one. | [discarded batches](https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html) |
/// | A stream deletes a record after 24 hours (Kinesis: after its retention period). | [DynamoDB Streams](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html), [Kinesis](https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html) |
/// | The function is invoked when a batch is full or the batching window ends. | [batching](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#dynamodb-polling-and-batching) |
/// | With `TumblingWindowInSeconds`, a batch belongs to one window. The function gets the state that it returned last; at the end of the window it is invoked without records, until it succeeds. A state of more than 1 MB ends the window early. | [tumbling windows](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html) |
///
/// Two rules are not documented by AWS, and are assumptions of this simulation. After a checkpoint, the next delivery
/// of the rest of a batch counts as its first retry, or with bisecting as its first delivery. Retries are delayed by a
/// [second](StreamSimulation::retry_delay). The size of a batch in bytes and several concurrent batches per shard
/// (`ParallelizationFactor`) are not simulated.
#[derive(Debug)]
#[must_use = "a simulation does nothing before `.run().await`"]
pub struct StreamSimulation<F> {
    harness: Harness<F>,
    records: Inputs,
    batch_size: usize,
    window: Duration,
    tumbling_window: Option<Duration>,
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
            batch_size: DEFAULT_BATCH,
            window: Duration::ZERO,
            tumbling_window: None,
            retry_delay: Duration::from_secs(1),
            max_retries: None,
            max_age: None,
            retention: RETENTION,
            bisects: false,
            destination: false,
            reports: true,
        }
    }

    /// Adds records that are in the stream from the start: [`events::dynamodb`](crate::events::dynamodb), or any other event of the
    /// service.
    ///
    /// # Panics
    ///
    /// Panics if this is not an event of the service, or if two records have the same sequence number.
    #[track_caller]
    pub fn records(self, event: impl IntoEvent) -> StreamSimulation<F> {
        self.records_at(Duration::ZERO, event)
    }

    /// Adds records that are created at this time after the start.
    ///
    /// # Panics
    ///
    /// Panics in the same cases as [`records`](StreamSimulation::records).
    #[track_caller]
    pub fn records_at(mut self, time: Duration, event: impl IntoEvent) -> StreamSimulation<F> {
        self.records.add(event, time);
        self
    }

    /// Sets the maximum number of records per batch. The default is 100.
    pub fn batch_size(mut self, records: usize) -> StreamSimulation<F> {
        self.batch_size = records;
        self
    }

    /// Sets the time for which the event source mapping waits for a batch to fill up. The default is 0.
    pub fn batching_window(mut self, window: Duration) -> StreamSimulation<F> {
        self.window = window;
        self
    }

    /// Sets the length of tumbling windows (`TumblingWindowInSeconds`). Records belong to windows by the times at which they are
    /// created.
    ///
    /// ```
    /// use lrt::batch::Window;
    /// use lrt::testing::{events, simulate};
    /// use serde_json::json;
    /// use std::time::Duration;
    ///
    /// async fn sum(n: u32, total: Window<u32>) -> Result<(), String> {
    ///     total.update(|total| *total += n);
    ///     Ok(())
    /// }
    ///
    /// async fn publish(total: Window<u32>) {
    ///     println!("{}", total.read());
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let minute = Duration::from_secs(60);
    /// let report = simulate::kinesis(lrt::kinesis(sum).window_end(publish).harness())
    ///     .records(events::kinesis().json(&1).json(&2))
    ///     .records_at(minute, events::kinesis().record(events::kinesis_record().json(&4).sequence_number("3")))
    ///     .tumbling_window(minute)
    ///     .run()
    ///     .await;
    /// assert_eq!(report.window_states(), [json!(3), json!(4)]);
    /// # }
    /// ```
    pub fn tumbling_window(mut self, length: Duration) -> StreamSimulation<F> {
        self.tumbling_window = Some(length);
        self
    }

    /// Sets the delay before a failed batch is delivered again. The default is 1 second. AWS does not document the delay.
    pub fn retry_delay(mut self, delay: Duration) -> StreamSimulation<F> {
        self.retry_delay = delay;
        self
    }

    /// Sets the maximum number of retries of a batch before it is discarded. By default, only the age of the records
    /// limits retries.
    pub fn max_retries(mut self, times: u32) -> StreamSimulation<F> {
        self.max_retries = Some(times);
        self
    }

    /// Sets the age at which a record is discarded. The default is the retention period.
    pub fn max_record_age(mut self, age: Duration) -> StreamSimulation<F> {
        self.max_age = Some(age);
        self
    }

    /// Sets the retention period of the stream. The default is 24 hours, which is fixed for DynamoDB.
    pub fn retention(mut self, time: Duration) -> StreamSimulation<F> {
        self.retention = time;
        self
    }

    /// Splits a batch in two after a function error, which isolates a failing record.
    pub fn bisect_on_error(mut self) -> StreamSimulation<F> {
        self.bisects = true;
        self
    }

    /// Adds an on-failure destination, to which discarded records are reported.
    pub fn on_failure_destination(mut self) -> StreamSimulation<F> {
        self.destination = true;
        self
    }

    /// Disables `ReportBatchItemFailures`: the mapping skips records that the function reports as failed. Their outcome is
    /// [`RecordOutcome::Lost`].
    pub fn without_report_batch_item_failures(mut self) -> StreamSimulation<F> {
        self.reports = false;
        self
    }

    /// Delivers the records until each has succeeded or is discarded, or the function was invoked [`MAX_INVOCATIONS`] times.
    ///
    /// # Panics
    ///
    /// Panics if tokio's clock is not paused, or AWS would reject the settings.
    pub async fn run(self) -> SimulationReport {
        let mut clock = Clock::start();
        self.check();
        let rules = Rules {
            max_retries: self.max_retries,
            max_age: self.max_age,
            retention: self.retention,
            bisects: self.bisects,
            reports: self.reports,
            discarded: if self.destination { RecordOutcome::OnFailureDestination } else { RecordOutcome::Discarded },
        };
        let mut window =
            self.tumbling_window.map(|length| TumblingWindow::new(length, self.records.text("eventSourceARN")));
        let mut shard = ShardState::new(rules, self.records.into_vec());
        let mut invocations = 0;
        while invocations < MAX_INVOCATIONS {
            let batch = match shard.again() {
                Some(batch) => batch,
                None => {
                    if let Some(window) = &mut window
                        && let Some(end) = window.ends_before(shard.arrival(0))
                    {
                        clock.until(end).await;
                        invocations += 1;
                        let outcome = clock.deliver(self.harness.invoke(window.last_event())).await;
                        if !window.ended(&outcome) {
                            let retry_at = clock.now() + self.retry_delay;
                            clock.until(retry_at).await;
                        }
                        continue;
                    }
                    match gather(&mut shard, &mut clock, self.batch_size, self.window, window.as_mut()).await {
                        Some(batch) => batch,
                        None => break,
                    }
                }
            };
            let Some(batch) = shard.without_old(batch, clock.now()) else { continue };
            invocations += 1;
            shard.delivered(&batch, clock.now());
            let mut event = event(shard.events(&batch));
            if let Some(window) = &window {
                window.add_to(&mut event);
            }
            let outcome = clock.deliver(self.harness.invoke(event)).await;
            let mut response = BatchResponse::of(&outcome, &shard.ids(&batch));
            if let Some(window) = &mut window
                && response != BatchResponse::Error
                && !window.answered(&outcome)
            {
                response = BatchResponse::Error;
            }
            if shard.answered(batch, &response, clock.now()) {
                let retry_at = clock.now() + self.retry_delay;
                clock.until(retry_at).await;
            }
        }
        let states = window.map(TumblingWindow::into_states).unwrap_or_default();
        SimulationReport::new(shard.into_records(), invocations).with_window_states(states)
    }

    fn check(&self) {
        assert!(
            (1..=MAX_BATCH).contains(&self.batch_size),
            "invalid batch size {} (expected 1 to {MAX_BATCH})",
            self.batch_size
        );
        let seconds = self.tumbling_window.map(|length| length.as_secs());
        assert!(
            seconds.is_none_or(|seconds| (1..=MAX_TUMBLING_WINDOW).contains(&seconds)),
            "invalid tumbling window {:?} (expected 1 to {MAX_TUMBLING_WINDOW} seconds)",
            self.tumbling_window
        );
        assert!(self.window <= MAX_WINDOW, "invalid batching window {:?} (expected at most 5 minutes)", self.window);
    }
}

/// Waits for the first record, then until the batch is full or the batching window ends, and reads the batch.
async fn gather(
    shard: &mut ShardState,
    clock: &mut Clock,
    size: usize,
    window: Duration,
    tumbling: Option<&mut TumblingWindow>,
) -> Option<Batch> {
    let first = shard.arrival(0)?;
    clock.until(first).await;
    let before = tumbling.map(|tumbling| tumbling.open(first));
    let end = clock.now() + window;
    let full = shard.arrival(size - 1).unwrap_or(end);
    clock.until(full.min(end)).await;
    Some(shard.read(clock.now(), size, before))
}
