//! The envelope of SNS.

use super::fields::EnvelopeFields;
use crate::batch::payload::{DecodeError, Payload, utf8};
use lrt_core::__private::json::{JsonCursor, find_field, find_text};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// A notification of an SNS topic, with its message decoded like any other payload.
///
/// In an SQS function it is the body of a message that a topic sent to the queue. With raw message delivery there is no
/// envelope: the body is the published message, so take `T`. In a JSON function it is the only record of the event that SNS
/// sends to a subscribed function.
///
/// ```
/// use lrt::payload::Sns;
/// use lrt::testing::events;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Order { id: u64 }
///
/// async fn process(order: Sns<Order>) -> Result<(), String> {
///     if order.message.id == 7 { Ok(()) } else { Err(format!("from {}", order.topic_arn)) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let event = events::sqs().json(&events::sns().json(&Order { id: 7 })).text("not json");
/// assert_eq!(lrt::sqs(process).harness().invoke(event).await.batch_failures(), ["message-2"]);
/// # }
/// ```
///
/// See [its JSON](https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html#http-notification-json).
/// `Message` is required; other strings are empty if they are missing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sns<T> {
    /// The id of the notification, which is the same for all subscribers and in each delivery.
    pub message_id: String,
    /// The ARN of the topic.
    pub topic_arn: String,
    /// The subject, if the publisher set one.
    pub subject: Option<String>,
    /// The decoded message.
    pub message: T,
    /// The time of publication, as a string: `"2026-01-01T00:00:00.000Z"`.
    pub timestamp: String,
    /// The sequence number in a FIFO topic.
    pub sequence_number: Option<String>,
    /// The attributes that the publisher set.
    pub message_attributes: BTreeMap<String, SnsAttribute>,
}

/// An attribute that the publisher of an SNS notification set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SnsAttribute {
    /// `String`, `String.Array`, `Number` or `Binary`.
    #[serde(rename = "Type")]
    pub data_type: String,
    /// The value as a string; binary data is base64.
    #[serde(rename = "Value")]
    pub value: String,
}

/// Marks a payload that is an SNS notification. The marker `M` selects the decoding of its message.
#[derive(Debug)]
pub struct ViaSns<M>(PhantomData<M>);

const RAW_DELIVERY: &str = "messages with raw delivery have no envelope: take `T` instead of `Sns<T>`";

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<ViaSns<M>> for Sns<P> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_text(utf8(bytes)?)
    }

    fn decode_text(envelope: &str) -> Result<Self, DecodeError> {
        let fields = EnvelopeFields::read(envelope, "invalid SNS notification: ", Some(RAW_DELIVERY))?;
        // To confirm a subscription of a queue in another account, SNS sends a message to that queue.
        match fields.optional::<Option<String>>("Type")?.as_deref() {
            None | Some("Notification") => {}
            Some(other) => {
                // Any other text may be a secret.
                let known = ["SubscriptionConfirmation", "UnsubscribeConfirmation"].contains(&other);
                let other = if known { other } else { "another type" };
                return Err(DecodeError::new(format_args!(
                    "expected an SNS message of type `Notification`, got `{other}`"
                )));
            }
        }
        let in_message = |error: DecodeError| error.in_text("Message");
        Ok(Sns {
            message_id: fields.optional("MessageId")?,
            topic_arn: fields.optional("TopicArn")?,
            subject: fields.optional("Subject")?,
            timestamp: fields.optional("Timestamp")?,
            sequence_number: fields.optional("SequenceNumber")?,
            message_attributes: fields.optional("MessageAttributes")?,
            message: P::decode_text(&fields.text("Message")?).map_err(in_message)?.map_error(&in_message),
        })
    }

    fn map_error(mut self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self.message = self.message.map_error(change);
        self
    }

    /// Decodes the event that SNS sends to a function
    /// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html#sns-sample-event)).
    fn decode_event(event: &[u8]) -> Result<Self, DecodeError> {
        let event = EnvelopeFields::read(utf8(event)?, "invalid SNS event: ", None)?;
        let records = event.elements("Records")?;
        // The function is called once, so it can only handle one record.
        let [record] = records[..] else {
            return Err(DecodeError::new(format_args!("expected an SNS event with one record, got {}", records.len())));
        };
        event.in_value("Records[0]", record, decode_record(record))
    }

    fn content(envelope: &[u8]) -> Cow<'_, [u8]> {
        let message = std::str::from_utf8(envelope).ok().and_then(|envelope| find_text(envelope, "Message"));
        match message {
            Some(Cow::Borrowed(message)) => P::content(message.as_bytes()),
            Some(Cow::Owned(message)) => Cow::Owned(P::content(message.as_bytes()).into_owned()),
            None => Cow::Borrowed(envelope),
        }
    }

    fn content_of_event(event: &[u8]) -> Cow<'_, [u8]> {
        let envelope = std::str::from_utf8(event).ok().and_then(|event| {
            let mut records = JsonCursor::new(find_field(event, "Records")?);
            let mut rest = records.enter(b'[')?;
            records.next(&mut rest).ok().filter(|has_record| *has_record)?;
            find_field(records.skip().ok()?, "Sns")
        });
        envelope.map_or(Cow::Borrowed(event), |envelope| Self::content(envelope.as_bytes()))
    }
}

/// A Kafka tombstone is `None`.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<ViaSns<M>> for Option<Sns<P>> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Sns::decode(bytes).map(Some)
    }

    fn decode_text(envelope: &str) -> Result<Self, DecodeError> {
        Sns::decode_text(envelope).map(Some)
    }

    fn absent() -> Result<Self, DecodeError> {
        Ok(None)
    }

    fn map_error(self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self.map(|notification| notification.map_error(change))
    }

    fn content(envelope: &[u8]) -> Cow<'_, [u8]> {
        Sns::<P>::content(envelope)
    }
}

fn decode_record<P: Payload<M>, M>(record: &str) -> Result<Sns<P>, DecodeError> {
    EnvelopeFields::read(record, "invalid SNS event: ", None)?.payload("Sns", Sns::decode_text)
}
