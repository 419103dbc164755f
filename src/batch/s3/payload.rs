//! Notifications as the payload of a record or an event.

use super::object::{EntityJson, RecordJson, S3Object};
use crate::batch::payload::{DecodeError, Payload, help_for, is_test_event, json_error, utf8};
use lrt_core::__private::json::find_field;
use serde::Deserialize;

/// The objects in an event of S3, as a payload: in a queue, a topic or an EventBridge event.
///
/// | Event | Payload |
/// |---|---|
/// | a notification that S3 sends to a queue | `S3` |
/// | a notification that S3 sends to a topic, and the topic to a queue or a function | `Sns<S3>` |
/// | an EventBridge event, in a queue or in a function | `S3`, or `EventBridge<S3>` |
///
/// Keys are decoded where S3 encodes them, which it does in notifications only. The event that tests a notification
/// (`s3:TestEvent`) has no objects, so that it is acknowledged.
///
/// ```
/// use lrt::payload::S3;
/// use lrt::testing::events;
///
/// async fn index(event: S3) -> Result<(), lrt::Error> {
///     for object in event {
///         println!("{} in {}", object.key, object.bucket);
///     }
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let test = r#"{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "photos"}"#;
/// let event = events::sqs().json(&events::s3().created("red flower.jpg")).text(test);
/// assert_eq!(lrt::sqs(index).harness().invoke(event).await.batch_failures(), [""; 0]);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct S3 {
    /// The objects. S3 sends one per event in practice.
    pub objects: Vec<S3Object>,
}

impl IntoIterator for S3 {
    type Item = S3Object;
    type IntoIter = std::vec::IntoIter<S3Object>;

    fn into_iter(self) -> Self::IntoIter {
        self.objects.into_iter()
    }
}

/// Marks a payload that is an event of S3.
#[derive(Debug)]
pub struct ViaS3;

#[derive(Deserialize)]
#[serde(expecting = "an event of S3")]
struct NotificationJson {
    #[serde(rename = "Records")]
    records: Vec<RecordJson>,
}

#[derive(Deserialize)]
#[serde(expecting = "an event of S3")]
struct EventBridgeJson {
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: EntityJson,
}

#[diagnostic::do_not_recommend]
impl Payload<ViaS3> for S3 {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_text(utf8(bytes)?)
    }

    fn decode_text(event: &str) -> Result<Self, DecodeError> {
        let objects = if is_test_event(event) {
            Vec::new()
        } else if find_field(event, "detail-type").is_some() {
            let EventBridgeJson { detail_type, detail } = read(event)?;
            vec![detail.into_object(detail_type)]
        } else {
            let NotificationJson { records } = read(event)?;
            records.into_iter().map(RecordJson::into_object).collect::<Result<_, _>>()?
        };
        Ok(S3 { objects })
    }

    fn decode_detail(detail_type: &str, detail: &str) -> Result<Self, DecodeError> {
        Ok(S3 { objects: vec![read::<EntityJson>(detail)?.into_object(detail_type.to_owned())] })
    }
}

fn read<'a, T: Deserialize<'a>>(event: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(event).map_err(|error| {
        let error = json_error(event.as_bytes(), &error).with_context("invalid S3 event: ");
        error.with_help(help_for(event, ""))
    })
}
