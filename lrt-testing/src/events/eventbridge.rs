//! EventBridge events.

use super::overrides::{Overrides, WithOverrides};
use super::source::{value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// Starts an event that a rule sends to its target, a function or a queue ([its
/// structure](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html)).
///
/// ```
/// use lrt::testing::events;
/// use serde_json::json;
///
/// let paid = events::eventbridge().source("shop").detail_type("Paid").detail(&json!({"amount": 7}));
/// assert_eq!(paid.clone().build()["detail"]["amount"], 7);
/// let queued = events::sqs().json(&paid);
/// # assert!(queued.build()["Records"][0]["body"].as_str().unwrap().contains(r#""source":"shop""#));
/// ```
pub fn eventbridge() -> EventBridgeEvent {
    EventBridgeEvent {
        id: "event-1".to_owned(),
        detail_type: "Example".to_owned(),
        source: "example".to_owned(),
        account: "123456789012".to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
        region: "us-east-1".to_owned(),
        resources: Vec::new(),
        replay_name: None,
        overrides: Overrides::default(),
        detail: Ok(Map::new().into()),
    }
}

/// Starts an event that a rule with a schedule sends to a function ([its
/// form](https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html)).
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::scheduled().time("2026-01-01T09:00:00Z").build();
/// assert_eq!((&event["detail-type"], &event["source"]), (&"Scheduled Event".into(), &"aws.events".into()));
/// ```
pub fn scheduled() -> EventBridgeEvent {
    let rule = "arn:aws:events:us-east-1:123456789012:rule/schedule";
    eventbridge().source("aws.events").detail_type("Scheduled Event").resource(rule)
}

/// Builder of an EventBridge event, created by [`eventbridge`] or [`scheduled`].
#[derive(Clone, Debug)]
#[must_use]
pub struct EventBridgeEvent {
    id: String,
    detail_type: String,
    source: String,
    account: String,
    time: String,
    region: String,
    resources: Vec<String>,
    replay_name: Option<String>,
    overrides: Overrides,
    detail: Result<Value, EventError>,
}

impl EventBridgeEvent {
    /// Sets the detail. The default is an empty object.
    pub fn detail(mut self, detail: &impl Serialize) -> EventBridgeEvent {
        let error = |error| EventError::new(format!("cannot serialize the detail as JSON: {error}"));
        self.detail = serde_json::to_value(detail).map_err(error);
        self
    }

    /// Sets the `detail-type`. The default is `Example`.
    pub fn detail_type(mut self, name: impl Into<String>) -> EventBridgeEvent {
        self.detail_type = name.into();
        self
    }

    /// Sets the source. The default is `example`.
    pub fn source(mut self, source: impl Into<String>) -> EventBridgeEvent {
        self.source = source.into();
        self
    }

    /// Sets the event's id. The default is `event-1`.
    pub fn id(mut self, id: impl Into<String>) -> EventBridgeEvent {
        self.id = id.into();
        self
    }

    /// Sets the account. The default is `123456789012`.
    pub fn account(mut self, account: impl Into<String>) -> EventBridgeEvent {
        self.account = account.into();
        self
    }

    /// Sets the time. The default is `2026-01-01T00:00:00Z`.
    pub fn time(mut self, time: impl Into<String>) -> EventBridgeEvent {
        self.time = time.into();
        self
    }

    /// Sets the region. The default is `us-east-1`.
    pub fn region(mut self, region: impl Into<String>) -> EventBridgeEvent {
        self.region = region.into();
        self
    }

    /// Adds the ARN of a resource.
    pub fn resource(mut self, arn: impl Into<String>) -> EventBridgeEvent {
        self.resources.push(arn.into());
        self
    }

    /// Sets the name of the replay that sent the event again.
    pub fn replay_name(mut self, name: impl Into<String>) -> EventBridgeEvent {
        self.replay_name = Some(name.into());
        self
    }

    /// Sets any member of the event by its [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901), for members without a method and
    /// for values that EventBridge would not send. Creates missing objects on the path.
    pub fn set(mut self, pointer: &str, value: impl Into<Value>) -> EventBridgeEvent {
        self.overrides.set(pointer, value.into());
        self
    }

    /// Returns the event as JSON.
    ///
    /// # Panics
    ///
    /// Panics if the detail cannot be serialized as JSON, or a pointer leads through a value that is not an object.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }

    fn to_json(&self) -> Result<WithOverrides<EventBridgeJson<'_>>, EventError> {
        self.overrides.apply(EventBridgeJson {
            version: "0",
            id: &self.id,
            detail_type: &self.detail_type,
            source: &self.source,
            account: &self.account,
            time: &self.time,
            region: &self.region,
            resources: &self.resources,
            replay_name: self.replay_name.as_deref(),
            detail: self.detail.as_ref().map_err(EventError::clone)?,
        })
    }
}

impl IntoEvent for EventBridgeEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        write(&self.to_json()?).map(Bytes::from)
    }
}

/// Serializes the event as the body of a queue's message.
impl Serialize for EventBridgeEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct EventBridgeJson<'a> {
    version: &'static str,
    id: &'a str,
    detail_type: &'a str,
    source: &'a str,
    account: &'a str,
    time: &'a str,
    region: &'a str,
    resources: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    replay_name: Option<&'a str>,
    detail: &'a Value,
}
