//! An event source mapping between a queue and a function.

mod state;

use super::answer::Answer;
use super::clock::Clock;
use super::input::{Inputs, event};
use super::report::SimulationReport;
use super::{MAX_INVOCATIONS, MAX_WINDOW};
use crate::{Harness, IntoEvent};
use state::{QueueState, Rules};
use std::time::Duration;

/// The longest visibility timeout that SQS knows.
const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 60 * 60);

/// The largest batch of a FIFO queue, and of a standard queue without a batching window.
const MAX_BATCH: usize = 10;

/// The largest batch of a standard queue with a batching window.
const MAX_GATHERED_BATCH: usize = 10_000;

/// Plays SQS and its event source mapping against a function. The messages say whether the queue is a FIFO queue.
///
/// | rule | of |
/// |---|---|
/// | a message that was received is invisible for the visibility timeout, counted from then; what was not deleted is received again | [visibility timeout](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html) |
/// | a function error deletes nothing; without one, all is deleted but what is reported | [partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting) |
/// | an answer after the visibility timeout deletes nothing: another poller has received the message | [DeleteMessage](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html) |
/// | a message that was received `maxReceiveCount` times goes to the dead-letter queue instead of being received again | [dead-letter queues](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html) |
/// | of a FIFO queue's message group nothing is received while an earlier message is invisible; one that is deleted or dead-lettered frees it | [FIFO delivery](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html) |
/// | the function is called once a batch is full or the batching window is over | [batching](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html) |
///
/// One batch is in flight at a time. A batch's size in bytes, the queue's retention period and the slower polling after
/// errors are not played.
#[derive(Debug)]
#[must_use = "nothing is delivered before `.run().await`"]
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

    /// Messages that are in the queue from the start: [`events::sqs`](crate::events::sqs),
    /// [`sqs_fifo`](crate::events::sqs_fifo), or any other event of SQS.
    ///
    /// # Panics
    ///
    /// When this is no such event, or two messages have the same id.
    #[track_caller]
    pub fn messages(self, event: impl IntoEvent) -> SqsSimulation<F> {
        self.messages_at(Duration::ZERO, event)
    }

    /// Messages that are sent so long after the start.
    ///
    /// # Panics
    ///
    /// As [`messages`](SqsSimulation::messages).
    #[track_caller]
    pub fn messages_at(mut self, time: Duration, event: impl IntoEvent) -> SqsSimulation<F> {
        self.messages.add(event, time);
        self
    }

    /// The queue's visibility timeout; 30 seconds unless set, as SQS has it.
    pub fn visibility(mut self, timeout: Duration) -> SqsSimulation<F> {
        self.visibility = timeout;
        self
    }

    /// With a dead-letter queue, where a message goes that was received so often. Unless set there is none, and a message
    /// that never succeeds comes back for ever.
    pub fn max_receive(mut self, times: u32) -> SqsSimulation<F> {
        self.max_receive = Some(times);
        self
    }

    /// How many messages the function gets at once; 10 unless set.
    pub fn batch_size(mut self, messages: usize) -> SqsSimulation<F> {
        self.batch_size = messages;
        self
    }

    /// How long the mapping gathers messages for a batch that is not full; not at all unless set.
    pub fn batching_window(mut self, window: Duration) -> SqsSimulation<F> {
        self.window = window;
        self
    }

    /// The mapping without `ReportBatchItemFailures`: it deletes what the function reports as failed.
    /// [`RecordOutcome::Lost`](super::RecordOutcome::Lost) tells which.
    pub fn without_report_batch_item_failures(mut self) -> SqsSimulation<F> {
        self.reports = false;
        self
    }

    /// Delivers the messages until each is deleted or dead-lettered, or the function was called
    /// [`MAX_INVOCATIONS`] times.
    ///
    /// # Panics
    ///
    /// When tokio's clock is not paused, or AWS would not take the settings.
    pub async fn run(self) -> SimulationReport {
        let clock = Clock::start();
        let fifo = self.messages.text("eventSourceARN").is_some_and(|arn| arn.ends_with(".fifo"));
        self.check(fifo);
        let rules = Rules { fifo, visibility: self.visibility, max_receive: self.max_receive };
        let mut queue = QueueState::new(rules, self.messages.into_vec());
        let mut invocations = 0;
        while invocations < MAX_INVOCATIONS {
            let Some(batch) = gather(&mut queue, &clock, self.batch_size, self.window).await else { break };
            invocations += 1;
            queue.delivered(&batch, clock.now());
            let outcome = self.harness.invoke(event(queue.wires(&batch))).await;
            let answer = Answer::of(&outcome, &queue.ids(&batch));
            queue.answered(&batch, &answer, self.reports, clock.now());
        }
        SimulationReport::new(queue.into_lives(), invocations)
    }

    fn check(&self, fifo: bool) {
        assert!(
            !self.visibility.is_zero() && self.visibility <= MAX_VISIBILITY,
            "a function cannot work with a visibility timeout of {:?}: SQS has up to 12 hours",
            self.visibility
        );
        assert!(self.max_receive != Some(0), "a message is received once at least before it is dead-lettered");
        assert!(self.window <= MAX_WINDOW, "a batching window has up to 5 minutes, not {:?}", self.window);
        assert!(
            self.window < self.visibility,
            "with a batching window of {:?} each message is visible again before the function is called: the visibility \
             timeout has to be longer, and AWS has six times the function's timeout more",
            self.window
        );
        assert!(!fifo || self.window.is_zero(), "a FIFO queue has no batching window");
        let gathers = self.window >= Duration::from_secs(1);
        let largest = if gathers { MAX_GATHERED_BATCH } else { MAX_BATCH };
        assert!(
            (1..=largest).contains(&self.batch_size),
            "a batch has 1 to {MAX_BATCH} messages, or up to {MAX_GATHERED_BATCH} of a standard queue with a batching \
             window of a second or more; not {}",
            self.batch_size
        );
    }
}

/// Receives until the batch is full or the window over, as soon as there is something to receive.
async fn gather(queue: &mut QueueState, clock: &Clock, size: usize, window: Duration) -> Option<Vec<usize>> {
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
