//! Types that the payload of a record can be decoded into.

use super::dynamodb::attribute;
use super::event::{JsonSpan, RawRecord, RecordId};
use crate::function::rejected::{NoImpl, Rejected};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use lrt_core::__private::json::path::{self, JsonPosition};
use lrt_core::__private::json::redact::redact_values;
use lrt_core::__private::json::{decode_string, fields, find_text};
use lrt_core::ErrorReport;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

/// The error of a payload that does not fit its type.
///
/// Its message contains the cause and its position, but no values of the payload, since it is logged.
///
/// ```
/// use lrt::testing::{Harness, events};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// async fn pay(_card: u64) -> Result<(), lrt::Error> {
///     Ok(())
/// }
///
/// let outcome = lrt::sqs(pay).harness().invoke(events::sqs().text("\"4111 1111\"")).await;
/// assert!(outcome.logs()[0].contains("invalid type: string, expected u64 at line 1 column 11"));
/// # }
/// ```
pub struct DecodeError(Box<DecodeErrorInner>);

#[derive(Clone)]
struct DecodeErrorInner {
    record: Option<RecordId>,
    /// The path of the nested text to which the message and the position refer; empty for the payload itself.
    text: String,
    message: String,
    place: Option<JsonPosition>,
    /// A hint about how to fix the function.
    help: Option<&'static str>,
}

impl DecodeError {
    /// Creates the error of a [`Decode`](crate::payload::Decode), with a message of your own.
    ///
    /// The message is logged as it is, so it should not contain values of the payload.
    ///
    /// ```
    /// use lrt::batch::DecodeError;
    ///
    /// let error = DecodeError::custom("expected 3 columns, got 2");
    /// assert_eq!(error.to_string(), "expected 3 columns, got 2");
    /// ```
    #[cold]
    pub fn custom(message: impl fmt::Display) -> DecodeError {
        DecodeError::with_message(lrt_core::__private::display(&message), None)
    }

    pub(crate) fn new(message: impl fmt::Display) -> DecodeError {
        DecodeError::at(lrt_core::__private::display(&message), None)
    }

    #[cold]
    pub(super) fn at(message: String, place: Option<JsonPosition>) -> DecodeError {
        DecodeError::with_message(redact_values(&message), place)
    }

    fn with_message(message: String, place: Option<JsonPosition>) -> DecodeError {
        DecodeError(Box::new(DecodeErrorInner { record: None, text: String::new(), message, place, help: None }))
    }

    /// Converts the error of a payload that is a string in another payload, such as an SNS `Message`, to an error of
    /// that payload.
    pub(super) fn in_text(mut self, key: &str) -> DecodeError {
        self.0.text = path::join(key, &self.0.text);
        self
    }

    /// Converts the error of a payload that is a value in another payload, after the JSON `before`, to an error of that
    /// payload.
    pub(super) fn in_value(mut self, key: &str, before: &str) -> DecodeError {
        match self.0.place.take() {
            Some(place) if self.0.text.is_empty() => self.0.place = Some(place.inside(key, before)),
            place => {
                self.0.place = place;
                self.0.text = path::join(key, &self.0.text);
            }
        }
        self
    }

    /// Prepends `context` to the message, and to the path of a nested text.
    pub(crate) fn with_context(mut self, context: &str) -> DecodeError {
        let text = if self.0.text.is_empty() { &mut self.0.message } else { &mut self.0.text };
        text.insert_str(0, context);
        self
    }

    /// Returns the same error, for a record that is decoded more than once.
    pub(super) fn copy(&self) -> DecodeError {
        DecodeError(self.0.clone())
    }

    /// Adds help, unless the error already has some: the code closest to the cause gives the most specific help.
    pub(super) fn with_help(mut self, help: impl Into<Option<&'static str>>) -> DecodeError {
        self.0.help = self.0.help.or(help.into());
        self
    }

    pub(crate) fn with_record(mut self, record: &RawRecord) -> DecodeError {
        self.0.record.get_or_insert_with(|| record.id());
        self
    }

    /// Returns the record that does not decode; `None` if the payload is not from a record of a batch.
    pub fn id(&self) -> Option<&RecordId> {
        self.0.record.as_ref()
    }

    /// Returns the bytes of the payload that does not decode, as the service delivered them: a change that a record layer
    /// made ([`RawRecord::with_payload`]) is not included. `None` if the record has no payload, or if the payload is not
    /// from a record of a batch.
    ///
    /// A function that takes a `Result` can store them elsewhere, so that the record does not come back:
    ///
    /// ```
    /// use lrt::batch::DecodeError;
    /// use lrt::testing::events;
    /// # async fn book(_: u64) -> Result<(), lrt::Error> { Ok(()) }
    /// # async fn store(payload: bytes::Bytes) -> Result<(), lrt::Error> { assert_eq!(&*payload, b"not json"); Ok(()) }
    ///
    /// async fn pay(amount: Result<u64, DecodeError>) -> Result<(), lrt::Error> {
    ///     match amount {
    ///         Ok(amount) => book(amount).await,
    ///         Err(error) => store(error.payload().unwrap_or_default()).await,
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let outcome = lrt::sqs(pay).harness().invoke(events::sqs().json(&7).text("not json")).await;
    /// assert!(outcome.batch_failures().is_empty());
    /// # }
    /// ```
    pub fn payload(&self) -> Option<Bytes> {
        self.id()?.delivered_payload()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DecodeErrorInner { text, message, place, help, .. } = &*self.0;
        if !text.is_empty() {
            write!(f, "{text}: ")?;
        }
        f.write_str(message)?;
        if let Some(place) = place {
            write!(f, " at {place}")?;
        }
        if let Some(help) = help {
            write!(f, " (help: {help})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError").field("id", &self.0.record).field("message", &self.to_string()).finish()
    }
}

impl std::error::Error for DecodeError {}

/// Returns the report of an invocation whose event does not decode.
pub(crate) fn unmarshal(error: DecodeError) -> ErrorReport {
    ErrorReport::unmarshal(error.to_string())
}

/// A payload as a string, for bodies that are not JSON.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Text(pub String);

/// A payload as bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Raw(pub Bytes);

/// Types that a payload can be decoded into. `M` is an inferred marker.
///
/// It is not implemented directly: types with a format of their own implement [`Decode`](crate::payload::Decode).
pub trait Payload<M>: Sized + Send + 'static {
    /// True if the type gets the bytes of an aggregated record, rather than those of the records in it.
    #[doc(hidden)]
    const UNDIVIDED: bool = false;

    /// Decodes a payload.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes do not fit the type.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;

    /// Decodes a payload that is known to be UTF-8.
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`decode`](Payload::decode).
    fn decode_text(text: &str) -> Result<Self, DecodeError> {
        Self::decode(text.as_bytes())
    }

    /// Decodes the detail of an EventBridge event of this `detail-type`.
    #[doc(hidden)]
    fn decode_detail(_: &str, detail: &str) -> Result<Self, DecodeError> {
        Self::decode_text(detail)
    }

    /// Returns the value for a payload that is missing, as in Kafka's tombstones.
    ///
    /// # Errors
    ///
    /// Returns an error if the type has no such value.
    fn absent() -> Result<Self, DecodeError> {
        Err(DecodeError::new("the record is a tombstone, which has no value").with_help("take an `Option`"))
    }

    /// Returns the value for a payload that cannot be read from its record, such as malformed base64.
    ///
    /// # Errors
    ///
    /// Returns the error, unless the payload is a `Result`.
    #[doc(hidden)]
    fn unreadable(error: DecodeError) -> Result<Self, DecodeError> {
        Err(error)
    }

    /// Changes the error inside a payload that is, or contains, a `Result`: the surrounding code adds the position.
    #[doc(hidden)]
    fn map_error(self, _: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self
    }

    /// Decodes the event of a JSON function.
    #[doc(hidden)]
    fn decode_event(event: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(event)
    }

    /// Decodes an item of DynamoDB.
    #[doc(hidden)]
    fn decode_item(_: &str) -> Result<Self, DecodeError> {
        Err(DecodeError::new("an item of DynamoDB only decodes into a type that implements `serde::Deserialize`"))
    }

    /// Returns the part of a payload that is the same if a producer sends the payload again: without an envelope, which has
    /// another id and another time.
    #[doc(hidden)]
    fn content(payload: &[u8]) -> Cow<'_, [u8]> {
        Cow::Borrowed(payload)
    }

    /// Returns the [`content`](Payload::content) of the event of a JSON function.
    #[doc(hidden)]
    fn content_of_event(event: &[u8]) -> Cow<'_, [u8]> {
        Self::content(event)
    }
}

/// Adds the record to a payload's error, and to an error inside the payload.
pub(crate) fn with_record<P: Payload<M>, M>(
    decoded: Result<P, DecodeError>,
    record: &RawRecord,
) -> Result<P, DecodeError> {
    let with_record = |error: DecodeError| error.with_record(record);
    Ok(decoded.map_err(with_record)?.map_error(&with_record))
}

/// Returns true for a payload that is, or contains, a `Result` with an error.
pub(crate) fn has_error<P: Payload<M>, M>(payload: P) -> bool {
    let is_found = Cell::new(false);
    payload.map_error(&|error| {
        is_found.set(true);
        error
    });
    is_found.get()
}

/// Decodes a base64 field of a record.
pub(crate) fn base64(record: &RawRecord, field: JsonSpan, name: &str) -> Result<Vec<u8>, DecodeError> {
    let invalid = |cause: &dyn fmt::Display| record.decode_error(format_args!("invalid record: {cause}"));
    let json = match record.event.json(field) {
        "" => return Err(invalid(&format_args!("missing field `{name}`"))),
        json => json,
    };
    let text = decode_string(json).ok_or_else(|| invalid(&format_args!("`{name}` is not a string")))?;
    STANDARD.decode(&*text).map_err(|error| {
        let error = error.to_string();
        invalid(&format_args!("`{name}` is malformed base64: {}", error.trim_end_matches('.')))
    })
}

/// Decodes the payload of a record from its bytes.
pub(crate) fn decode_bytes<P: Payload<M>, M>(record: &RawRecord) -> Result<P, DecodeError> {
    decode_read(record.payload(), |payload| P::decode(&payload), record)
}

/// Decodes what was read from a record.
pub(crate) fn decode_read<T, P: Payload<M>, M>(
    read: Result<T, DecodeError>,
    decode: impl FnOnce(T) -> Result<P, DecodeError>,
    record: &RawRecord,
) -> Result<P, DecodeError> {
    with_record(read.map_or_else(P::unreadable, decode), record)
}

/// Marks a payload that is decoded from JSON.
#[derive(Debug)]
pub struct ViaJson;

/// Marks a payload that is a string or bytes.
#[derive(Debug)]
pub struct ViaBytes;

/// Marks a payload whose decode error is passed to the handler.
#[derive(Debug)]
pub struct ViaResult<M>(std::marker::PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> Payload<ViaJson> for T {
    fn decode(bytes: &[u8]) -> Result<T, DecodeError> {
        serde_json::from_slice(bytes).map_err(|error| payload_error(bytes, &error))
    }

    fn decode_text(text: &str) -> Result<T, DecodeError> {
        serde_json::from_str(text).map_err(|error| payload_error(text.as_bytes(), &error))
    }

    fn decode_item(item: &str) -> Result<T, DecodeError> {
        attribute::item(item).map_err(DecodeError::new)
    }

    fn absent() -> Result<T, DecodeError> {
        T::deserialize(serde::de::value::UnitDeserializer::<serde_json::Error>::new()).map_err(|error| {
            DecodeError::new(format_args!("the record is a tombstone, which has no value: {error}"))
                .with_help("take an `Option`")
        })
    }
}

#[diagnostic::do_not_recommend]
impl<T: NoImpl + Send + 'static> Payload<Rejected> for T {
    fn decode(_: &[u8]) -> Result<T, DecodeError> {
        unreachable!("no type implements `NoImpl`")
    }
}

#[diagnostic::do_not_recommend]
impl Payload<ViaBytes> for Text {
    fn decode(bytes: &[u8]) -> Result<Text, DecodeError> {
        utf8(bytes).map(|text| Text(text.to_owned()))
    }
}

#[diagnostic::do_not_recommend]
impl Payload<ViaBytes> for Raw {
    const UNDIVIDED: bool = true;

    fn decode(bytes: &[u8]) -> Result<Raw, DecodeError> {
        Ok(Raw(Bytes::copy_from_slice(bytes)))
    }
}

#[diagnostic::do_not_recommend]
impl Payload<ViaBytes> for Option<Text> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Text::decode(bytes).map(Some)
    }

    fn absent() -> Result<Self, DecodeError> {
        Ok(None)
    }
}

#[diagnostic::do_not_recommend]
impl Payload<ViaBytes> for Option<Raw> {
    const UNDIVIDED: bool = true;

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Raw::decode(bytes).map(Some)
    }

    fn absent() -> Result<Self, DecodeError> {
        Ok(None)
    }
}

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<ViaResult<M>> for Result<P, DecodeError> {
    const UNDIVIDED: bool = P::UNDIVIDED;

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(P::decode(bytes))
    }

    fn decode_text(text: &str) -> Result<Self, DecodeError> {
        Ok(P::decode_text(text))
    }

    fn decode_detail(detail_type: &str, detail: &str) -> Result<Self, DecodeError> {
        Ok(P::decode_detail(detail_type, detail))
    }

    fn content(payload: &[u8]) -> Cow<'_, [u8]> {
        P::content(payload)
    }

    fn absent() -> Result<Self, DecodeError> {
        Ok(P::absent())
    }

    fn unreadable(error: DecodeError) -> Result<Self, DecodeError> {
        Ok(P::unreadable(error))
    }

    fn map_error(self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self.map(|payload| payload.map_error(change)).map_err(change)
    }
}

/// Returns a payload as a string.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|error| DecodeError::new(format_args!("the payload is not UTF-8: {error}")))
}

/// Returns the error for a payload that is not the JSON that its type expects, with help if the function takes the
/// wrong type.
#[cold]
fn payload_error(payload: &[u8], error: &serde_json::Error) -> DecodeError {
    let is_json = !error.is_syntax() && !error.is_eof();
    let help = match std::str::from_utf8(payload) {
        Ok(text) if is_json => help_for(text, &error.to_string()),
        Ok(_) => Some("for payloads that are not JSON, take `lrt::payload::Text`"),
        Err(_) => Some("for payloads that are not text, take `lrt::payload::Raw`"),
    };
    json_error(payload, error).with_help(help)
}

/// Returns the error of JSON that does not decode.
#[cold]
pub(super) fn json_error(json: &[u8], error: &serde_json::Error) -> DecodeError {
    if json.trim_ascii().is_empty() {
        return DecodeError::new("the payload is empty");
    }
    // The magic number of RFC 1952, which JSON cannot begin with. CloudWatch Logs compresses its records.
    if json.starts_with(b"\x1f\x8b") {
        let error = DecodeError::new("the payload is gzip, not JSON");
        return error.with_help("take `lrt::payload::Gzip<T>`");
    }
    if error.is_syntax() || error.is_eof() {
        return DecodeError::new(format_args!("the payload is not JSON: {error}"));
    }
    let (message, place) = path::with_position(json, error);
    DecodeError::at(message, place)
}

/// Returns help for payloads that need another parameter type.
#[cold]
pub(super) fn help_for(payload: &str, error: &str) -> Option<&'static str> {
    let has = |name| fields(payload).any(|(field, _)| field == name);
    if has("TopicArn") && has("Message") {
        return Some("the payload is an SNS notification: take `lrt::payload::Sns<T>`");
    }
    if has("detail-type") && has("detail") {
        return Some("the payload is an EventBridge event: take `lrt::payload::EventBridge<T>`");
    }
    if is_test_event(payload) {
        return Some("S3 sends this event to test its notifications: take `lrt::payload::S3`, which accepts it");
    }
    // A type for the event itself, such as aws_lambda_events' `SqsEvent`.
    if error.starts_with("missing field `Records`") || error.starts_with("missing field `records`") {
        return Some(
            "the function is called for each record: take the type of a record's payload, or `Batch<…>` for all records",
        );
    }
    None
}

/// Returns true for the event that S3 sends when a notification is configured
/// ([its JSON](https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html)).
pub(super) fn is_test_event(event: &str) -> bool {
    find_text(event, "Event").as_deref() == Some("s3:TestEvent")
}
