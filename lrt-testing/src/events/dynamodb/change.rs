//! One record of a stream.

use super::{StreamView, item, size};
use crate::EventError;
use crate::events::md5;
use crate::events::source::{START, since_epoch};
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::{Duration, SystemTime};

/// A new item in detail, for [`DynamoDbEvent::record`](super::DynamoDbEvent::record).
pub fn insert(new: &impl Serialize) -> ItemChange {
    ItemChange::new("INSERT", None, Some(image(new)))
}

/// An item that has changed, in detail, for [`DynamoDbEvent::record`](super::DynamoDbEvent::record).
pub fn modify(old: &impl Serialize, new: &impl Serialize) -> ItemChange {
    ItemChange::new("MODIFY", Some(image(old)), Some(image(new)))
}

/// An item that was deleted, in detail, for [`DynamoDbEvent::record`](super::DynamoDbEvent::record).
///
/// ```
/// use lrt::testing::events;
/// use serde_json::json;
///
/// let event = events::dynamodb().record(events::remove(&json!({"id": 7})).by_ttl().sequence_number("42")).build();
/// let record = &event["Records"][0];
/// assert_eq!(record["dynamodb"]["SequenceNumber"], "42");
/// assert_eq!(record["userIdentity"]["principalId"], "dynamodb.amazonaws.com");
/// ```
pub fn remove(old: &impl Serialize) -> ItemChange {
    ItemChange::new("REMOVE", Some(image(old)), None)
}

type Image = Result<Map<String, Value>, EventError>;

fn image(item: &impl Serialize) -> Image {
    item::item(item).map_err(|why| EventError::new(why.to_string()))
}

/// The change of an item, with all that a record says of it. What is not said is as DynamoDB would have it.
#[derive(Clone, Debug)]
#[must_use]
pub struct ItemChange {
    name: &'static str,
    old: Option<Image>,
    new: Option<Image>,
    keys: Option<Image>,
    by_ttl: bool,
    event_id: Option<String>,
    event_version: String,
    sequence_number: Option<String>,
    created_at: Option<SystemTime>,
    size_bytes: Option<u64>,
}

impl ItemChange {
    fn new(name: &'static str, old: Option<Image>, new: Option<Image>) -> ItemChange {
        ItemChange {
            name,
            old,
            new,
            keys: None,
            by_ttl: false,
            event_id: None,
            event_version: "1.1".to_owned(),
            sequence_number: None,
            created_at: None,
            size_bytes: None,
        }
    }

    /// The item's keys, in place of those of its attributes that [are keys](super::DynamoDbEvent::key).
    pub fn keys(mut self, keys: &impl Serialize) -> ItemChange {
        self.keys = Some(image(keys));
        self
    }

    /// DynamoDB itself did it, since the item's
    /// [time to live](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html)
    /// was over.
    pub fn by_ttl(mut self) -> ItemChange {
        self.by_ttl = true;
        self
    }

    /// The record's sequence number, which identifies it; unless set, `100000000000000000001` for the first of an event,
    /// and so on.
    pub fn sequence_number(mut self, number: impl Into<String>) -> ItemChange {
        self.sequence_number = Some(number.into());
        self
    }

    /// When it happened, to the second; at the beginning of 2026 unless set.
    pub fn created_at(mut self, time: SystemTime) -> ItemChange {
        self.created_at = Some(time);
        self
    }

    /// The `eventID`.
    pub fn event_id(mut self, id: impl Into<String>) -> ItemChange {
        self.event_id = Some(id.into());
        self
    }

    /// The `eventVersion`.
    pub fn event_version(mut self, version: impl Into<String>) -> ItemChange {
        self.event_version = version.into();
        self
    }

    /// The `SizeBytes`; unless set, what DynamoDB would count.
    pub fn size_bytes(mut self, bytes: u64) -> ItemChange {
        self.size_bytes = Some(bytes);
        self
    }

    pub(super) fn wire<'a>(&'a self, place: &Place<'a>) -> Result<Box<Wire<'a>>, EventError> {
        let new = known(&self.new)?;
        let old = known(&self.old)?;
        let keys = match known(&self.keys)? {
            Some(keys) => keys.clone(),
            None => keys_of(new.or(old).expect("a change has an image"), place)?,
        };
        let new_image = new.filter(|_| place.view.has_new());
        let old_image = old.filter(|_| place.view.has_old());
        let sizes = [Some(&keys), new_image, old_image].map(|image| image.map_or(0, size::of_item));
        let sequence_number = self.sequence_number.clone().unwrap_or_else(|| format!("1{:020}", place.number));
        let created_at =
            self.created_at.map_or_else(|| START + Duration::from_secs(place.number as u64 - 1), since_epoch);
        Ok(Box::new(Wire {
            event_id: self.event_id.clone().unwrap_or_else(|| md5::hex(&sequence_number)),
            event_name: self.name,
            event_version: &self.event_version,
            event_source: "aws:dynamodb",
            aws_region: place.region,
            dynamodb: StreamRecord {
                approximate_creation_date_time: created_at.as_secs(),
                keys,
                new_image,
                old_image,
                sequence_number,
                size_bytes: self.size_bytes.unwrap_or_else(|| sizes.iter().sum()),
                stream_view_type: place.view.name(),
            },
            user_identity: self
                .by_ttl
                .then_some(UserIdentity { r#type: "Service", principal_id: "dynamodb.amazonaws.com" }),
            arn: place.arn,
        }))
    }
}

fn known(image: &Option<Image>) -> Result<Option<&Map<String, Value>>, EventError> {
    image.as_ref().map(|image| image.as_ref().map_err(EventError::clone)).transpose()
}

/// The attributes of an item that are its keys.
fn keys_of(item: &Map<String, Value>, place: &Place<'_>) -> Result<Map<String, Value>, EventError> {
    let default = ["id".to_owned()];
    let names = if place.keys.is_empty() { &default[..] } else { place.keys };
    let attribute = |name: &String| match item.get(name) {
        Some(value) => Ok((name.clone(), value.clone())),
        None => Err(EventError::new(format!(
            "Records[{}]: the item has no attribute `{name}`, and the key of its table is `{}`: say what is, with \
             `.key(\"…\")`",
            place.number - 1,
            names.join("` and `")
        ))),
    };
    names.iter().map(attribute).collect()
}

/// Where a record stands.
pub(super) struct Place<'a> {
    pub(super) number: usize,
    pub(super) keys: &'a [String],
    pub(super) view: StreamView,
    pub(super) arn: &'a str,
    pub(super) region: &'a str,
}

/// A record as it stands in the event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire<'a> {
    #[serde(rename = "eventID")]
    event_id: String,
    event_name: &'static str,
    event_version: &'a str,
    event_source: &'static str,
    aws_region: &'a str,
    dynamodb: StreamRecord<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_identity: Option<UserIdentity>,
    #[serde(rename = "eventSourceARN")]
    arn: &'a str,
}

/// See [StreamRecord](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StreamRecord<'a> {
    approximate_creation_date_time: u64,
    keys: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_image: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_image: Option<&'a Map<String, Value>>,
    sequence_number: String,
    size_bytes: u64,
    stream_view_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserIdentity {
    r#type: &'static str,
    principal_id: &'static str,
}
