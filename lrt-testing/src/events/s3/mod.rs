//! S3 event notifications.

mod object;

pub use object::{S3Object, object};

use super::overrides::WithOverrides;
use super::source::{value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use object::{S3Position, S3RecordJson};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Starts a notification of created or removed objects
/// ([the event](https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html)).
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::s3().bucket("photos").created("2026/red flower.jpg").removed("old.jpg").build();
/// assert_eq!(event["Records"][0]["eventName"], "ObjectCreated:Put");
/// // Keys are form-encoded.
/// assert_eq!(event["Records"][0]["s3"]["object"]["key"], "2026/red+flower.jpg");
/// assert_eq!(event["Records"][1]["eventName"], "ObjectRemoved:Delete");
/// ```
///
/// In a queue, the notification is the body of a message: `events::sqs().json(&events::s3().created("a.jpg"))`.
pub fn s3() -> S3Event {
    S3Event { bucket: "bucket".to_owned(), region: "us-east-1".to_owned(), objects: Vec::new() }
}

/// Builder of an S3 notification, created by [`s3`].
#[derive(Clone, Debug)]
#[must_use]
pub struct S3Event {
    bucket: String,
    region: String,
    objects: Vec<S3Object>,
}

impl S3Event {
    /// Adds a created object.
    pub fn created(self, key: impl Into<String>) -> S3Event {
        self.object(object(key))
    }

    /// Adds a removed object.
    pub fn removed(self, key: impl Into<String>) -> S3Event {
        self.object(object(key).event_name("ObjectRemoved:Delete"))
    }

    /// Adds a record built with [`object()`](object).
    pub fn object(mut self, object: S3Object) -> S3Event {
        self.objects.push(object);
        self
    }

    /// Sets the bucket's name. The default is `bucket`.
    pub fn bucket(mut self, name: impl Into<String>) -> S3Event {
        self.bucket = name.into();
        self
    }

    /// Sets the bucket's region. The default is `us-east-1`.
    pub fn region(mut self, region: impl Into<String>) -> S3Event {
        self.region = region.into();
        self
    }

    /// Returns the event as JSON.
    ///
    /// # Panics
    ///
    /// Panics if a pointer of [`S3Object::set`] leads through a value that is not an object.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }
}

impl IntoEvent for S3Event {
    fn into_event(self) -> Result<Bytes, EventError> {
        write(&self).map(Bytes::from)
    }
}

impl Serialize for S3Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let position = |at| S3Position { number: at + 1, bucket: &self.bucket, region: &self.region };
        let records = self.objects.iter().enumerate().map(|(at, object)| object.record(&position(at)));
        let records = records.collect::<Result<_, _>>().map_err(S::Error::custom)?;
        S3Json { records }.serialize(serializer)
    }
}

#[derive(Serialize)]
struct S3Json<'a> {
    #[serde(rename = "Records")]
    records: Vec<WithOverrides<S3RecordJson<'a>>>,
}
