//! The envelope of EventBridge.

use super::fields::EnvelopeFields;
use crate::batch::payload::{DecodeError, Payload, utf8};
use lrt_core::__private::json::find_field;
use std::borrow::Cow;
use std::marker::PhantomData;

/// An EventBridge event, with its `detail` decoded like any other payload.
///
/// In a batch function it is the payload of a record: a rule whose target is a queue sends entire events. In a JSON function
/// it is the event itself: the function is the target of the rule.
///
/// ```
/// use lrt::payload::EventBridge;
/// use lrt::testing::events;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Paid { amount: u32 }
///
/// async fn book(event: EventBridge<Paid>) -> Result<String, lrt::Error> {
///     Ok(format!("{} from {}", event.detail.amount, event.source))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let event = events::eventbridge().source("shop").detail_type("Paid").detail(&Paid { amount: 7 });
/// assert_eq!(lrt::json(book).harness().invoke(event).await.reply::<String>(), "7 from shop");
/// # }
/// ```
///
/// See [the structure of events](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html).
/// `detail-type`, `source` and `detail` are required; other strings are empty if they are missing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EventBridge<T> {
    /// The version of the envelope, `"0"`.
    pub version: String,
    /// The id of the event, which is the same in each delivery.
    pub id: String,
    /// The type of the event among those from its source: `"EC2 Instance State-change Notification"`.
    pub detail_type: String,
    /// The service that sent the event, `"aws.ec2"`, or a name of your own.
    pub source: String,
    /// The account that the event comes from.
    pub account: String,
    /// The time of the event, as a string: `"2026-01-01T00:00:00Z"`.
    pub time: String,
    /// The region that the event comes from.
    pub region: String,
    /// The ARNs of the resources that the event concerns.
    pub resources: Vec<String>,
    /// The name of the replay that sent the event again, if one did.
    pub replay_name: Option<String>,
    /// The decoded detail.
    pub detail: T,
}

/// Marks a payload that is an EventBridge event. The marker `M` selects the decoding of its `detail`.
#[derive(Debug)]
pub struct ViaEventBridge<M>(PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<ViaEventBridge<M>> for EventBridge<P> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_text(utf8(bytes)?)
    }

    fn decode_text(event: &str) -> Result<Self, DecodeError> {
        let fields = EnvelopeFields::read(event, "invalid EventBridge event: ", None)?;
        let detail_type = fields.text("detail-type")?;
        Ok(EventBridge {
            version: fields.optional("version")?,
            id: fields.optional("id")?,
            source: fields.text("source")?.into_owned(),
            account: fields.optional("account")?,
            time: fields.optional("time")?,
            region: fields.optional("region")?,
            resources: fields.optional("resources")?,
            replay_name: fields.optional("replay-name")?,
            detail: fields.payload("detail", |detail| P::decode_detail(&detail_type, detail))?,
            detail_type: detail_type.into_owned(),
        })
    }

    fn map_error(mut self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self.detail = self.detail.map_error(change);
        self
    }

    fn content(event: &[u8]) -> Cow<'_, [u8]> {
        let detail = std::str::from_utf8(event).ok().and_then(|event| find_field(event, "detail"));
        detail.map_or(Cow::Borrowed(event), |detail| P::content(detail.as_bytes()))
    }
}

/// A Kafka tombstone is `None`.
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

    fn content(event: &[u8]) -> Cow<'_, [u8]> {
        EventBridge::<P>::content(event)
    }
}
