//! The envelope of EventBridge.

use super::{before, text};
use crate::batch::payload::{DecodeError, Payload, json_error};
use serde::Deserialize;
use serde_json::value::RawValue;
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
pub struct AsEventBridge<M>(PhantomData<M>);

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Wire<'a> {
    version: Option<String>,
    id: Option<String>,
    detail_type: String,
    source: String,
    account: Option<String>,
    time: Option<String>,
    region: Option<String>,
    resources: Option<Vec<String>>,
    replay_name: Option<String>,
    #[serde(borrow)]
    detail: &'a RawValue,
}

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<AsEventBridge<M>> for EventBridge<P> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_text(text(bytes)?)
    }

    fn decode_text(event: &str) -> Result<Self, DecodeError> {
        let wire: Wire<'_> = serde_json::from_str(event)
            .map_err(|error| json_error(event.as_bytes(), &error).explained("no EventBridge event: "))?;
        let detail = wire.detail.get();
        let inside = |error: DecodeError| error.inside("detail", before(event, detail));
        Ok(EventBridge {
            detail: P::decode_text(detail).map_err(inside)?.map_error(&inside),
            version: wire.version.unwrap_or_default(),
            id: wire.id.unwrap_or_default(),
            detail_type: wire.detail_type,
            source: wire.source,
            account: wire.account.unwrap_or_default(),
            time: wire.time.unwrap_or_default(),
            region: wire.region.unwrap_or_default(),
            resources: wire.resources.unwrap_or_default(),
            replay_name: wire.replay_name,
        })
    }

    fn map_error(mut self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self.detail = self.detail.map_error(change);
        self
    }
}
