//! What happened to one object.

use super::super::overrides::{Overrides, WithOverrides};
use crate::EventError;
use serde::Serialize;
use serde_json::Value;

/// What happened to an object, in detail, for [`S3Event::object`](super::S3Event::object): it was written, unless
/// [another event](S3Object::event_name) is set. The key is as its owner knows it; the event has it encoded.
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

/// The object that [`object`] begins.
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
    /// The `eventName`: `ObjectCreated:Copy`, `ObjectRemoved:DeleteMarkerCreated`, ….
    pub fn event_name(mut self, name: impl Into<String>) -> S3Object {
        self.event_name = name.into();
        self
    }

    /// When it happened; `2026-01-01T00:00:00.000Z` unless set.
    pub fn event_time(mut self, time: impl Into<String>) -> S3Object {
        self.event_time = time.into();
        self
    }

    /// The object's size in bytes; 1024 unless set. What was deleted has none.
    pub fn size(mut self, bytes: u64) -> S3Object {
        self.size = bytes;
        self
    }

    /// The object's ETag; that of an empty one unless set. What was deleted has none.
    pub fn etag(mut self, etag: impl Into<String>) -> S3Object {
        self.etag = etag.into();
        self
    }

    /// The object's version, in a bucket with versions.
    pub fn version_id(mut self, id: impl Into<String>) -> S3Object {
        self.version_id = Some(id.into());
        self
    }

    /// What tells the order of two events of one key.
    pub fn sequencer(mut self, sequencer: impl Into<String>) -> S3Object {
        self.sequencer = Some(sequencer.into());
        self
    }

    /// Any member of the object's record, by its [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901): what has no method of
    /// its own, and what S3 would not send. Objects on the way are made.
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

    pub(super) fn record<'a>(&'a self, place: &Place<'a>) -> Result<WithOverrides<Wire<'a>>, EventError> {
        self.overrides.apply(self.wire(place))
    }

    fn wire<'a>(&'a self, place: &Place<'a>) -> Wire<'a> {
        let there = !self.event_name.starts_with("ObjectRemoved");
        Wire {
            event_version: "2.1",
            event_source: "aws:s3",
            aws_region: place.region,
            event_time: &self.event_time,
            event_name: &self.event_name,
            user_identity: Principal { principal_id: "AWS:AIDAEXAMPLE" },
            request_parameters: RequestParameters { source_ip: "127.0.0.1" },
            response_elements: ResponseElements { request_id: "EXAMPLE", id_2: "EXAMPLE" },
            s3: S3 {
                version: "1.0",
                configuration_id: "configuration-1",
                bucket: Bucket {
                    name: place.bucket,
                    owner_identity: Principal { principal_id: "EXAMPLE" },
                    arn: format!("arn:aws:s3:::{}", place.bucket),
                },
                object: Object {
                    key: encoded(&self.key),
                    size: there.then_some(self.size),
                    e_tag: there.then_some(&self.etag),
                    version_id: self.version_id.as_deref(),
                    sequencer: self.sequencer.clone().unwrap_or_else(|| format!("{:018X}", place.number)),
                },
            },
        }
    }
}

/// A key as it stands in an event.
fn encoded(key: &str) -> String {
    let encoded = key.bytes().map(|byte| match byte {
        b' ' => "+".to_owned(),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// Where an object's record stands.
pub(super) struct Place<'a> {
    pub(super) number: usize,
    pub(super) bucket: &'a str,
    pub(super) region: &'a str,
}

/// A record as it stands in the event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire<'a> {
    event_version: &'static str,
    event_source: &'static str,
    aws_region: &'a str,
    event_time: &'a str,
    event_name: &'a str,
    user_identity: Principal,
    request_parameters: RequestParameters,
    response_elements: ResponseElements,
    s3: S3<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Principal {
    principal_id: &'static str,
}

#[derive(Serialize)]
struct RequestParameters {
    #[serde(rename = "sourceIPAddress")]
    source_ip: &'static str,
}

#[derive(Serialize)]
struct ResponseElements {
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
    bucket: Bucket<'a>,
    object: Object<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bucket<'a> {
    name: &'a str,
    owner_identity: Principal,
    arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e_tag: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<&'a str>,
    sequencer: String,
}
