//! SQS messages.

use super::attribute::{AttributeJson, MessageAttribute};
use crate::EventError;
use crate::events::source::{START, since_epoch};
use serde::{Serialize, Serializer};
use std::time::{Duration, SystemTime};

/// Starts a message, for [`SqsEvent::message`](super::SqsEvent::message). Everything that is not set has the form that SQS sends.
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

/// Builder of a message, created by [`message`].
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
    /// Sets the body to this value as JSON.
    pub fn json(mut self, body: &impl Serialize) -> SqsMessage {
        let error = |error| EventError::new(format!("cannot serialize the message body as JSON: {error}"));
        self.body = serde_json::to_string(body).map_err(error);
        self
    }

    /// Sets the body to this text.
    pub fn text(mut self, body: impl Into<String>) -> SqsMessage {
        self.body = Ok(body.into());
        self
    }

    /// Sets the message id. The default is `message-` followed by the position in the event, starting at 1.
    pub fn id(mut self, id: impl Into<String>) -> SqsMessage {
        self.id = Some(id.into());
        self
    }

    /// Sets the receipt handle.
    pub fn receipt_handle(mut self, receipt_handle: impl Into<String>) -> SqsMessage {
        self.receipt_handle = Some(receipt_handle.into());
        self
    }

    /// Sets `md5OfBody`. The default is the correct digest.
    pub fn md5_of_body(mut self, digest: impl Into<String>) -> SqsMessage {
        self.md5_of_body = Some(digest.into());
        self
    }

    /// Sets the number of times the message was received, including this one. The default is 1.
    pub fn receive_count(self, times: u32) -> SqsMessage {
        self.system_attribute("ApproximateReceiveCount", times.to_string())
    }

    /// Sets the time at which the message was sent, to the millisecond. The default is the beginning of 2026.
    pub fn sent_at(self, time: SystemTime) -> SqsMessage {
        self.system_attribute("SentTimestamp", since_epoch(time).as_millis().to_string())
    }

    /// Sets the time at which the message was first received, to the millisecond. The default is shortly after it was
    /// sent.
    pub fn first_received_at(self, time: SystemTime) -> SqsMessage {
        self.system_attribute("ApproximateFirstReceiveTimestamp", since_epoch(time).as_millis().to_string())
    }

    /// Sets the sender: the id of an IAM user or role.
    pub fn sender_id(self, id: impl Into<String>) -> SqsMessage {
        self.system_attribute("SenderId", id)
    }

    /// Sets the message group. Messages of FIFO queues always have one.
    pub fn group_id(self, group: impl Into<String>) -> SqsMessage {
        self.system_attribute("MessageGroupId", group)
    }

    /// Sets the deduplication id, for FIFO queues.
    pub fn deduplication_id(self, id: impl Into<String>) -> SqsMessage {
        self.system_attribute("MessageDeduplicationId", id)
    }

    /// Sets the sequence number, for FIFO queues.
    pub fn sequence_number(self, number: impl Into<String>) -> SqsMessage {
        self.system_attribute("SequenceNumber", number)
    }

    /// Sets an attribute that SQS adds to messages, such as `AWSTraceHeader` or `DeadLetterQueueSourceArn`.
    pub fn system_attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> SqsMessage {
        set(&mut self.system, name.into(), value.into());
        self
    }

    /// Sets a message attribute: a string, a number or bytes.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<MessageAttribute>) -> SqsMessage {
        set(&mut self.attributes, name.into(), value.into());
        self
    }

    /// Sets the group, unless the message has one.
    pub(super) fn or_group(self, group: Option<&str>) -> SqsMessage {
        match group {
            Some(group) if self.system.iter().all(|(name, _)| name != "MessageGroupId") => self.group_id(group),
            _ => self,
        }
    }

    pub(super) fn to_json<'a>(&'a self, position: &MessagePosition<'a>) -> Result<MessageJson<'a>, EventError> {
        let number = position.number;
        let message_id = self.id.clone().unwrap_or_else(|| format!("message-{number}"));
        let body = self.body.as_deref().map_err(EventError::clone)?;
        Ok(MessageJson {
            receipt_handle: self.receipt_handle.clone().unwrap_or_else(|| format!("receipt-of-{message_id}")),
            message_id,
            body,
            attributes: OrderedObject(self.system(position)),
            message_attributes: OrderedObject(
                self.attributes.iter().map(|(name, value)| (&**name, value.to_json())).collect(),
            ),
            md5_of_body: self.md5_of_body.clone().unwrap_or_else(|| format!("{:x}", md5::compute(body))),
            event_source: "aws:sqs",
            arn: position.arn,
            aws_region: position.region,
        })
    }

    /// Returns the system attributes, in the order in which Lambda sends them.
    fn system(&self, position: &MessagePosition<'_>) -> Vec<(String, String)> {
        let number = position.number;
        let sent = START + Duration::from_millis(number as u64 - 1);
        let received = sent + Duration::from_millis(2);
        let mut all = vec![
            ("ApproximateReceiveCount", "1".to_owned()),
            ("SentTimestamp", sent.as_millis().to_string()),
            ("SenderId", "AIDAEXAMPLE".to_owned()),
            ("ApproximateFirstReceiveTimestamp", received.as_millis().to_string()),
        ];
        if position.fifo {
            // Below 2^128 and ascending, but not consecutive, as in SQS.
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

/// Replaces the value with this name, or adds it.
fn set<T>(all: &mut Vec<(String, T)>, name: String, value: T) {
    match all.iter_mut().find(|(other, _)| *other == name) {
        Some((_, old)) => *old = value,
        None => all.push((name, value)),
    }
}

/// The position of a message in its event, and its queue.
pub(super) struct MessagePosition<'a> {
    pub(super) number: usize,
    pub(super) fifo: bool,
    pub(super) arn: &'a str,
    pub(super) region: &'a str,
}

/// The JSON form of a message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageJson<'a> {
    message_id: String,
    receipt_handle: String,
    body: &'a str,
    attributes: OrderedObject<(String, String)>,
    message_attributes: OrderedObject<(&'a str, AttributeJson<'a>)>,
    md5_of_body: String,
    event_source: &'static str,
    #[serde(rename = "eventSourceARN")]
    arn: &'a str,
    aws_region: &'a str,
}

/// A JSON object that keeps the order of its members.
struct OrderedObject<T>(Vec<T>);

impl<K: Serialize, V: Serialize> Serialize for OrderedObject<(K, V)> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}
