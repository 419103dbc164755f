//! Events of SQS queues.

mod attribute;
mod message;

pub use attribute::MessageAttribute;
pub use message::{SqsMessage, message};

use super::source::{Source, value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use message::{MessageJson, MessagePosition};
use serde::Serialize;
use serde_json::Value;

/// Starts an event with messages of a standard queue
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

/// Starts an event with messages of a FIFO queue: its ARN ends with `.fifo`, and each message has a group and a deduplication id
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
/// // The second message follows a failed one of its group, so it was not started.
/// assert_eq!(outcome.batch_failures(), ["message-1", "message-2"]);
/// # }
/// ```
pub fn sqs_fifo() -> SqsEvent {
    SqsEvent { fifo: true, ..sqs() }
}

/// Builder of an SQS event, created by [`sqs`] and [`sqs_fifo`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SqsEvent {
    source: Source,
    queue: String,
    fifo: bool,
    group: Option<String>,
    messages: Vec<SqsEntry>,
}

#[derive(Clone, Debug)]
enum SqsEntry {
    Message(SqsMessage),
    Raw(Value),
}

impl SqsEvent {
    /// Adds a message whose body is this value as JSON.
    pub fn json(self, body: &impl Serialize) -> SqsEvent {
        self.message(message().json(body))
    }

    /// Adds a message whose body is this text, which may be invalid JSON.
    pub fn text(self, body: impl Into<String>) -> SqsEvent {
        self.message(message().text(body))
    }

    /// Adds a message built with [`message()`](message).
    pub fn message(mut self, message: SqsMessage) -> SqsEvent {
        self.messages.push(SqsEntry::Message(message.or_group(self.group.as_deref())));
        self
    }

    /// Adds raw JSON as a record, for records that SQS would never send.
    pub fn raw(mut self, record: Value) -> SqsEvent {
        self.messages.push(SqsEntry::Raw(record));
        self
    }

    /// Sets the message group of all following messages. Messages of standard queues may have one as well
    /// ([fair queues](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html)).
    pub fn group(mut self, group: impl Into<String>) -> SqsEvent {
        self.group = Some(group.into());
        self
    }

    /// Sets the queue's name. The suffix `.fifo` of FIFO queues is added if it is missing.
    pub fn queue(mut self, name: impl Into<String>) -> SqsEvent {
        self.queue = name.into();
        self
    }

    /// Sets the queue's region. The default is `us-east-1`.
    pub fn region(mut self, region: impl Into<String>) -> SqsEvent {
        self.source.set_region(region.into());
        self
    }

    /// Sets the queue's account. The default is `123456789012`.
    pub fn account(mut self, account: impl Into<String>) -> SqsEvent {
        self.source.set_account(account.into());
        self
    }

    /// Sets the queue's ARN, which replaces name, region and account. The ARN of a FIFO queue ends with `.fifo`.
    pub fn arn(mut self, arn: impl Into<String>) -> SqsEvent {
        self.source.set_arn(arn.into());
        self
    }

    /// Returns the event as JSON.
    ///
    /// # Panics
    ///
    /// Panics if a body cannot be serialized as JSON.
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
            let position = MessagePosition { number: at + 1, fifo: self.fifo, arn: &arn, region };
            records.push(match entry {
                SqsEntry::Message(message) => SqsRecordJson::Message(message.to_json(&position)?),
                SqsEntry::Raw(record) => SqsRecordJson::Raw(record),
            });
        }
        write(&SqsJson { records }).map(Bytes::from)
    }
}

#[derive(Serialize)]
struct SqsJson<'a> {
    #[serde(rename = "Records")]
    records: Vec<SqsRecordJson<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum SqsRecordJson<'a> {
    Message(MessageJson<'a>),
    Raw(&'a Value),
}
