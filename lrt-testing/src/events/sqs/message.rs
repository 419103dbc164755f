//! One SQS message.

use super::attribute::{AttributeWire, MessageAttribute};
use crate::EventError;
use crate::events::md5;
use crate::events::source::{START, since_epoch};
use serde::{Serialize, Serializer};
use std::time::{Duration, SystemTime};

/// A message in detail, for [`SqsEvent::message`](super::SqsEvent::message). What is not said is as SQS would have it.
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::sqs()
///     .message(events::message().text("7").id("m-1").receive_count(3).attribute("kind", "order").attribute("n", 5))
///     .build();
/// let message = &event["Records"][0];
/// assert_eq!(message["messageId"], "m-1");
/// assert_eq!(message["attributes"]["ApproximateReceiveCount"], "3");
/// assert_eq!(message["messageAttributes"]["kind"]["stringValue"], "order");
/// assert_eq!(message["messageAttributes"]["n"]["dataType"], "Number");
/// ```
pub fn message() -> SqsMessage {
    SqsMessage {
        id: None,
        receipt_handle: None,
        body: Ok(String::new()),
        md5_of_body: None,
        system: Vec::new(),
        attributes: Vec::new(),
    }
}

/// The message that [`message`] begins.
#[derive(Clone, Debug)]
#[must_use]
pub struct SqsMessage {
    id: Option<String>,
    receipt_handle: Option<String>,
    body: Result<String, EventError>,
    md5_of_body: Option<String>,
    system: Vec<(String, String)>,
    attributes: Vec<(String, MessageAttribute)>,
}

impl SqsMessage {
    /// The body, as JSON.
    pub fn json(mut self, body: &impl Serialize) -> SqsMessage {
        let error = |error| EventError::new(format!("a message's body cannot be written as JSON: {error}"));
        self.body = serde_json::to_string(body).map_err(error);
        self
    }

    /// The body, as it is.
    pub fn text(mut self, body: impl Into<String>) -> SqsMessage {
        self.body = Ok(body.into());
        self
    }

    /// The message's id; unless set, `message-1` for the first of an event, and so on.
    pub fn id(mut self, id: impl Into<String>) -> SqsMessage {
        self.id = Some(id.into());
        self
    }

    /// What the message would be deleted by.
    pub fn receipt_handle(mut self, receipt_handle: impl Into<String>) -> SqsMessage {
        self.receipt_handle = Some(receipt_handle.into());
        self
    }

    /// The body's MD5 digest; unless set, that of the body.
    pub fn md5_of_body(mut self, digest: impl Into<String>) -> SqsMessage {
        self.md5_of_body = Some(digest.into());
        self
    }

    /// How often the message was received, this time included; 1 unless set.
    pub fn receive_count(self, times: u32) -> SqsMessage {
        self.system_attribute("ApproximateReceiveCount", times.to_string())
    }

    /// When it was sent, to the millisecond; at the beginning of 2026 unless set.
    pub fn sent_at(self, time: SystemTime) -> SqsMessage {
        self.system_attribute("SentTimestamp", since_epoch(time).as_millis().to_string())
    }

    /// When it was first received, to the millisecond; soon after it was sent unless set.
    pub fn first_received_at(self, time: SystemTime) -> SqsMessage {
        self.system_attribute("ApproximateFirstReceiveTimestamp", since_epoch(time).as_millis().to_string())
    }

    /// Who sent it: the id of an IAM user or role.
    pub fn sender_id(self, id: impl Into<String>) -> SqsMessage {
        self.system_attribute("SenderId", id)
    }

    /// Its message group. Messages of FIFO queues always have one.
    pub fn group_id(self, group: impl Into<String>) -> SqsMessage {
        self.system_attribute("MessageGroupId", group)
    }

    /// What tells it from others in a FIFO queue.
    pub fn deduplication_id(self, id: impl Into<String>) -> SqsMessage {
        self.system_attribute("MessageDeduplicationId", id)
    }

    /// Its number in a FIFO queue.
    pub fn sequence_number(self, number: impl Into<String>) -> SqsMessage {
        self.system_attribute("SequenceNumber", number)
    }

    /// One of the attributes that SQS gives a message: `AWSTraceHeader`, `DeadLetterQueueSourceArn`, ….
    pub fn system_attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> SqsMessage {
        set(&mut self.system, name.into(), value.into());
        self
    }

    /// An attribute of the sender's: a text, a number, or bytes.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<MessageAttribute>) -> SqsMessage {
        set(&mut self.attributes, name.into(), value.into());
        self
    }

    /// With this group, unless it has one.
    pub(super) fn or_group(self, group: Option<&str>) -> SqsMessage {
        match group {
            Some(group) if self.system.iter().all(|(name, _)| name != "MessageGroupId") => self.group_id(group),
            _ => self,
        }
    }

    pub(super) fn wire<'a>(&'a self, place: &Place<'a>) -> Result<Wire<'a>, EventError> {
        let number = place.number;
        let message_id = self.id.clone().unwrap_or_else(|| format!("message-{number}"));
        let body = self.body.as_deref().map_err(EventError::clone)?;
        Ok(Wire {
            receipt_handle: self.receipt_handle.clone().unwrap_or_else(|| format!("receipt-of-{message_id}")),
            message_id,
            body,
            attributes: Ordered(self.system(place)),
            message_attributes: Ordered(self.attributes.iter().map(|(name, value)| (&**name, value.wire())).collect()),
            md5_of_body: self.md5_of_body.clone().unwrap_or_else(|| md5::hex(body)),
            event_source: "aws:sqs",
            arn: place.arn,
            aws_region: place.region,
        })
    }

    /// The system attributes in the order in which Lambda has them.
    fn system(&self, place: &Place<'_>) -> Vec<(String, String)> {
        let number = place.number;
        let sent = START + Duration::from_millis(number as u64 - 1);
        let received = sent + Duration::from_millis(2);
        let mut all = vec![
            ("ApproximateReceiveCount", "1".to_owned()),
            ("SentTimestamp", sent.as_millis().to_string()),
            ("SenderId", "AIDAEXAMPLE".to_owned()),
            ("ApproximateFirstReceiveTimestamp", received.as_millis().to_string()),
        ];
        if place.fifo {
            // Within 128 bits, ascending, not consecutive.
            let sequence_number = format!("188000000000{:08}", number * 256);
            all.insert(2, ("SequenceNumber", sequence_number));
            all.insert(3, ("MessageGroupId", "group-1".to_owned()));
            all.insert(5, ("MessageDeduplicationId", format!("deduplication-{number}")));
        }
        let mut all: Vec<_> = all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for (name, value) in &self.system {
            set(&mut all, name.clone(), value.clone());
        }
        all
    }
}

/// Sets what is called so, or adds it.
fn set<T>(all: &mut Vec<(String, T)>, name: String, value: T) {
    match all.iter_mut().find(|(known, _)| *known == name) {
        Some((_, old)) => *old = value,
        None => all.push((name, value)),
    }
}

/// Where a message stands.
pub(super) struct Place<'a> {
    pub(super) number: usize,
    pub(super) fifo: bool,
    pub(super) arn: &'a str,
    pub(super) region: &'a str,
}

/// A message as it stands in the event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire<'a> {
    message_id: String,
    receipt_handle: String,
    body: &'a str,
    attributes: Ordered<(String, String)>,
    message_attributes: Ordered<(&'a str, AttributeWire<'a>)>,
    md5_of_body: String,
    event_source: &'static str,
    #[serde(rename = "eventSourceARN")]
    arn: &'a str,
    aws_region: &'a str,
}

/// An object whose keys keep their order.
struct Ordered<T>(Vec<T>);

impl<K: Serialize, V: Serialize> Serialize for Ordered<(K, V)> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}
