//! The envelope of EventBridge.

use super::fields::EnvelopeFields;
use super::text;
use crate::batch::payload::{DecodeError, Payload};
use std::marker::PhantomData;

/// An event of EventBridge, with its `detail` decoded as any payload is.
///
/// In a function of a batch it is what a record holds: a rule whose target is a queue sends whole events. In a function
/// of JSON it is the event itself: the function is the rule's target.
///
/// ```
/// use lrt::payload::EventBridge;
/// use lrt::testing::events;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Paid { amount: u32 }
///
/// async fn book(event: EventBridge<Paid>) -> String {
///     format!("{} from {}", event.detail.amount, event.source)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let event = events::eventbridge().source("shop").detail_type("Paid").detail(&Paid { amount: 7 });
/// assert_eq!(lrt::json(book).harness().invoke(event).await.reply::<String>(), "7 from shop");
/// # }
/// ```
///
/// See [the structure of events](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html). What
/// is missing of the texts is empty; `detail-type`, `source` and `detail` have to be there.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EventBridge<T> {
    /// The version of the envelope, `"0"`.
    pub version: String,
    /// The event's id, which is the same in each delivery.
    pub id: String,
    /// With the source, what kind of event it is: `"EC2 Instance State-change Notification"`.
    pub detail_type: String,
    /// Who sent it: `"aws.ec2"`, or a name of your own.
    pub source: String,
    /// The account that it comes from.
    pub account: String,
    /// When it happened, as it stands there: `"2026-01-01T00:00:00Z"`.
    pub time: String,
    /// The region that it comes from.
    pub region: String,
    /// ARNs of what it is about.
    pub resources: Vec<String>,
    /// The replay that sent it again, if one did.
    pub replay_name: Option<String>,
    /// What happened.
    pub detail: T,
}

/// The payload is an EventBridge event; `M` says how its `detail` is decoded.
#[derive(Debug)]
pub struct ViaEventBridge<M>(PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<ViaEventBridge<M>> for EventBridge<P> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_text(text(bytes)?)
    }

    fn decode_text(event: &str) -> Result<Self, DecodeError> {
        let fields = EnvelopeFields::read(event, "no EventBridge event: ")?;
        Ok(EventBridge {
            version: fields.optional("version")?,
            id: fields.optional("id")?,
            detail_type: fields.text("detail-type")?.into_owned(),
            source: fields.text("source")?.into_owned(),
            account: fields.optional("account")?,
            time: fields.optional("time")?,
            region: fields.optional("region")?,
            resources: fields.optional("resources")?,
            replay_name: fields.optional("replay-name")?,
            detail: fields.payload("detail")?,
        })
    }

    fn map_error(mut self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self.detail = self.detail.map_error(change);
        self
    }
}

/// A tombstone of Kafka's has no envelope either.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<ViaEventBridge<M>> for Option<EventBridge<P>> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        EventBridge::decode(bytes).map(Some)
    }

    fn decode_text(event: &str) -> Result<Self, DecodeError> {
        EventBridge::decode_text(event).map(Some)
    }

    fn absent() -> Result<Self, DecodeError> {
        Ok(None)
    }

    fn map_error(self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self.map(|event| event.map_error(change))
    }
}
