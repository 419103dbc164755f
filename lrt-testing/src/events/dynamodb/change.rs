//! Records of DynamoDB streams.

use super::{StreamView, size};
use crate::EventError;
use crate::events::source::{START, since_epoch};
use lrt_core::__private::dynamodb_item;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::time::{Duration, SystemTime};

/// Starts a record of an inserted item, for [`DynamoDbEvent::record`](super::DynamoDbEvent::record).
pub fn insert(new: &impl Serialize) -> ItemChange {
    ItemChange::new("INSERT", None, Some(image(new)))
}

/// Starts a record of a modified item, for [`DynamoDbEvent::record`](super::DynamoDbEvent::record).
pub fn modify(old: &impl Serialize, new: &impl Serialize) -> ItemChange {
    ItemChange::new("MODIFY", Some(image(old)), Some(image(new)))
}

/// Starts a record of a deleted item, for [`DynamoDbEvent::record`](super::DynamoDbEvent::record).
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
    dynamodb_item::item(item).map_err(|error| EventError::new(error.to_string()))
}

/// Builder of a stream record. Everything that is not set has the form that DynamoDB sends.
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

    /// Sets the item's keys, which replace its [key attributes](super::DynamoDbEvent::key).
    pub fn keys(mut self, keys: &impl Serialize) -> ItemChange {
        self.keys = Some(image(keys));
        self
    }

    /// Marks the item as deleted by DynamoDB because its
    /// [time to live](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html)
    /// expired.
    pub fn by_ttl(mut self) -> ItemChange {
        self.by_ttl = true;
        self
    }

    /// Sets the sequence number, which identifies the record. The default is `100000000000000000001` for the first
    /// record of an event, and increases by one for each record that follows.
    pub fn sequence_number(mut self, number: impl Into<String>) -> ItemChange {
        self.sequence_number = Some(number.into());
        self
    }

    /// Sets the time of the change, to the second. The default is the beginning of 2026.
    pub fn created_at(mut self, time: SystemTime) -> ItemChange {
        self.created_at = Some(time);
        self
    }

    /// Sets the `eventID`.
    pub fn event_id(mut self, id: impl Into<String>) -> ItemChange {
        self.event_id = Some(id.into());
        self
    }

    /// Sets the `eventVersion`.
    pub fn event_version(mut self, version: impl Into<String>) -> ItemChange {
        self.event_version = version.into();
        self
    }

    /// Sets `SizeBytes`. The default is the size that DynamoDB would count.
    pub fn size_bytes(mut self, bytes: u64) -> ItemChange {
        self.size_bytes = Some(bytes);
        self
    }

    pub(super) fn to_json<'a>(&'a self, position: &ChangePosition<'a>) -> Result<Box<ChangeJson<'a>>, EventError> {
        let new = built(&self.new)?;
        let old = built(&self.old)?;
        let keys = match built(&self.keys)? {
            Some(keys) => keys.clone(),
            None => keys_of(new.or(old).expect("a change has an image"), position)?,
        };
        let new_image = new.filter(|_| position.view.has_new());
        let old_image = old.filter(|_| position.view.has_old());
        let sizes = [Some(&keys), new_image, old_image].map(|image| image.map_or(0, size::of_item));
        let sequence_number = self.sequence_number.clone().unwrap_or_else(|| format!("1{:020}", position.number));
        let created_at =
            self.created_at.map_or_else(|| START + Duration::from_secs(position.number as u64 - 1), since_epoch);
        Ok(Box::new(ChangeJson {
            event_id: self.event_id.clone().unwrap_or_else(|| format!("{:x}", md5::compute(&sequence_number))),
            event_name: self.name,
            event_version: &self.event_version,
            event_source: "aws:dynamodb",
            aws_region: position.region,
            dynamodb: StreamRecordJson {
                approximate_creation_date_time: created_at.as_secs(),
                keys,
                new_image,
                old_image,
                sequence_number,
                size_bytes: self.size_bytes.unwrap_or_else(|| sizes.iter().sum()),
                stream_view_type: position.view.name(),
            },
            user_identity: self
                .by_ttl
                .then_some(UserIdentityJson { r#type: "Service", principal_id: "dynamodb.amazonaws.com" }),
            arn: position.arn,
        }))
    }
}

impl ItemChange {
    /// Returns the JSON that DynamoDB writes to a Kinesis stream
    /// ([its form](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html)).
    pub(in crate::events) fn to_kinesis_json(&self, table: &str) -> Result<Value, EventError> {
        let position =
            ChangePosition { number: 1, keys: &[], view: StreamView::NewAndOldImages, arn: "", region: "us-east-1" };
        let ChangeJson { event_id, event_name, event_source, aws_region, dynamodb, user_identity, .. } =
            *self.to_json(&position)?;
        let StreamRecordJson { keys, new_image, old_image, size_bytes, .. } = dynamodb;
        let created_at = self.created_at.map_or(START, since_epoch);
        let mut record = json!({
            "ApproximateCreationDateTime": created_at.as_micros() as u64,
            "ApproximateCreationDateTimePrecision": "MICROSECOND",
            "Keys": keys,
            "SizeBytes": size_bytes,
        });
        for (name, image) in [("NewImage", new_image), ("OldImage", old_image)] {
            if let Some(image) = image {
                record[name] = image.clone().into();
            }
        }
        Ok(json!({
            "awsRegion": aws_region,
            "eventID": event_id,
            "eventName": event_name,
            "userIdentity": user_identity,
            "recordFormat": "application/json",
            "tableName": table,
            "dynamodb": record,
            "eventSource": event_source,
        }))
    }
}

fn built(image: &Option<Image>) -> Result<Option<&Map<String, Value>>, EventError> {
    image.as_ref().map(|image| image.as_ref().map_err(EventError::clone)).transpose()
}

/// Returns the key attributes of an item.
fn keys_of(item: &Map<String, Value>, position: &ChangePosition<'_>) -> Result<Map<String, Value>, EventError> {
    let default = ["id".to_owned()];
    let names = if position.keys.is_empty() { &default[..] } else { position.keys };
    let attribute = |name: &String| match item.get(name) {
        Some(value) => Ok((name.clone(), value.clone())),
        None => Err(EventError::new(format!(
            "Records[{}]: the item has no attribute `{name}`, which is a key of the table; set the table's keys with \
             `.key(\"…\")`",
            position.number - 1
        ))),
    };
    names.iter().map(attribute).collect()
}

/// The position of a record in its event, and its stream.
pub(super) struct ChangePosition<'a> {
    pub(super) number: usize,
    pub(super) keys: &'a [String],
    pub(super) view: StreamView,
    pub(super) arn: &'a str,
    pub(super) region: &'a str,
}

/// The JSON form of a record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeJson<'a> {
    #[serde(rename = "eventID")]
    event_id: String,
    event_name: &'static str,
    event_version: &'a str,
    event_source: &'static str,
    aws_region: &'a str,
    dynamodb: StreamRecordJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_identity: Option<UserIdentityJson>,
    #[serde(rename = "eventSourceARN")]
    arn: &'a str,
}

/// See [StreamRecord](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StreamRecordJson<'a> {
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
struct UserIdentityJson {
    r#type: &'static str,
    principal_id: &'static str,
}
