//! SNS notifications.

use super::MessageAttribute;
use super::overrides::{Overrides, WithOverrides};
use super::source::{Source, value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// Starts a notification of an SNS topic.
///
/// As an event, it has the form with which SNS invokes a function ([the
/// event](https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html#sns-sample-event)). In the body of another event,
/// it is the envelope that SNS sends to a queue ([its
/// JSON](https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html#http-notification-json)).
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
/// With raw message delivery, the body is only the message: `events::sqs().json(&message)`.
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

/// Builder of a notification, created by [`sns`].
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
    /// Sets the message to this value as JSON.
    pub fn json(mut self, message: &impl Serialize) -> SnsEvent {
        let error = |error| EventError::new(format!("cannot serialize the notification's message as JSON: {error}"));
        self.message = serde_json::to_string(message).map_err(error);
        self
    }

    /// Sets the message to this string.
    pub fn text(mut self, message: impl Into<String>) -> SnsEvent {
        self.message = Ok(message.into());
        self
    }

    /// Sets the subject. By default, the notification has none.
    pub fn subject(mut self, subject: impl Into<String>) -> SnsEvent {
        self.subject = Some(subject.into());
        self
    }

    /// Sets a message attribute: a string, a number or bytes.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<MessageAttribute>) -> SnsEvent {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// Sets the message id. The default is `notification-1`.
    pub fn id(mut self, id: impl Into<String>) -> SnsEvent {
        self.id = id.into();
        self
    }

    /// Sets the `Type`, such as `SubscriptionConfirmation`. The default is `Notification`.
    pub fn message_type(mut self, name: impl Into<String>) -> SnsEvent {
        self.kind = name.into();
        self
    }

    /// Sets the time of publication. The default is `2026-01-01T00:00:00.000Z`.
    pub fn timestamp(mut self, time: impl Into<String>) -> SnsEvent {
        self.timestamp = time.into();
        self
    }

    /// Sets the sequence number, for FIFO topics.
    pub fn sequence_number(mut self, number: impl Into<String>) -> SnsEvent {
        self.sequence_number = Some(number.into());
        self
    }

    /// Sets the topic's name.
    pub fn topic(mut self, name: impl Into<String>) -> SnsEvent {
        self.topic = name.into();
        self
    }

    /// Sets the topic's region. The default is `us-east-1`.
    pub fn region(mut self, region: impl Into<String>) -> SnsEvent {
        self.source.set_region(region.into());
        self
    }

    /// Sets the topic's account. The default is `123456789012`.
    pub fn account(mut self, account: impl Into<String>) -> SnsEvent {
        self.source.set_account(account.into());
        self
    }

    /// Sets the topic's ARN, which replaces name, region and account.
    pub fn arn(mut self, arn: impl Into<String>) -> SnsEvent {
        self.source.set_arn(arn.into());
        self
    }

    /// Sets any member of the notification by its [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901), for members without a
    /// method and for values that SNS would not send. Creates missing objects on the path.
    pub fn set(mut self, pointer: &str, value: impl Into<Value>) -> SnsEvent {
        self.overrides.set(pointer, value.into());
        self
    }

    /// Returns the event with which SNS invokes a function, as JSON.
    ///
    /// # Panics
    ///
    /// Panics if the message cannot be serialized as JSON, or a pointer leads through a value that is not an object.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }

    fn to_json(&self, delivery: Delivery) -> Result<WithOverrides<NotificationJson<'_>>, EventError> {
        let record = delivery == Delivery::Function;
        let attributes = self.attributes.iter().map(|(name, value)| {
            let (data_type, value) = value.parts();
            (&**name, AttributeJson { data_type, value })
        });
        let attributes: BTreeMap<_, _> = attributes.collect();
        let topic_arn = self.source.arn(&self.topic);
        let host = format!("https://sns.{}.amazonaws.com/", self.source.region());
        let certificate = format!("{host}SimpleNotificationService-example.pem");
        let unsubscribe = format!("{host}?Action=Unsubscribe&SubscriptionArn={topic_arn}:subscription-1");
        self.overrides.apply(NotificationJson {
            r#type: &self.kind,
            message_id: &self.id,
            topic_arn,
            // In events for functions, missing members are null, and the two URLs have different names.
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

/// The recipient of a notification.
#[derive(PartialEq)]
enum Delivery {
    /// A function, which is invoked with a record that contains the notification.
    Function,
    /// A queue, which receives a message with the notification as its body.
    Queue,
}

impl IntoEvent for SnsEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        let sns = self.to_json(Delivery::Function)?;
        let record = SnsRecordJson {
            event_source: "aws:sns",
            event_version: "1.0",
            event_subscription_arn: format!("{}:subscription-1", self.source.arn(&self.topic)),
            sns,
        };
        write(&SnsJson { records: [record] }).map(Bytes::from)
    }
}

/// Serializes the envelope that SNS sends to a queue.
impl Serialize for SnsEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json(Delivery::Queue).map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[derive(Serialize)]
struct SnsJson<'a> {
    #[serde(rename = "Records")]
    records: [SnsRecordJson<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SnsRecordJson<'a> {
    event_source: &'static str,
    event_version: &'static str,
    event_subscription_arn: String,
    sns: WithOverrides<NotificationJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NotificationJson<'a> {
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
    message_attributes: Option<BTreeMap<&'a str, AttributeJson<'a>>>,
}

#[derive(Serialize)]
struct AttributeJson<'a> {
    #[serde(rename = "Type")]
    data_type: &'a str,
    #[serde(rename = "Value")]
    value: String,
}
