//! The fields of an envelope. Each is decoded separately, to distinguish errors of the payload from errors of the
//! envelope.

use crate::batch::payload::{DecodeError, Payload, help_for, json_error};
use lrt_core::__private::json::path::JsonPosition;
use lrt_core::__private::json::{JsonCursor, decode_string};
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// A JSON object that is or contains an envelope.
pub(super) struct EnvelopeFields<'a> {
    object: &'a str,
    fields: Vec<(Cow<'a, str>, &'a str)>,
    /// Prepended to the envelope's errors.
    context: &'static str,
    /// Appended to errors of objects that are not such an envelope.
    help: Option<&'static str>,
}

impl<'a> EnvelopeFields<'a> {
    /// Finds the fields of an object.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not an object.
    pub(super) fn read(
        object: &'a str,
        context: &'static str,
        help: Option<&'static str>,
    ) -> Result<EnvelopeFields<'a>, DecodeError> {
        match read(object) {
            Ok(fields) => Ok(EnvelopeFields { object, fields, context, help }),
            Err(error) => Err(json_error(object.as_bytes(), &error).with_context(context).with_help(help)),
        }
    }

    /// Returns the JSON of a required field.
    pub(super) fn value(&self, name: &str) -> Result<&'a str, DecodeError> {
        // As in serde_json, the position of a missing field is the end of its object.
        self.find(name)?.ok_or_else(|| {
            let message = format!("{}missing field `{name}`", self.context);
            let error = DecodeError::at(message, Some(JsonPosition::end_of(self.object)));
            error.with_help(help_for(self.object, "")).with_help(self.help)
        })
    }

    /// Returns a required string.
    pub(super) fn text(&self, name: &str) -> Result<Cow<'a, str>, DecodeError> {
        let value = self.value(name)?;
        match decode_string(value) {
            Some(text) => Ok(text),
            // Not a string, or half of a surrogate pair: serde_json's error distinguishes them.
            None => self.decode(name, value).map(Cow::Owned),
        }
    }

    /// Decodes a field that may be missing or null.
    pub(super) fn optional<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T, DecodeError> {
        match self.find(name)? {
            None | Some("null") => Ok(T::default()),
            Some(value) => self.decode(name, value),
        }
    }

    /// Decodes the payload with `decode`. Its errors are not errors of the envelope.
    pub(super) fn payload<P: Payload<M>, M>(
        &self,
        name: &str,
        decode: impl FnOnce(&str) -> Result<P, DecodeError>,
    ) -> Result<P, DecodeError> {
        let value = self.value(name)?;
        self.in_value(name, value, decode(value))
    }

    /// Returns the JSON of each element of a required array.
    pub(super) fn elements(&self, name: &str) -> Result<Vec<&'a str>, DecodeError> {
        let array = self.value(name)?;
        elements(array).map_err(|error| {
            let error = json_error(array.as_bytes(), &error);
            error.in_value(name, self.before(array)).with_context(self.context)
        })
    }

    /// Converts the positions of errors in a field's decoded value to positions in this object.
    pub(super) fn in_value<P: Payload<M>, M>(
        &self,
        path: &str,
        value: &str,
        decoded: Result<P, DecodeError>,
    ) -> Result<P, DecodeError> {
        let before = self.before(value);
        let in_value = |error: DecodeError| error.in_value(path, before);
        Ok(decoded.map_err(in_value)?.map_error(&in_value))
    }

    /// Returns the JSON of a field, if the object has it.
    ///
    /// # Errors
    ///
    /// Returns an error if the field is repeated: the function would see one of its values, and the record would be
    /// acknowledged for both.
    fn find(&self, name: &str) -> Result<Option<&'a str>, DecodeError> {
        let mut values = self.fields.iter().filter(|(field, _)| field == name).map(|(_, value)| *value);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(DecodeError::new(format_args!("{}duplicate field `{name}`", self.context))),
        }
    }

    /// Returns the part of the object before one of its values.
    fn before(&self, value: &str) -> &'a str {
        let position = (value.as_ptr() as usize).saturating_sub(self.object.as_ptr() as usize);
        self.object.get(..position).unwrap_or_default()
    }

    fn decode<T: DeserializeOwned>(&self, name: &str, value: &str) -> Result<T, DecodeError> {
        serde_json::from_str::<T>(value).map_err(|error| {
            let error = json_error(value.as_bytes(), &error);
            error.in_value(name, self.before(value)).with_context(self.context)
        })
    }
}

fn read(object: &str) -> Result<Vec<(Cow<'_, str>, &str)>, serde_json::Error> {
    let mut reader = JsonCursor::new(object);
    let mut rest = reader.open(b'{', &"an object")?;
    let mut fields = Vec::new();
    while let Some(name) = reader.next_name(&mut rest)? {
        fields.push((name, reader.skip()?));
    }
    reader.end()?;
    Ok(fields)
}

fn elements(array: &str) -> Result<Vec<&str>, serde_json::Error> {
    let mut reader = JsonCursor::new(array);
    let mut rest = reader.open(b'[', &"an array")?;
    let mut elements = Vec::new();
    while reader.next(&mut rest)? {
        elements.push(reader.skip()?);
    }
    Ok(elements)
}
