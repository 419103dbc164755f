//! Records of S3 notifications.

use crate::EventError;
use crate::events::overrides::{Overrides, WithOverrides};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;

/// Starts a record of an object, for [`S3Event::object`](super::S3Event::object). The object was created, unless
/// [another event](S3Object::event_name) is set. The key is not encoded yet.
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::s3().object(events::object("a.jpg").event_name("ObjectCreated:Copy").size(7)).build();
/// assert_eq!(event["Records"][0]["eventName"], "ObjectCreated:Copy");
/// assert_eq!(event["Records"][0]["s3"]["object"]["size"], 7);
/// ```
pub fn object(key: impl Into<String>) -> S3Object {
    S3Object {
        key: key.into(),
        event_name: "ObjectCreated:Put".to_owned(),
        event_time: "2026-01-01T00:00:00.000Z".to_owned(),
        size: 1024,
        etag: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        version_id: None,
        sequencer: None,
        overrides: Overrides::default(),
    }
}

/// Builder of a record, created by [`object`].
#[derive(Clone, Debug)]
#[must_use]
pub struct S3Object {
    key: String,
    event_name: String,
    event_time: String,
    size: u64,
    etag: String,
    version_id: Option<String>,
    sequencer: Option<String>,
    overrides: Overrides,
}

impl S3Object {
    /// Sets the `eventName`, such as `ObjectCreated:Copy` or `ObjectRemoved:DeleteMarkerCreated`.
    pub fn event_name(mut self, name: impl Into<String>) -> S3Object {
        self.event_name = name.into();
        self
    }

    /// Sets the time. The default is `2026-01-01T00:00:00.000Z`.
    pub fn event_time(mut self, time: impl Into<String>) -> S3Object {
        self.event_time = time.into();
        self
    }

    /// Sets the object's size in bytes. The default is 1024. Removed objects have no size.
    pub fn size(mut self, bytes: u64) -> S3Object {
        self.size = bytes;
        self
    }

    /// Sets the object's ETag. The default is the ETag of an empty object. Removed objects have no ETag.
    pub fn etag(mut self, etag: impl Into<String>) -> S3Object {
        self.etag = etag.into();
        self
    }

    /// Sets the object's version, for buckets with versioning.
    pub fn version_id(mut self, id: impl Into<String>) -> S3Object {
        self.version_id = Some(id.into());
        self
    }

    /// Sets the sequencer, which orders the events of one key.
    pub fn sequencer(mut self, sequencer: impl Into<String>) -> S3Object {
        self.sequencer = Some(sequencer.into());
        self
    }

    /// Sets any member of the record by its [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901), for members without a method and
    /// for values that S3 would not send. Creates missing objects on the path.
    ///
    /// ```
    /// use lrt::testing::events;
    ///
    /// let event = events::s3().object(events::object("a.jpg").set("/userIdentity/principalId", "AWS:ada")).build();
    /// assert_eq!(event["Records"][0]["userIdentity"]["principalId"], "AWS:ada");
    /// ```
    pub fn set(mut self, pointer: &str, value: impl Into<Value>) -> S3Object {
        self.overrides.set(pointer, value.into());
        self
    }

    pub(super) fn record<'a>(
        &'a self,
        position: &S3Position<'a>,
    ) -> Result<WithOverrides<S3RecordJson<'a>>, EventError> {
        self.overrides.apply(self.to_json(position))
    }

    fn to_json<'a>(&'a self, position: &S3Position<'a>) -> S3RecordJson<'a> {
        let exists = !self.event_name.starts_with("ObjectRemoved");
        S3RecordJson {
            event_version: "2.1",
            event_source: "aws:s3",
            aws_region: position.region,
            event_time: &self.event_time,
            event_name: &self.event_name,
            user_identity: PrincipalJson { principal_id: "AWS:AIDAEXAMPLE" },
            request_parameters: RequestParametersJson { source_ip: "127.0.0.1" },
            response_elements: ResponseElementsJson { request_id: "EXAMPLE", id_2: "EXAMPLE" },
            s3: S3 {
                version: "1.0",
                configuration_id: "configuration-1",
                bucket: BucketJson {
                    name: position.bucket,
                    owner_identity: PrincipalJson { principal_id: "EXAMPLE" },
                    arn: format!("arn:aws:s3:::{}", position.bucket),
                },
                object: ObjectJson {
                    key: encoded(&self.key),
                    size: exists.then_some(self.size),
                    e_tag: exists.then_some(&self.etag),
                    version_id: self.version_id.as_deref(),
                    sequencer: self.sequencer.clone().unwrap_or_else(|| format!("{:018X}", position.number)),
                },
            },
        }
    }
}

/// Encodes a key as S3 does: like a form, but with slashes.
fn encoded(key: &str) -> String {
    const ENCODED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/').remove(b' ');
    utf8_percent_encode(key, ENCODED).to_string().replace(' ', "+")
}

/// The position of a record in its event, and its bucket.
pub(super) struct S3Position<'a> {
    pub(super) number: usize,
    pub(super) bucket: &'a str,
    pub(super) region: &'a str,
}

/// The JSON form of a record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct S3RecordJson<'a> {
    event_version: &'static str,
    event_source: &'static str,
    aws_region: &'a str,
    event_time: &'a str,
    event_name: &'a str,
    user_identity: PrincipalJson,
    request_parameters: RequestParametersJson,
    response_elements: ResponseElementsJson,
    s3: S3<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrincipalJson {
    principal_id: &'static str,
}

#[derive(Serialize)]
struct RequestParametersJson {
    #[serde(rename = "sourceIPAddress")]
    source_ip: &'static str,
}

#[derive(Serialize)]
struct ResponseElementsJson {
    #[serde(rename = "x-amz-request-id")]
    request_id: &'static str,
    #[serde(rename = "x-amz-id-2")]
    id_2: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct S3<'a> {
    #[serde(rename = "s3SchemaVersion")]
    version: &'static str,
    configuration_id: &'static str,
    bucket: BucketJson<'a>,
    object: ObjectJson<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BucketJson<'a> {
    name: &'a str,
    owner_identity: PrincipalJson,
    arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectJson<'a> {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e_tag: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<&'a str>,
    sequencer: String,
}
