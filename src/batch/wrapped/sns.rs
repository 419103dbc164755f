//! The envelope of SNS.

use super::{before, text};
use crate::batch::payload::{DecodeError, Payload, json_error};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
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
pub struct AsSns<M>(PhantomData<M>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire<'a> {
    #[serde(borrow)]
    r#type: Option<Cow<'a, str>>,
    message_id: Option<String>,
    topic_arn: Option<String>,
    subject: Option<String>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    timestamp: Option<String>,
    sequence_number: Option<String>,
    message_attributes: Option<BTreeMap<String, SnsAttribute>>,
}

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<AsSns<M>> for Sns<P> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_text(text(bytes)?)
    }

    fn decode_text(envelope: &str) -> Result<Self, DecodeError> {
        let wire: Wire<'_> = serde_json::from_str(envelope).map_err(|error| {
            json_error(envelope.as_bytes(), &error)
                .explained("no SNS envelope (with raw message delivery there is none): ")
        })?;
        // SNS asks the owner of a queue in another account to confirm the subscription by a message to that queue.
        if let Some(other) = wire.r#type.filter(|name| name != "Notification") {
            return Err(DecodeError::new(format_args!("an SNS message of the type `{other}`, not a `Notification`")));
        }
        let inside = |error: DecodeError| error.in_text("Message");
        Ok(Sns {
            message: P::decode_text(&wire.message).map_err(inside)?.map_error(&inside),
            message_id: wire.message_id.unwrap_or_default(),
            topic_arn: wire.topic_arn.unwrap_or_default(),
            subject: wire.subject,
            timestamp: wire.timestamp.unwrap_or_default(),
            sequence_number: wire.sequence_number,
            message_attributes: wire.message_attributes.unwrap_or_default(),
        })
    }

    fn map_error(mut self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self.message = self.message.map_error(change);
        self
    }
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "Records")]
    records: Vec<Record<'a>>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow, rename = "Sns")]
    sns: &'a RawValue,
}

/// Decodes the event with which SNS calls a function
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html#sns-sample-event)).
pub(super) fn decode_event<P: Payload<M>, M>(bytes: &[u8]) -> Result<Sns<P>, DecodeError> {
    let event = text(bytes)?;
    let Event { records } = serde_json::from_str(event)
        .map_err(|error| json_error(event.as_bytes(), &error).explained("no SNS event: "))?;
    // The function is called once, and so can answer for one record only.
    let [Record { sns }] = &records[..] else {
        return Err(DecodeError::new(format_args!("an SNS event has one record, and this one has {}", records.len())));
    };
    let inside = |error: DecodeError| error.inside("Records[0].Sns", before(event, sns.get()));
    Ok(Sns::decode_text(sns.get()).map_err(inside)?.map_error(&inside))
}
