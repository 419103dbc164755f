//! Notifications of an S3 bucket.

mod object;

pub use object::{S3Object, object};

use super::overrides::WithOverrides;
use super::source::{value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use object::{Place, Wire};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// What S3 tells a function, or a queue, of objects that were written or deleted
/// ([the event](https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html)).
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::s3().bucket("photos").created("2026/red flower.jpg").removed("old.jpg").build();
/// assert_eq!(event["Records"][0]["eventName"], "ObjectCreated:Put");
/// // Keys are encoded, as in a form.
/// assert_eq!(event["Records"][0]["s3"]["object"]["key"], "2026/red+flower.jpg");
/// assert_eq!(event["Records"][1]["eventName"], "ObjectRemoved:Delete");
/// ```
///
/// Sent to a queue, it is a message's body: `events::sqs().json(&events::s3().created("a.jpg"))`.
pub fn s3() -> S3Event {
    S3Event { bucket: "bucket".to_owned(), region: "us-east-1".to_owned(), objects: Vec::new() }
}

/// The event that [`s3`] begins.
#[derive(Clone, Debug)]
#[must_use]
pub struct S3Event {
    bucket: String,
    region: String,
    objects: Vec<S3Object>,
}

impl S3Event {
    /// An object was written.
    pub fn created(self, key: impl Into<String>) -> S3Event {
        self.object(object(key))
    }

    /// An object was deleted.
    pub fn removed(self, key: impl Into<String>) -> S3Event {
        self.object(object(key).event_name("ObjectRemoved:Delete"))
    }

    /// What happened to an object, in detail: [`object()`](object).
    pub fn object(mut self, object: S3Object) -> S3Event {
        self.objects.push(object);
        self
    }

    /// The bucket's name; `bucket` unless set.
    pub fn bucket(mut self, name: impl Into<String>) -> S3Event {
        self.bucket = name.into();
        self
    }

    /// The bucket's region; `us-east-1` unless set.
    pub fn region(mut self, region: impl Into<String>) -> S3Event {
        self.region = region.into();
        self
    }

    /// The event as JSON.
    ///
    /// # Panics
    ///
    /// When a pointer of an [object](S3Object::set) leads into what is no object.
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
        let place = |at| Place { number: at + 1, bucket: &self.bucket, region: &self.region };
        let records = self.objects.iter().enumerate().map(|(at, object)| object.record(&place(at)));
        let records = records.collect::<Result<_, _>>().map_err(S::Error::custom)?;
        Event { records }.serialize(serializer)
    }
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "Records")]
    records: Vec<WithOverrides<Wire<'a>>>,
}
