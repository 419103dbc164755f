//! A notification of an SNS topic.

use super::MessageAttribute;
use super::overrides::{Overrides, WithOverrides};
use super::source::{Source, value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// A notification of a topic. As an event it is that with which SNS calls a function
/// ([the event](https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html#sns-sample-event)); in the body of another, it
/// is the envelope that SNS sends to a queue
/// ([its JSON](https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html#http-notification-json)).
///
/// ```
/// use lrt::testing::events;
///
/// let notification = events::sns().text("hi").subject("greeting").attribute("n", 5);
/// let called = notification.clone().build();
/// assert_eq!(called["Records"][0]["Sns"]["Subject"], "greeting");
///
/// let queued = events::sqs().json(&notification).build();
/// let body: serde_json::Value = serde_json::from_str(queued["Records"][0]["body"].as_str().unwrap()).unwrap();
/// assert_eq!(body["Message"], "hi");
/// assert_eq!(body["MessageAttributes"]["n"]["Type"], "Number");
/// ```
///
/// With raw message delivery the body is the message alone: `events::sqs().json(&message)`.
pub fn sns() -> SnsEvent {
    SnsEvent {
        source: Source::of("sns"),
        topic: "topic".to_owned(),
        id: "notification-1".to_owned(),
        kind: "Notification".to_owned(),
        subject: None,
        message: Ok(String::new()),
        timestamp: "2026-01-01T00:00:00.000Z".to_owned(),
        sequence_number: None,
        attributes: BTreeMap::new(),
        overrides: Overrides::default(),
    }
}

/// The notification that [`sns`] begins.
#[derive(Clone, Debug)]
#[must_use]
pub struct SnsEvent {
    source: Source,
    topic: String,
    id: String,
    kind: String,
    subject: Option<String>,
    message: Result<String, EventError>,
    timestamp: String,
    sequence_number: Option<String>,
    attributes: BTreeMap<String, MessageAttribute>,
    overrides: Overrides,
}

impl SnsEvent {
    /// The message, as JSON.
    pub fn json(mut self, message: &impl Serialize) -> SnsEvent {
        let error = |error| EventError::new(format!("a notification's message cannot be written as JSON: {error}"));
        self.message = serde_json::to_string(message).map_err(error);
        self
    }

    /// The message, as it is.
    pub fn text(mut self, message: impl Into<String>) -> SnsEvent {
        self.message = Ok(message.into());
        self
    }

    /// The subject; none unless set.
    pub fn subject(mut self, subject: impl Into<String>) -> SnsEvent {
        self.subject = Some(subject.into());
        self
    }

    /// An attribute: a text, a number, or bytes.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<MessageAttribute>) -> SnsEvent {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// The notification's id; `notification-1` unless set.
    pub fn id(mut self, id: impl Into<String>) -> SnsEvent {
        self.id = id.into();
        self
    }

    /// The `Type`: `SubscriptionConfirmation`, in place of `Notification`.
    pub fn message_type(mut self, name: impl Into<String>) -> SnsEvent {
        self.kind = name.into();
        self
    }

    /// When it was published; `2026-01-01T00:00:00.000Z` unless set.
    pub fn timestamp(mut self, time: impl Into<String>) -> SnsEvent {
        self.timestamp = time.into();
        self
    }

    /// Its number in a FIFO topic.
    pub fn sequence_number(mut self, number: impl Into<String>) -> SnsEvent {
        self.sequence_number = Some(number.into());
        self
    }

    /// The topic's name.
    pub fn topic(mut self, name: impl Into<String>) -> SnsEvent {
        self.topic = name.into();
        self
    }

    /// The topic's region; `us-east-1` unless set.
    pub fn region(mut self, region: impl Into<String>) -> SnsEvent {
        self.source.set_region(region.into());
        self
    }

    /// The account of the topic; `123456789012` unless set.
    pub fn account(mut self, account: impl Into<String>) -> SnsEvent {
        self.source.set_account(account.into());
        self
    }

    /// The topic's ARN, in place of what name, region and account make.
    pub fn arn(mut self, arn: impl Into<String>) -> SnsEvent {
        self.source.set_arn(arn.into());
        self
    }

    /// Any member of the notification, by its [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901): what has no method of
    /// its own, and what SNS would not send. Objects on the way are made.
    pub fn set(mut self, pointer: &str, value: impl Into<Value>) -> SnsEvent {
        self.overrides.set(pointer, value.into());
        self
    }

    /// The event with which SNS calls a function, as JSON.
    ///
    /// # Panics
    ///
    /// When the message cannot be written as JSON, or a pointer leads into what is no object.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }

    fn wire(&self, place: Place) -> Result<WithOverrides<Wire<'_>>, EventError> {
        let record = place == Place::Record;
        let attributes = self.attributes.iter().map(|(name, value)| {
            let (data_type, value) = value.parts();
            (&**name, Attribute { data_type, value })
        });
        let attributes: BTreeMap<_, _> = attributes.collect();
        let topic_arn = self.source.arn(&self.topic);
        let host = format!("https://sns.{}.amazonaws.com/", self.source.region());
        let certificate = format!("{host}SimpleNotificationService-example.pem");
        let unsubscribe = format!("{host}?Action=Unsubscribe&SubscriptionArn={topic_arn}:subscription-1");
        self.overrides.apply(Wire {
            r#type: &self.kind,
            message_id: &self.id,
            topic_arn,
            // A function gets a null where a queue gets nothing, and other names of the two addresses.
            subject: (record || self.subject.is_some()).then_some(self.subject.as_deref()),
            message: self.message.as_deref().map_err(EventError::clone)?,
            timestamp: &self.timestamp,
            sequence_number: self.sequence_number.as_deref(),
            signature_version: "1",
            signature: "EXAMPLE",
            signing_cert_url: record.then(|| certificate.clone()),
            unsubscribe_url: record.then(|| unsubscribe.clone()),
            signing_cert_url_of_queue: (!record).then_some(certificate),
            unsubscribe_url_of_queue: (!record).then_some(unsubscribe),
            message_attributes: (record || !attributes.is_empty()).then_some(attributes),
        })
    }
}

/// Where a notification stands.
#[derive(PartialEq)]
enum Place {
    /// In the record that a function is called with.
    Record,
    /// In the body of a message.
    Body,
}

impl IntoEvent for SnsEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        let sns = self.wire(Place::Record)?;
        let record = Record {
            event_source: "aws:sns",
            event_version: "1.0",
            event_subscription_arn: format!("{}:subscription-1", self.source.arn(&self.topic)),
            sns,
        };
        write(&Event { records: [record] }).map(Bytes::from)
    }
}

/// The envelope, as SNS sends it to a queue.
impl Serialize for SnsEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.wire(Place::Body).map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "Records")]
    records: [Record<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'a> {
    event_source: &'static str,
    event_version: &'static str,
    event_subscription_arn: String,
    sns: WithOverrides<Wire<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Wire<'a> {
    r#type: &'a str,
    message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<&'a str>,
    topic_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Option<&'a str>>,
    message: &'a str,
    timestamp: &'a str,
    signature_version: &'static str,
    signature: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_cert_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unsubscribe_url: Option<String>,
    #[serde(rename = "SigningCertURL", skip_serializing_if = "Option::is_none")]
    signing_cert_url_of_queue: Option<String>,
    #[serde(rename = "UnsubscribeURL", skip_serializing_if = "Option::is_none")]
    unsubscribe_url_of_queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_attributes: Option<BTreeMap<&'a str, Attribute<'a>>>,
}

#[derive(Serialize)]
struct Attribute<'a> {
    #[serde(rename = "Type")]
    data_type: &'a str,
    #[serde(rename = "Value")]
    value: String,
}
