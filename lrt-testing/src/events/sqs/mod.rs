//! Messages of an SQS queue.

mod attribute;
mod message;

pub use attribute::MessageAttribute;
pub use message::{SqsMessage, message};

use super::source::{Source, value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use message::Place;
use serde::Serialize;
use serde_json::Value;

/// Messages of a standard queue, as Lambda hands them to a function
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event)).
///
/// ```
/// use lrt::testing::events;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Order { id: u64 }
///
/// async fn process(order: Order) -> Result<(), String> {
///     if order.id == 3 { Err("out of stock".to_owned()) } else { Ok(()) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let event = events::sqs().json(&Order { id: 1 }).text("not json").json(&Order { id: 3 });
/// let outcome = lrt::sqs(process).harness().invoke(event).await;
/// assert_eq!(outcome.batch_failures(), ["message-2", "message-3"]);
/// # }
/// ```
pub fn sqs() -> SqsEvent {
    SqsEvent { source: Source::of("sqs"), queue: "queue".to_owned(), fifo: false, group: None, messages: Vec::new() }
}

/// Messages of a FIFO queue: its ARN ends in `.fifo`, and each message has a group and a deduplication id
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#sample-fifo-queues-message-event)).
///
/// ```
/// use lrt::testing::events;
///
/// async fn process(n: u32) -> Result<(), String> {
///     if n == 1 { Err("no stock".to_owned()) } else { Ok(()) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let event = events::sqs_fifo().group("a").json(&1).json(&2).group("b").json(&3);
/// let outcome = lrt::sqs(process).harness().invoke(event).await;
/// // The second is behind the first in its group, and so was not started.
/// assert_eq!(outcome.batch_failures(), ["message-1", "message-2"]);
/// # }
/// ```
pub fn sqs_fifo() -> SqsEvent {
    SqsEvent { fifo: true, ..sqs() }
}

/// The event that [`sqs`] and [`sqs_fifo`] begin.
#[derive(Clone, Debug)]
#[must_use]
pub struct SqsEvent {
    source: Source,
    queue: String,
    fifo: bool,
    group: Option<String>,
    messages: Vec<Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    Message(SqsMessage),
    Raw(Value),
}

impl SqsEvent {
    /// A message whose body is this value as JSON.
    pub fn json(self, body: &impl Serialize) -> SqsEvent {
        self.message(message().json(body))
    }

    /// A message whose body is this text, be it JSON or not.
    pub fn text(self, body: impl Into<String>) -> SqsEvent {
        self.message(message().text(body))
    }

    /// A message in detail: [`message()`](message).
    pub fn message(mut self, message: SqsMessage) -> SqsEvent {
        self.messages.push(Entry::Message(message.or_group(self.group.as_deref())));
        self
    }

    /// A record that is written as it is, for those that SQS would never send.
    pub fn raw(mut self, record: Value) -> SqsEvent {
        self.messages.push(Entry::Raw(record));
        self
    }

    /// The message group of all messages that follow. Messages of a standard queue may have one, too
    /// ([fair queues](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html)).
    pub fn group(mut self, group: impl Into<String>) -> SqsEvent {
        self.group = Some(group.into());
        self
    }

    /// The queue's name. That of a FIFO queue gets its `.fifo` if it lacks it.
    pub fn queue(mut self, name: impl Into<String>) -> SqsEvent {
        self.queue = name.into();
        self
    }

    /// The queue's region; `us-east-1` unless set.
    pub fn region(mut self, region: impl Into<String>) -> SqsEvent {
        self.source.set_region(region.into());
        self
    }

    /// The account of the queue; `123456789012` unless set.
    pub fn account(mut self, account: impl Into<String>) -> SqsEvent {
        self.source.set_account(account.into());
        self
    }

    /// The queue's ARN, in place of what name, region and account make. A FIFO queue is told by its `.fifo`.
    pub fn arn(mut self, arn: impl Into<String>) -> SqsEvent {
        self.source.set_arn(arn.into());
        self
    }

    /// The event as JSON.
    ///
    /// # Panics
    ///
    /// When a body cannot be written as JSON.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }

    fn queue_arn(&self) -> String {
        let suffix = if self.fifo && !self.queue.ends_with(".fifo") { ".fifo" } else { "" };
        self.source.arn(&format!("{}{suffix}", self.queue))
    }
}

impl IntoEvent for SqsEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        let (arn, region) = (self.queue_arn(), self.source.region());
        let mut records = Vec::with_capacity(self.messages.len());
        for (at, entry) in self.messages.iter().enumerate() {
            let place = Place { number: at + 1, fifo: self.fifo, arn: &arn, region };
            records.push(match entry {
                Entry::Message(message) => Record::Message(message.wire(&place)?),
                Entry::Raw(record) => Record::Raw(record),
            });
        }
        write(&Wire { records }).map(Bytes::from)
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    #[serde(rename = "Records")]
    records: Vec<Record<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Record<'a> {
    Message(message::Wire<'a>),
    Raw(&'a Value),
}
