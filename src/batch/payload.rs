//! What a record's payload may be decoded into.

use super::event::{JsonSpan, RawRecord, RecordId};
use super::json::text;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use lrt_core::json::path::{self, Place};
use lrt_core::json::redact::redact_values;
use serde::de::DeserializeOwned;
use std::fmt;

/// A payload that is not what its type takes.
///
/// It says what is wrong and where, and none of the payload's values: it becomes a line of the log.
///
/// ```
/// use lrt::testing::{Harness, events};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// async fn pay(_card: u64) {}
///
/// let outcome = lrt::sqs(pay).harness().invoke(events::sqs().text("\"4111 1111\"")).await;
/// assert!(outcome.logs()[0].contains("invalid type: string, expected u64 at line 1 column 11"));
/// # }
/// ```
pub struct DecodeError(Box<Inner>);

struct Inner {
    record: Option<RecordId>,
    /// The path of the text within the payload that the rest is about; empty for the payload itself.
    text: String,
    message: String,
    place: Option<Place>,
}

impl DecodeError {
    pub(crate) fn new(message: impl fmt::Display) -> DecodeError {
        DecodeError::at(message.to_string(), None)
    }

    #[cold]
    pub(super) fn at(message: String, place: Option<Place>) -> DecodeError {
        let message = redact_values(&message);
        DecodeError(Box::new(Inner { record: None, text: String::new(), message, place }))
    }

    /// The error of a payload that is a text in another: what an SNS `Message` says.
    pub(super) fn in_text(mut self, key: &str) -> DecodeError {
        self.0.text = path::join(key, &self.0.text);
        self
    }

    /// The error of a payload that is a value in another, behind `before`: the `detail` of an EventBridge event.
    pub(super) fn inside(mut self, key: &str, before: &str) -> DecodeError {
        match self.0.place.take() {
            Some(place) if self.0.text.is_empty() => self.0.place = Some(place.inside(key, before)),
            place => {
                self.0.place = place;
                self.0.text = path::join(key, &self.0.text);
            }
        }
        self
    }

    /// With words before the message.
    pub(super) fn explained(mut self, before: &str) -> DecodeError {
        self.0.message.insert_str(0, before);
        self
    }

    pub(crate) fn of(mut self, record: &RawRecord) -> DecodeError {
        self.0.record.get_or_insert_with(|| record.id());
        self
    }

    /// The record that does not decode; `None` for one that is no record of a batch.
    pub fn id(&self) -> Option<&RecordId> {
        self.0.record.as_ref()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { text, message, place, .. } = &*self.0;
        if !text.is_empty() {
            write!(f, "{text}: ")?;
        }
        f.write_str(message)?;
        place.as_ref().map_or(Ok(()), |place| write!(f, " at {place}"))
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError").field("id", &self.0.record).field("message", &self.to_string()).finish()
    }
}

impl std::error::Error for DecodeError {}

/// A payload as text, whatever it says: for bodies that are no JSON.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Text(pub String);

/// A payload as bytes, whatever they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Raw(pub Bytes);

/// What a payload's bytes can be decoded into. `M` says how, and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from a record's payload",
    label = "not `Deserialize`",
    note = "add `#[derive(serde::Deserialize)]` to it, or take `lrt::payload::Text` or `lrt::payload::Raw`"
)]
pub trait Payload<M>: Sized + Send + 'static {
    /// Decodes it.
    ///
    /// # Errors
    ///
    /// When the bytes are not what the type takes.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;

    /// The same, of a payload that is known to be text.
    ///
    /// # Errors
    ///
    /// As [`decode`](Payload::decode).
    fn decode_text(text: &str) -> Result<Self, DecodeError> {
        Self::decode(text.as_bytes())
    }

    /// What stands for a payload that is not there: Kafka's tombstones.
    ///
    /// # Errors
    ///
    /// When the type has nothing for it.
    fn absent() -> Result<Self, DecodeError> {
        Err(DecodeError::new("the record is a tombstone, which has no value: take an `Option`"))
    }

    /// Changes the error that it holds, if it is or wraps a `Result`: what is around a payload knows more of the place.
    #[doc(hidden)]
    fn map_error(self, _: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self
    }
}

/// Names the record in a payload's error, and in the one that it holds.
pub(crate) fn of_record<P: Payload<M>, M>(
    decoded: Result<P, DecodeError>,
    record: &RawRecord,
) -> Result<P, DecodeError> {
    let of_record = |error: DecodeError| error.of(record);
    Ok(decoded.map_err(of_record)?.map_error(&of_record))
}

/// The bytes of a field that is base64, of the sources whose payloads are.
pub(crate) fn base64(record: &RawRecord, field: JsonSpan, name: &str) -> Result<Vec<u8>, DecodeError> {
    let json = match record.event.json(field) {
        "" => return Err(record.decode_error(format_args!("the record has no `{name}`"))),
        json => json,
    };
    let text = text(json).ok_or_else(|| record.decode_error(format_args!("the record's `{name}` is no string")))?;
    STANDARD.decode(&*text).map_err(|error| {
        let error = error.to_string();
        record.decode_error(format_args!("the record's `{name}` is malformed base64: {}", error.trim_end_matches('.')))
    })
}

/// The payload is JSON.
#[derive(Debug)]
pub struct ViaJson;

/// The payload is text, or bytes.
#[derive(Debug)]
pub struct ViaBytes;

/// The handler wants to know why a payload does not decode.
#[derive(Debug)]
pub struct ViaResult<M>(std::marker::PhantomData<M>);

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> Payload<ViaJson> for T {
    fn decode(bytes: &[u8]) -> Result<T, DecodeError> {
        serde_json::from_slice(bytes).map_err(|error| json_error(bytes, &error))
    }

    fn decode_text(text: &str) -> Result<T, DecodeError> {
        serde_json::from_str(text).map_err(|error| json_error(text.as_bytes(), &error))
    }

    fn absent() -> Result<T, DecodeError> {
        T::deserialize(serde::de::value::UnitDeserializer::<serde_json::Error>::new()).map_err(|error| {
            DecodeError::new(format_args!("the record is a tombstone, which has no value: take an `Option` ({error})"))
        })
    }
}

impl Payload<ViaBytes> for Text {
    fn decode(bytes: &[u8]) -> Result<Text, DecodeError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Text(text.to_owned())),
            Err(error) => Err(DecodeError::new(format_args!("the payload is no text: {error}"))),
        }
    }
}

impl Payload<ViaBytes> for Raw {
    fn decode(bytes: &[u8]) -> Result<Raw, DecodeError> {
        Ok(Raw(Bytes::copy_from_slice(bytes)))
    }
}

impl Payload<ViaBytes> for Option<Text> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Text::decode(bytes).map(Some)
    }

    fn absent() -> Result<Self, DecodeError> {
        Ok(None)
    }
}

impl Payload<ViaBytes> for Option<Raw> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Raw::decode(bytes).map(Some)
    }

    fn absent() -> Result<Self, DecodeError> {
        Ok(None)
    }
}

#[diagnostic::do_not_recommend]
impl<P: Payload<M>, M> Payload<ViaResult<M>> for Result<P, DecodeError> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(P::decode(bytes))
    }

    fn decode_text(text: &str) -> Result<Self, DecodeError> {
        Ok(P::decode_text(text))
    }

    fn absent() -> Result<Self, DecodeError> {
        Ok(P::absent())
    }

    fn map_error(self, change: &dyn Fn(DecodeError) -> DecodeError) -> Self {
        self.map(|payload| payload.map_error(change)).map_err(change)
    }
}

#[cold]
pub(super) fn json_error(bytes: &[u8], error: &serde_json::Error) -> DecodeError {
    if bytes.trim_ascii().is_empty() {
        return DecodeError::new("the payload is empty");
    }
    // The first two bytes of RFC 1952; no JSON begins so. CloudWatch Logs sends its records like this.
    if bytes.starts_with(b"\x1f\x8b") {
        return DecodeError::new("the payload is gzip, not JSON: take `lrt::payload::Raw`, and unpack that");
    }
    if error.is_syntax() || error.is_eof() {
        return DecodeError::new(format_args!("the payload is no JSON: {error}"));
    }
    let (message, place) = path::with_place(bytes, error);
    DecodeError::at(message, place)
}
