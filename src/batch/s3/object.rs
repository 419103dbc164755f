//! An object in a notification.

use super::Bucket;
use crate::batch::args::FromRecord;
use crate::batch::event::RawRecord;
use crate::batch::payload::{DecodeError, Payload, ViaResult, decode_bytes, has_error, json_error};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// An object of a bucket, and the event that concerns it.
///
/// ```
/// use lrt::s3::S3Object;
/// use lrt::testing::events;
///
/// async fn thumb(object: S3Object) -> Result<(), lrt::Error> {
///     // The notification contains `red+flower+%281%29.jpg`.
///     assert_eq!((&*object.bucket, &*object.key), ("photos", "red flower (1).jpg"));
///     assert!(object.is_created());
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let event = events::s3().bucket("photos").created("red flower (1).jpg");
/// assert!(lrt::s3(thumb).harness().invoke(event).await.is_ok());
/// # }
/// ```
///
/// See [the structure of notifications](https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html)
/// and [of EventBridge events](https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct S3Object {
    /// The name of the bucket.
    pub bucket: String,
    /// The decoded key, as requests of S3 take it.
    pub key: String,
    /// The event: `ObjectCreated:Put` in a notification, `Object Created` from EventBridge.
    pub event: String,
    /// The size in bytes. Removed objects have no size.
    pub size: Option<u64>,
    /// The entity tag, without quotes. Removed objects have none.
    pub etag: Option<String>,
    /// The version, if the bucket is versioned.
    pub version_id: Option<String>,
    /// A hexadecimal number that orders the events of one key, if the event has it
    /// ([comparing](https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html)).
    pub sequencer: Option<String>,
}

impl S3Object {
    /// Returns true if the event is the creation of the object, or its replacement.
    pub fn is_created(&self) -> bool {
        self.event.starts_with("ObjectCreated:") || self.event == "Object Created"
    }

    /// Returns true if the event is the removal of the object, by a request or by a lifecycle rule.
    pub fn is_removed(&self) -> bool {
        let event = &*self.event;
        event.starts_with("ObjectRemoved:") || event.starts_with("LifecycleExpiration:") || event == "Object Deleted"
    }
}

/// A record of a notification.
#[derive(Deserialize)]
#[serde(expecting = "a record of a notification")]
pub(super) struct RecordJson {
    #[serde(rename = "eventName")]
    event_name: String,
    s3: EntityJson,
}

/// The bucket and the object, in a notification and in the detail of an EventBridge event.
#[derive(Deserialize)]
#[serde(expecting = "a bucket and an object")]
pub(super) struct EntityJson {
    bucket: BucketJson,
    object: ObjectJson,
}

#[derive(Deserialize)]
#[serde(expecting = "a bucket")]
struct BucketJson {
    name: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object of a bucket")]
struct ObjectJson {
    key: String,
    size: Option<u64>,
    #[serde(alias = "eTag")]
    etag: Option<String>,
    #[serde(alias = "versionId", rename = "version-id")]
    version_id: Option<String>,
    sequencer: Option<String>,
}

impl EntityJson {
    /// Returns the object, whose key is not encoded.
    pub(super) fn into_object(self, event: String) -> S3Object {
        let ObjectJson { key, size, etag, version_id, sequencer } = self.object;
        S3Object { bucket: self.bucket.name, key, event, size, etag, version_id, sequencer }
    }
}

impl RecordJson {
    /// Returns the object. Its key is form-encoded: `red+flower%21.jpg`.
    ///
    /// # Errors
    ///
    /// Returns an error if the key is not UTF-8.
    pub(super) fn into_object(self) -> Result<S3Object, DecodeError> {
        let mut object = self.s3.into_object(self.event_name);
        let key = object.key.replace('+', " ");
        let key = percent_decode_str(&key).decode_utf8();
        object.key =
            key.map_err(|_| DecodeError::new("invalid S3 record: s3.object.key does not decode to UTF-8"))?.into();
        Ok(object)
    }
}

/// A parameter that is decoded from the entire record.
#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> FromRecord<Bucket, M> for P {
    fn from_record(record: &RawRecord) -> Result<P, DecodeError> {
        decode_bytes(record)
    }

    fn has_decode_error(self) -> bool {
        has_error(self)
    }
}

/// Marks a parameter that is an [`S3Object`].
#[derive(Debug)]
pub struct ViaS3Object;

#[diagnostic::do_not_recommend]
impl FromRecord<Bucket, ViaS3Object> for S3Object {
    fn from_record(record: &RawRecord) -> Result<S3Object, DecodeError> {
        let payload = record.payload()?;
        let decoded = serde_json::from_slice::<RecordJson>(&payload);
        let invalid = |error| json_error(&payload, &error).with_context("invalid S3 record: ");
        decoded.map_err(invalid)?.into_object()
    }
}

/// A parameter that passes a decode error to the handler.
#[diagnostic::do_not_recommend]
impl FromRecord<Bucket, ViaResult<ViaS3Object>> for Result<S3Object, DecodeError> {
    fn from_record(record: &RawRecord) -> Result<Self, DecodeError> {
        Ok(S3Object::from_record(record).map_err(|error| error.with_record(record)))
    }

    fn has_decode_error(self) -> bool {
        self.is_err()
    }
}
