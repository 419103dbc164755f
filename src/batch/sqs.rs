//! SQS: standard queues, and FIFO queues with their message groups.
//!
//! See [Using Lambda with Amazon SQS](https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).

use super::args::FromRecord;
use super::event::{BatchEvent, EventSchema, RawRecord, RecordId, SchemaField, SourceSchema};
use super::full_batch::Identified;
use super::json::{fields, find_field, find_text, text};
use super::kind::{BatchPolicy, Records, Source, SourcePolicy, records};
use super::options::OnFailure;
use super::payload::{DecodeError, Payload, of_record};
use super::scheduler::{FailureScope, Groups};
use crate::builder::Builder;
use crate::function::args::AsyncFn;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Messages that are in flight at once unless the author says otherwise; of a FIFO queue, message groups.
const CONCURRENCY: usize = 10;

/// The source of a function that handles SQS messages.
#[derive(Debug)]
pub struct Sqs(());

impl Source for Sqs {
    const NAME: &'static str = "sqs";
}

/// Starts the builder of a function that handles SQS messages, one at a time or a [`Batch`](crate::batch::Batch) at
/// once. The answer is the partial batch failure, for which the event source mapping has to have
/// `ReportBatchItemFailures`.
///
/// It takes the message's body (any `Deserialize`, [`Text`](crate::payload::Text) or [`Raw`](crate::payload::Raw)), or a
/// [`Message`] with that body, a `Result<_, DecodeError>` of either, [`Context`](crate::Context), and `&T`s of what
/// [`init`](Builder::init) returns.
///
/// ```no_run
/// # #[derive(serde::Deserialize)] struct Order;
/// async fn process(order: Order) -> Result<(), lrt::Error> {
///     Ok(())
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::sqs(process).concurrency(8).run()
/// }
/// ```
pub fn sqs<F: AsyncFn<A>, A>(function: F) -> Builder<Records<Sqs>, F, A> {
    records(function)
}

impl SourceSchema for Sqs {
    const SCHEMA: &'static EventSchema = &EventSchema {
        service: "aws:sqs",
        id: "messageId",
        fields: &[
            SchemaField::At("messageId", |spans| &mut spans.id),
            SchemaField::At("body", |spans| &mut spans.payload),
            SchemaField::At("attributes", |spans| &mut spans.attributes),
            SchemaField::At("messageAttributes", |spans| &mut spans.message_attributes),
            SchemaField::At("eventSource", |spans| &mut spans.source),
            SchemaField::At("EventSource", |spans| &mut spans.source),
            SchemaField::At("eventSourceARN", |spans| &mut spans.arn),
        ],
        bytes,
        receive_count,
        ..EventSchema::LIST
    };
}

fn bytes(record: &RawRecord) -> Result<Cow<'_, [u8]>, DecodeError> {
    body(record).map(|body| match body {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    })
}

fn receive_count(record: &RawRecord) -> Option<u32> {
    attribute(record, "ApproximateReceiveCount")?.parse().ok()
}

fn body(record: &RawRecord) -> Result<Cow<'_, str>, DecodeError> {
    match record.event.json(record.spans()?.payload) {
        "" => Err(record.decode_error("the message has no `body`")),
        json => text(json).ok_or_else(|| record.decode_error("the message's `body` is no string")),
    }
}

/// One of a message's system attributes.
fn attribute<'a>(record: &'a RawRecord, name: &str) -> Option<Cow<'a, str>> {
    let attributes = record.event.json(record.spans().ok()?.attributes);
    find_text(attributes, name)
}

impl SourcePolicy for Sqs {
    fn policy(event: &BatchEvent, concurrency: Option<usize>, on_failure: Option<OnFailure>) -> BatchPolicy {
        let fifo = is_fifo(event);
        let failure_scope = match on_failure {
            Some(OnFailure::Continue) => FailureScope::Record,
            Some(OnFailure::Stop) if !fifo => FailureScope::Tail,
            None if !fifo => FailureScope::Record,
            _ => FailureScope::Group,
        };
        BatchPolicy {
            groups: if fifo { Groups::Keys(message_groups(event)) } else { Groups::None },
            concurrency: concurrency.unwrap_or(CONCURRENCY),
            failure_scope,
            checkpoint: false,
            failure_consequence: "it comes back after the visibility timeout",
        }
    }
}

/// The name of a FIFO queue ends in `.fifo`. Nothing else tells: messages of standard queues may have groups, too
/// ([fair queues](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html)).
fn is_fifo(event: &BatchEvent) -> bool {
    let arns = event.entries.iter().filter_map(|entry| entry.spans.as_ref().ok());
    let mut arns = arns.map(|spans| event.json(spans.arn)).filter(|arn| !arn.is_empty());
    arns.next().is_some_and(|arn| arn.ends_with(".fifo\""))
}

/// The group of each message. Messages without one (which no FIFO queue has) keep their order among themselves.
fn message_groups(event: &BatchEvent) -> Vec<Box<str>> {
    let groups = event.entries.iter().map(|entry| {
        let attributes = entry.spans.as_ref().map_or("", |spans| event.json(spans.attributes));
        find_text(attributes, "MessageGroupId").unwrap_or_default().into()
    });
    groups.collect()
}

/// The body alone is taken.
impl<P: Payload<M>, M> FromRecord<Sqs, M> for P {
    fn from_record(record: &RawRecord) -> Result<P, DecodeError> {
        of_record(P::decode_text(&body(record)?), record)
    }
}

/// The message is taken with its envelope.
#[derive(Debug)]
pub struct ViaMessage<M>(PhantomData<M>);

impl<P: Payload<M>, M> FromRecord<Sqs, ViaMessage<M>> for Message<P> {
    fn from_record(record: &RawRecord) -> Result<Message<P>, DecodeError> {
        let body = of_record(P::decode_text(&body(record)?), record)?;
        let spans = record.spans()?;
        let mut message = Message {
            id: record.id(),
            body,
            receive_count: 1,
            sent_at: None,
            group_id: None,
            source_arn: text(record.event.json(spans.arn)).unwrap_or_default().into_owned(),
            attributes: Attributes(record.clone()),
        };
        for (name, value) in fields(record.event.json(spans.attributes)) {
            let Some(value) = text(value) else { continue };
            match &*name {
                "ApproximateReceiveCount" => message.receive_count = value.parse().unwrap_or(1),
                "SentTimestamp" => message.sent_at = value.parse().ok().and_then(epoch_ms),
                "MessageGroupId" => message.group_id = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(message)
    }
}

/// A message whose body does not decode is for the handler to see.
impl<P: Payload<M>, M> FromRecord<Sqs, super::payload::ViaResult<ViaMessage<M>>> for Result<Message<P>, DecodeError> {
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        Ok(Message::from_record(record).map_err(|error| error.of(record)))
    }
}

fn epoch_ms(ms: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(ms))
}

/// An SQS message with its envelope.
///
/// See [the event](https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Message<T> {
    /// The message's id.
    pub id: RecordId,
    /// The body, decoded.
    pub body: T,
    /// How often the message was received, this time included; 1 where SQS does not say.
    pub receive_count: u32,
    /// When it was sent.
    pub sent_at: Option<SystemTime>,
    /// Its message group.
    pub group_id: Option<String>,
    /// The queue's ARN; empty where SQS does not say.
    pub source_arn: String,
    /// All attributes, parsed when they are asked for.
    pub attributes: Attributes,
}

impl<T> Identified for Message<T> {
    fn record_id(&self) -> Option<&RecordId> {
        Some(&self.id)
    }
}

/// The attributes of a message: those that SQS gave it, and those that its sender did.
#[derive(Clone)]
pub struct Attributes(RawRecord);

impl Attributes {
    /// A system attribute: `SenderId`, `MessageDeduplicationId`, `AWSTraceHeader`, ….
    pub fn system(&self, name: &str) -> Option<String> {
        attribute(&self.0, name).map(Cow::into_owned)
    }

    /// The sender's attribute of this name, as text: of a string or a number; of binary data, the base64.
    pub fn get(&self, name: &str) -> Option<String> {
        let value = find_field(self.message_attributes(), name)?;
        find_text(value, "stringValue").or_else(|| find_text(value, "binaryValue")).map(Cow::into_owned)
    }

    fn message_attributes(&self) -> &str {
        self.0.spans().map_or("", |spans| self.0.event.json(spans.message_attributes))
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let system = self.0.spans().map_or("", |spans| self.0.event.json(spans.attributes));
        f.debug_struct("Attributes").field("system", &system).field("message", &self.message_attributes()).finish()
    }
}
