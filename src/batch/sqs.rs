//! SQS: standard queues, and FIFO queues with their message groups.
//!
//! See [Using Lambda with Amazon SQS](https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html).

use super::args::FromRecord;
use super::event::{BatchEvent, EventSchema, RawRecord, RecordId, SchemaField, SourceSchema, epoch_millis};
use super::full_batch::Identified;
use super::handle::{BatchPolicy, SourcePolicy, groups_by};
use super::kind::{Records, ReportsFailures, Source, records};
use super::options::OnFailure;
use super::payload::{DecodeError, Payload, ViaResult, decode_bytes, decode_read, has_error};
use super::response::Reporting;
use super::scheduler::{FailureScope, Groups};
use crate::builder::Builder;
use crate::function::parameters::AsyncFn;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lrt_core::__private::json::{decode_string, fields, find_field, find_text};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::time::SystemTime;

/// The default number of messages in flight; for a FIFO queue, of message groups.
const DEFAULT_CONCURRENCY: usize = 10;

/// The source of a function that handles SQS messages.
#[derive(Debug)]
pub struct Sqs(());

impl Source for Sqs {
    const NAME: &'static str = "sqs";
}

impl ReportsFailures for Sqs {}

/// Starts the builder of a function that handles SQS messages, one at a time or as a [`Batch`](crate::batch::Batch).
///
/// The response reports the failed messages, for which the event source mapping needs `ReportBatchItemFailures`
/// ([partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting)).
///
/// The function takes the message's body (any `Deserialize`, [`Text`](crate::payload::Text) or
/// [`Raw`](crate::payload::Raw)), a [`Message`] with that body, or a `Result<_, DecodeError>` of either; also a
/// [`Context`](crate::Context), and `&T`s of the value that [`init`](Builder::init) returns.
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
            SchemaField::At("receiptHandle", |spans| &mut spans.identity),
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
        "" => Err(record.decode_error("invalid message: missing field `body`")),
        json => decode_string(json).ok_or_else(|| record.decode_error("invalid message: `body` is not a string")),
    }
}

/// Returns one of a message's system attributes.
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
            groups: if fifo { groups_by(event, message_groups) } else { Groups::None },
            concurrency: concurrency.unwrap_or(DEFAULT_CONCURRENCY),
            failure_scope,
            reporting: Reporting::EachRecord,
            failure_consequence: "it comes back after its visibility timeout",
        }
    }
}

/// Returns true if the queue's name ends in `.fifo`. Message groups do not indicate a FIFO queue, since messages of
/// standard queues may have them too ([fair
/// queues](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html)).
fn is_fifo(event: &BatchEvent) -> bool {
    let records = event.entries.iter().filter_map(|entry| entry.spans.as_ref().ok());
    let mut arns = records.map(|spans| event.json(spans.arn)).filter(|arn| !arn.is_empty());
    arns.next().is_some_and(|arn| arn.ends_with(".fifo\""))
}

/// Returns the group of each message. Messages without one, which do not occur in FIFO queues, form a group.
fn message_groups(event: &BatchEvent) -> Vec<Box<str>> {
    let groups = event.entries.iter().map(|entry| {
        let attributes = entry.spans.as_ref().map_or("", |spans| event.json(spans.attributes));
        find_text(attributes, "MessageGroupId").unwrap_or_default().into()
    });
    groups.collect()
}

/// A parameter that is only the body.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Sqs, M> for P {
    fn from_record(record: &RawRecord) -> Result<P, DecodeError> {
        decode(record)
    }

    fn has_decode_error(self) -> bool {
        has_error(self)
    }
}

fn decode<P: Payload<M>, M>(record: &RawRecord) -> Result<P, DecodeError> {
    match &record.entry().replacement {
        None => decode_read(body(record), |body| P::decode_text(&body), record),
        Some(_) => decode_bytes(record),
    }
}

/// Marks a parameter that is a [`Message`].
#[derive(Debug)]
pub struct ViaMessage<M>(PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Sqs, ViaMessage<M>> for Message<P> {
    fn from_record(record: &RawRecord) -> Result<Message<P>, DecodeError> {
        let body = decode(record)?;
        let spans = record.spans()?;
        let mut message = Message {
            id: record.id(),
            body,
            receive_count: 1,
            sent_at: None,
            group_id: None,
            receipt_handle: record.text(spans.identity).unwrap_or_default().into_owned(),
            source_arn: record.text(spans.arn).unwrap_or_default().into_owned(),
            attributes: Attributes(record.clone()),
        };
        for (name, value) in fields(record.event.json(spans.attributes)) {
            let Some(value) = decode_string(value) else { continue };
            match &*name {
                "ApproximateReceiveCount" => message.receive_count = value.parse().unwrap_or(1),
                "SentTimestamp" => message.sent_at = epoch_millis(&value),
                "MessageGroupId" => message.group_id = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(message)
    }

    fn has_decode_error(self) -> bool {
        has_error(self.body)
    }
}

/// A parameter that passes a decode error to the handler.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Sqs, ViaResult<ViaMessage<M>>> for Result<Message<P>, DecodeError> {
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        Ok(Message::from_record(record).map_err(|error| error.with_record(record)))
    }

    fn has_decode_error(self) -> bool {
        self.map_or(true, Message::has_decode_error)
    }
}

/// An SQS message: its body and metadata.
///
/// See [the event](https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Message<T> {
    /// The message id.
    pub id: RecordId,
    /// The decoded body.
    pub body: T,
    /// Number of times the message was received, including this one; 1 if the event does not contain it.
    pub receive_count: u32,
    /// Time at which the message was sent.
    pub sent_at: Option<SystemTime>,
    /// The message group.
    pub group_id: Option<String>,
    /// The receipt handle, with which SQS's API deletes the message or changes its visibility; empty if the event does not
    /// have it.
    pub receipt_handle: String,
    /// The ARN of the queue; empty if the event does not have it.
    pub source_arn: String,
    /// All attributes, parsed on access.
    pub attributes: Attributes,
}

impl<T> Identified for Message<T> {
    fn record_id(&self) -> Option<&RecordId> {
        Some(&self.id)
    }
}

/// The attributes of a message: system attributes, and those that its sender set.
#[derive(Clone)]
pub struct Attributes(RawRecord);

impl Attributes {
    /// Returns a system attribute: `SenderId`, `MessageDeduplicationId`, `AWSTraceHeader`, ….
    pub fn system(&self, name: &str) -> Option<String> {
        attribute(&self.0, name).map(Cow::into_owned)
    }

    /// Returns an attribute that the sender set, as a string: strings and numbers unchanged, binary data as base64.
    pub fn get(&self, name: &str) -> Option<String> {
        let value = find_field(self.message_attributes(), name)?;
        find_text(value, "stringValue").or_else(|| find_text(value, "binaryValue")).map(Cow::into_owned)
    }

    /// Returns an iterator over all attributes that the sender set, with their types.
    ///
    /// ```
    /// use lrt::sqs::Message;
    /// use lrt::testing::events::{self, message};
    ///
    /// async fn process(message: Message<u64>) -> Result<(), lrt::Error> {
    ///     for attribute in message.attributes.iter() {
    ///         match attribute.name() {
    ///             "key" => assert_eq!((attribute.data_type(), attribute.bytes()), ("Binary", Some(vec![0, 255]))),
    ///             "price" => assert_eq!((attribute.data_type(), attribute.text().as_deref()), ("Number", Some("5"))),
    ///             name => return Err(lrt::Error::msg(name)),
    ///         }
    ///     }
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let event = events::sqs().message(message().json(&7).attribute("key", &[0, 255]).attribute("price", 5));
    /// assert!(lrt::sqs(process).harness().invoke(event).await.batch_failures().is_empty());
    /// # }
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = MessageAttribute<'_>> {
        fields(self.message_attributes()).map(|(name, json)| MessageAttribute {
            name,
            data_type: find_text(json, "dataType").unwrap_or_default(),
            json,
        })
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

/// An attribute that the sender of a message set
/// ([message metadata](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html)).
#[derive(Clone, Debug)]
pub struct MessageAttribute<'a> {
    name: Cow<'a, str>,
    data_type: Cow<'a, str>,
    json: &'a str,
}

impl<'a> MessageAttribute<'a> {
    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the type: `String`, `Number` or `Binary`, which may have a custom suffix, as in `Number.price`.
    pub fn data_type(&self) -> &str {
        &self.data_type
    }

    /// Returns the value of a string or a number; `None` if the attribute is binary.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        find_text(self.json, "stringValue")
    }

    /// Returns the value as bytes: those of a binary attribute, or the UTF-8 of a string or a number. `None` if the event
    /// contains neither, or malformed base64.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self.text() {
            Some(text) => Some(text.into_owned().into_bytes()),
            None => STANDARD.decode(&*find_text(self.json, "binaryValue")?).ok(),
        }
    }
}
