//! Simulation of a queue and its event source mapping.

mod state;

use super::batch_response::BatchResponse;
use super::clock::Clock;
use super::input::{Inputs, event};
use super::report::SimulationReport;
use super::{MAX_INVOCATIONS, MAX_WINDOW};
use crate::{Harness, IntoEvent};
use state::{QueueState, Rules};
use std::time::Duration;

/// The maximum visibility timeout of SQS.
const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 60 * 60);

/// The maximum batch size of a FIFO queue, and of a standard queue without a batching window.
const MAX_BATCH: usize = 10;

/// The maximum batch size of a standard queue with a batching window.
const MAX_BATCH_WITH_WINDOW: usize = 10_000;

/// Simulates an SQS queue and its event source mapping. It is a FIFO queue if the ARN of its messages ends with `.fifo`.
///
/// | Rule | Source |
/// |---|---|
/// | A received message is invisible for the visibility timeout. If it is not deleted by then, it is received again. | [visibility timeout](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html) |
/// | After a function error, no message is deleted. Otherwise, all messages are deleted except the reported ones. | [partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting) |
/// | A message that failed with [`Error::retry_after`](lrt_core::Error::retry_after) becomes visible after that delay, as with the record layer `VisibilityBackoff` of the crate lrt-aws. | [ChangeMessageVisibility](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html) |
/// | A response after the visibility timeout deletes nothing, because another poller has received the message. | [DeleteMessage](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html) |
/// | A message that was received `maxReceiveCount` times is moved to the dead-letter queue instead of being received again. | [dead-letter queues](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html) |
/// | No message of a FIFO queue's message group is received while an earlier one is invisible, until that one is deleted or dead-lettered. | [FIFO delivery](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html) |
/// | The function is invoked when a batch is full or the batching window ends. | [batching](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html) |
///
/// One batch is in flight at a time. The size of a batch in bytes, the retention period of the queue, and the slower polling after
/// errors are not simulated.
#[derive(Debug)]
#[must_use = "a simulation does nothing before `.run().await`"]
pub struct SqsSimulation<F> {
    harness: Harness<F>,
    messages: Inputs,
    visibility: Duration,
    max_receive: Option<u32>,
    batch_size: usize,
    window: Duration,
    reports: bool,
}

impl<F> SqsSimulation<F> {
    pub(super) fn new(harness: Harness<F>) -> SqsSimulation<F> {
        SqsSimulation {
            harness,
            messages: Inputs::identified_by("/messageId"),
            visibility: Duration::from_secs(30),
            max_receive: None,
            batch_size: MAX_BATCH,
            window: Duration::ZERO,
            reports: true,
        }
    }

    /// Adds messages that are in the queue from the start: [`events::sqs`](crate::events::sqs),
    /// [`sqs_fifo`](crate::events::sqs_fifo), or any other SQS event.
    ///
    /// # Panics
    ///
    /// Panics if this is not an SQS event, or if two messages have the same id.
    #[track_caller]
    pub fn messages(self, event: impl IntoEvent) -> SqsSimulation<F> {
        self.messages_at(Duration::ZERO, event)
    }

    /// Adds messages that are sent at this time after the start.
    ///
    /// # Panics
    ///
    /// Panics in the same cases as [`messages`](SqsSimulation::messages).
    #[track_caller]
    pub fn messages_at(mut self, time: Duration, event: impl IntoEvent) -> SqsSimulation<F> {
        self.messages.add(event, time);
        self
    }

    /// Sets the visibility timeout of the queue. The default is 30 seconds, as in SQS.
    pub fn visibility(mut self, timeout: Duration) -> SqsSimulation<F> {
        self.visibility = timeout;
        self
    }

    /// Adds a dead-letter queue for messages that were received this many times. By default, a message that never
    /// succeeds is received an unlimited number of times.
    pub fn max_receive(mut self, times: u32) -> SqsSimulation<F> {
        self.max_receive = Some(times);
        self
    }

    /// Sets the maximum number of messages per batch. The default is 10.
    pub fn batch_size(mut self, messages: usize) -> SqsSimulation<F> {
        self.batch_size = messages;
        self
    }

    /// Sets the time for which the event source mapping waits for a batch to fill up. The default is 0.
    pub fn batching_window(mut self, window: Duration) -> SqsSimulation<F> {
        self.window = window;
        self
    }

    /// Disables `ReportBatchItemFailures`: the mapping deletes messages that the function reports as failed. Their outcome is
    /// [`RecordOutcome::Lost`](super::RecordOutcome::Lost).
    pub fn without_report_batch_item_failures(mut self) -> SqsSimulation<F> {
        self.reports = false;
        self
    }

    /// Delivers the messages until each is deleted or dead-lettered, or the function was invoked [`MAX_INVOCATIONS`] times.
    ///
    /// # Panics
    ///
    /// Panics if tokio's clock is not paused, or AWS would reject the settings.
    pub async fn run(self) -> SimulationReport {
        let mut clock = Clock::start();
        let fifo = self.messages.text("eventSourceARN").is_some_and(|arn| arn.ends_with(".fifo"));
        self.check(fifo);
        let rules = Rules { fifo, visibility: self.visibility, max_receive: self.max_receive };
        let mut queue = QueueState::new(rules, self.messages.into_vec());
        let mut invocations = 0;
        while invocations < MAX_INVOCATIONS {
            let Some(batch) = gather(&mut queue, &mut clock, self.batch_size, self.window).await else { break };
            invocations += 1;
            queue.delivered(&batch, clock.now());
            let outcome = clock.deliver(self.harness.invoke(event(queue.events(&batch)))).await;
            let response = BatchResponse::of(&outcome, &queue.ids(&batch));
            queue.answered(&batch, &response, self.reports, clock.now());
            queue.delay(&batch, |message| outcome.retry_delay(message), clock.now());
        }
        SimulationReport::new(queue.into_records(), invocations)
    }

    fn check(&self, fifo: bool) {
        assert!(
            !self.visibility.is_zero() && self.visibility <= MAX_VISIBILITY,
            "invalid visibility timeout {:?} (expected more than 0 and at most 12 hours)",
            self.visibility
        );
        assert!(self.max_receive != Some(0), "invalid maximum receive count 0 (expected at least 1)");
        assert!(self.window <= MAX_WINDOW, "invalid batching window {:?} (expected at most 5 minutes)", self.window);
        assert!(
            self.window < self.visibility,
            "invalid batching window {:?}: messages would be visible again before the function is invoked (expected less than \
            the visibility timeout)",
            self.window
        );
        assert!(!fifo || self.window.is_zero(), "FIFO queues do not support a batching window");
        let has_window = self.window >= Duration::from_secs(1);
        let max_batch = if has_window { MAX_BATCH_WITH_WINDOW } else { MAX_BATCH };
        assert!(
            (1..=max_batch).contains(&self.batch_size),
            "invalid batch size {} (expected 1 to {MAX_BATCH}, or up to {MAX_BATCH_WITH_WINDOW} for a standard queue with a batching \
            window of at least 1 second)",
            self.batch_size
        );
    }
}

/// Waits for the first message, then receives until the batch is full or the batching window ends.
async fn gather(queue: &mut QueueState, clock: &mut Clock, size: usize, window: Duration) -> Option<Vec<usize>> {
    let mut batch = Vec::new();
    while batch.is_empty() {
        clock.until(queue.next()?).await;
        batch = queue.receive(clock.now(), size);
    }
    let end = clock.now() + window;
    while batch.len() < size && clock.now() < end {
        clock.until(queue.next().map_or(end, |next| next.min(end))).await;
        batch.extend(queue.receive(clock.now(), size - batch.len()));
    }
    Some(batch)
}
