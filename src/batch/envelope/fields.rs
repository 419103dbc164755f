//! The fields of an envelope, each decoded by itself: the one with the payload is not looked into before.

use crate::batch::json::{Reader, text};
use crate::batch::payload::{DecodeError, Payload, json_error};
use lrt_core::json::path::Place;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// A JSON object that is or has an envelope.
pub(super) struct EnvelopeFields<'a> {
    object: &'a str,
    found: Vec<(Cow<'a, str>, &'a str)>,
    /// What stands before the message of an error: what this is not.
    explanation: &'static str,
}

impl<'a> EnvelopeFields<'a> {
    /// Finds the fields of an object.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub(super) fn read(object: &'a str, explanation: &'static str) -> Result<EnvelopeFields<'a>, DecodeError> {
        let found = read(object).map_err(|error| json_error(object.as_bytes(), &error).explained(explanation))?;
        Ok(EnvelopeFields { object, found, explanation })
    }

    /// The value of a field that has to be there, as it stands.
    pub(super) fn value(&self, name: &str) -> Result<&'a str, DecodeError> {
        // As serde_json has it, a field is missing where its object ends.
        let missing =
            || DecodeError::at(format!("{}missing field `{name}`", self.explanation), Some(Place::end_of(self.object)));
        self.find(name).ok_or_else(missing)
    }

    /// A text that has to be there.
    pub(super) fn text(&self, name: &str) -> Result<Cow<'a, str>, DecodeError> {
        let value = self.value(name)?;
        match text(value) {
            Some(text) => Ok(text),
            // It is no string, or half of a surrogate pair: serde_json tells.
            None => self.decode(name, value).map(Cow::Owned),
        }
    }

    /// What need not be there, and may be null.
    pub(super) fn optional<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T, DecodeError> {
        match self.find(name) {
            None | Some("null") => Ok(T::default()),
            Some(value) => self.decode(name, value),
        }
    }

    /// The payload, whose errors are not those of the envelope.
    pub(super) fn payload<P: Payload<M>, M>(&self, name: &str) -> Result<P, DecodeError> {
        let value = self.value(name)?;
        self.inside(name, value, P::decode_text(value))
    }

    /// The elements of an array that has to be there, as they stand.
    pub(super) fn elements(&self, name: &str) -> Result<Vec<&'a str>, DecodeError> {
        let array = self.value(name)?;
        let read = elements(array).map_err(|error| json_error(array.as_bytes(), &error));
        read.map_err(|error| error.inside(name, self.before(array)).explained(self.explanation))
    }

    /// What came of decoding the value of a field: its errors get the path and place that they have in this object.
    pub(super) fn inside<P: Payload<M>, M>(
        &self,
        path: &str,
        value: &str,
        decoded: Result<P, DecodeError>,
    ) -> Result<P, DecodeError> {
        let before = self.before(value);
        let inside = |error: DecodeError| error.inside(path, before);
        Ok(decoded.map_err(inside)?.map_error(&inside))
    }

    fn find(&self, name: &str) -> Option<&'a str> {
        self.found.iter().rfind(|(field, _)| field == name).map(|(_, value)| *value)
    }

    /// What stands before a value that was found here.
    fn before(&self, value: &str) -> &'a str {
        let at = (value.as_ptr() as usize).saturating_sub(self.object.as_ptr() as usize);
        self.object.get(..at).unwrap_or_default()
    }

    fn decode<T: DeserializeOwned>(&self, name: &str, value: &str) -> Result<T, DecodeError> {
        let decoded = serde_json::from_str::<T>(value).map_err(|error| json_error(value.as_bytes(), &error));
        let before = self.before(value);
        decoded.map_err(|error| error.inside(name, before).explained(self.explanation))
    }
}

fn read(object: &str) -> Result<Vec<(Cow<'_, str>, &str)>, serde_json::Error> {
    let mut reader = Reader::new(object);
    let mut rest = reader.open(b'{', &"an object")?;
    let mut found = Vec::new();
    while let Some(name) = reader.next_name(&mut rest)? {
        found.push((name, reader.skip()?));
    }
    reader.end()?;
    Ok(found)
}

fn elements(array: &str) -> Result<Vec<&str>, serde_json::Error> {
    let mut reader = Reader::new(array);
    let mut rest = reader.open(b'[', &"an array")?;
    let mut found = Vec::new();
    while reader.next(&mut rest)? {
        found.push(reader.skip()?);
    }
    Ok(found)
}
