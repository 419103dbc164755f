//! The envelope of SNS.

use super::fields::EnvelopeFields;
use super::text;
use crate::batch::payload::{DecodeError, Payload};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// A notification of an SNS topic, with its message decoded as any payload is.
///
/// In a function of SQS messages it is the body of what a topic sent to the queue. A subscription with raw message
/// delivery has no envelope: the body is the message, so take `T`. In a function of JSON it is the one record of the event
/// with which SNS calls a subscribed function.
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
/// What is missing of the texts is empty; `Message` has to be there.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sns<T> {
    /// The notification's id, which is the same for all subscribers and in each delivery.
    pub message_id: String,
    /// The topic's ARN.
    pub topic_arn: String,
    /// The subject, if its sender gave one.
    pub subject: Option<String>,
    /// What was published.
    pub message: T,
    /// When it was published, as it stands there: `"2026-01-01T00:00:00.000Z"`.
    pub timestamp: String,
    /// Its number in a FIFO topic.
    pub sequence_number: Option<String>,
    /// What its sender said of it, beside the message.
    pub message_attributes: BTreeMap<String, SnsAttribute>,
}

/// What the sender of an SNS notification said of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SnsAttribute {
    /// `String`, `String.Array`, `Number` or `Binary`.
    #[serde(rename = "Type")]
    pub data_type: String,
    /// The value as text; of binary data, the base64.
    #[serde(rename = "Value")]
    pub value: String,
}

/// The payload is an SNS notification; `M` says how its message is decoded.
#[derive(Debug)]
pub struct ViaSns<M>(PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<ViaSns<M>> for Sns<P> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_text(text(bytes)?)
    }

    fn decode_text(envelope: &str) -> Result<Self, DecodeError> {
        let fields = EnvelopeFields::read(envelope, "no SNS envelope (with raw message delivery there is none): ")?;
        // SNS asks the owner of a queue in another account to confirm the subscription by a message to that queue.
        let kind: Option<String> = fields.optional("Type")?;
        if let Some(other) = kind.filter(|name| name != "Notification") {
            return Err(DecodeError::new(format_args!("an SNS message of the type `{other}`, not a `Notification`")));
        }
        let inside = |error: DecodeError| error.in_text("Message");
        Ok(Sns {
            message_id: fields.optional("MessageId")?,
            topic_arn: fields.optional("TopicArn")?,
            subject: fields.optional("Subject")?,
            timestamp: fields.optional("Timestamp")?,
            sequence_number: fields.optional("SequenceNumber")?,
            message_attributes: fields.optional("MessageAttributes")?,
            message: P::decode_text(&fields.text("Message")?).map_err(inside)?.map_error(&inside),
        })
    }

    fn map_error(mut self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self.message = self.message.map_error(change);
        self
    }
}

/// A tombstone of Kafka's has no envelope either.
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
}

/// Decodes the event with which SNS calls a function
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html#sns-sample-event)).
pub(super) fn decode_event<P: Payload<M>, M>(bytes: &[u8]) -> Result<Sns<P>, DecodeError> {
    let event = EnvelopeFields::read(text(bytes)?, "no SNS event: ")?;
    let records = event.elements("Records")?;
    // The function is called once, and so can answer for one record only.
    let [record] = records[..] else {
        return Err(DecodeError::new(format_args!("an SNS event has one record, and this one has {}", records.len())));
    };
    event.inside("Records[0]", record, decode_record(record))
}

fn decode_record<P: Payload<M>, M>(record: &str) -> Result<Sns<P>, DecodeError> {
    EnvelopeFields::read(record, "no SNS event: ")?.payload("Sns")
}
