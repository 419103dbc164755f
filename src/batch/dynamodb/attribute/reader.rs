//! Reads the JSON of an item: opens attribute values, and reads the JSON inside them. It does not know the user's types.

use super::error::ItemError;
use super::number::{self, Number};
use super::types::AttributeType;
use super::value::ItemValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lrt_core::__private::json::path::is_field_name;
use lrt_core::__private::json::{Container, JsonCursor};
use serde::de::{Error as _, Expected, Unexpected};
use serde_json::Error;
use std::borrow::Cow;

/// An item that is being decoded.
pub(super) struct ItemReader<'de> {
    json: JsonCursor<'de>,
    /// The position of the value that the last error is about.
    error_position: Option<usize>,
}

/// A value whose type has been read, but not the JSON that follows it.
#[derive(Clone, Copy)]
pub(super) struct OpenedValue {
    kind: AttributeType,
    position: usize,
    /// True for an attribute value, `{"S": …}`; false for an element of a set.
    is_object: bool,
}

impl<'de> ItemReader<'de> {
    pub(super) fn new(json: &'de str) -> Self {
        Self { json: JsonCursor::new(json), error_position: None }
    }

    /// Checks that nothing follows the item.
    pub(super) fn end(&mut self) -> Result<(), ItemError> {
        self.json.end().map_err(|error| ItemError::new(&error, &[]))
    }

    /// Adds the path of the value that an error is about.
    #[cold]
    pub(super) fn error(&self, error: &Error) -> ItemError {
        ItemError::new(error, self.json.up_to(self.error_position.unwrap_or(0)))
    }

    /// Opens an attribute value, `{"S": "text"}`: reads its type.
    pub(super) fn attribute(&mut self) -> Result<OpenedValue, Error> {
        let position = self.json.at();
        match self.read_type() {
            Ok(kind) => Ok(OpenedValue { kind, position, is_object: true }),
            Err(error) => Err(self.error_at(position, error)),
        }
    }

    /// Opens an element of a set, which has no type of its own.
    pub(super) fn element(&self, kind: AttributeType) -> OpenedValue {
        OpenedValue { kind, position: self.json.at(), is_object: false }
    }

    fn read_type(&mut self) -> Result<AttributeType, Error> {
        let mut rest = self.json.open(b'{', &r#"an attribute value such as {"S": "text"}"#)?;
        let Some(name) = self.json.next_name(&mut rest)? else {
            return Err(Error::custom(r#"an attribute value without a type, expected one such as {"S": "text"}"#));
        };
        AttributeType::parse(&name).ok_or_else(|| {
            // Another name may be a value that is in the wrong place.
            let name = if is_field_name(&name) { &*name } else { "[…]" };
            Error::custom(format_args!(
                "unknown attribute type `{name}`, expected one of S, N, B, BOOL, NULL, L, M, SS, NS, BS"
            ))
        })
    }

    /// Decodes a value that was opened.
    pub(super) fn decode<T>(
        &mut self,
        opened: OpenedValue,
        decode: impl FnOnce(ItemValue<'_, 'de>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match decode(ItemValue { reader: self, kind: opened.kind }) {
            Ok(value) => self.close(opened).map(|()| value),
            Err(error) => Err(self.error_at(opened.position, error)),
        }
    }

    fn close(&mut self, opened: OpenedValue) -> Result<(), Error> {
        // The user's type has recovered from an earlier error, if there was one.
        self.error_position = None;
        if !opened.is_object {
            return Ok(());
        }
        match self.json.next_name(&mut { Container::OBJECT_AFTER_FIRST }) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => {
                let error = Error::custom("an attribute value with more than one type");
                Err(self.error_at(opened.position, error))
            }
            Err(error) => Err(self.error_at(opened.position, error)),
        }
    }

    /// Calls `read`. If it fails, the error is about the value that it has read, or about a value inside.
    pub(super) fn at_next<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let position = self.json.at();
        read(self).map_err(|error| self.error_at(position, error))
    }

    /// Stores the position of an error, unless the position of a nested value is already stored.
    #[cold]
    fn error_at(&mut self, position: usize, error: Error) -> Error {
        self.error_position.get_or_insert(position);
        error
    }

    /// Enters an `M`, an `L` or a set.
    pub(super) fn open(&mut self, kind: AttributeType) -> Result<Container, Error> {
        self.json.open(if kind == AttributeType::M { b'{' } else { b'[' }, &kind.expected())
    }

    pub(super) fn next(&mut self, rest: &mut Container) -> Result<bool, Error> {
        self.json.next(rest)
    }

    pub(super) fn next_name(&mut self, rest: &mut Container) -> Result<Option<Cow<'de, str>>, Error> {
        self.json.next_name(rest)
    }

    pub(super) fn skip(&mut self) -> Result<(), Error> {
        self.json.skip().map(drop)
    }

    /// Skips an attribute value, which may be any JSON.
    pub(super) fn skip_attribute(&mut self) -> Result<(), Error> {
        self.error_position = None;
        self.skip()
    }

    /// Reads the text of an `S`, `N` or `B`.
    ///
    /// DynamoDB always writes numbers as strings; hand-written events may contain other numbers, which are accepted if
    /// no digit was lost.
    pub(super) fn text(&mut self, kind: AttributeType) -> Result<Cow<'de, str>, Error> {
        match self.json.peek() {
            Some(b'"') => self.json.string(),
            Some(b'-' | b'0'..=b'9') if kind == AttributeType::N => {
                let start = self.json;
                let number = self.json.skip()?;
                if number::is_exact_in_json(number) {
                    return Ok(Cow::Borrowed(number));
                }
                self.json = start;
                Err(self.json.unexpected(&kind.expected()))
            }
            _ => Err(self.json.unexpected(&kind.expected())),
        }
    }

    /// Reads the bytes of a `B`.
    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        decode_base64(&self.text(AttributeType::B)?)
    }

    /// Reads an `S`, `N` or `B` for a type that expects a string.
    pub(super) fn any_text(&mut self, kind: AttributeType, expected: &dyn Expected) -> Result<Cow<'de, str>, Error> {
        if !matches!(kind, AttributeType::S | AttributeType::N | AttributeType::B) {
            return Err(self.wrong_type(kind, expected));
        }
        let text = self.text(kind)?;
        if kind == AttributeType::B {
            decode_base64(&text)?;
        }
        Ok(text)
    }

    /// Reads the text of an `N` for a type that expects a number.
    pub(super) fn number(&mut self, kind: AttributeType, expected: &dyn Expected) -> Result<Cow<'de, str>, Error> {
        match kind {
            AttributeType::N => self.text(kind),
            _ => Err(self.wrong_type(kind, expected)),
        }
    }

    pub(super) fn boolean(&mut self, kind: AttributeType, expected: &dyn Expected) -> Result<bool, Error> {
        match (kind, self.json.peek()) {
            (AttributeType::Bool, Some(b't' | b'f')) => self.json.skip().map(|json| json == "true"),
            (AttributeType::Bool, _) => Err(self.json.unexpected(&kind.expected())),
            _ => Err(self.wrong_type(kind, expected)),
        }
    }

    pub(super) fn null(&mut self, kind: AttributeType, expected: &dyn Expected) -> Result<(), Error> {
        match (kind, self.json.peek()) {
            (AttributeType::Null, Some(b't')) => self.skip(),
            (AttributeType::Null, Some(b'f')) => Err(Error::invalid_value(Unexpected::Bool(false), &kind.expected())),
            (AttributeType::Null, _) => Err(self.json.unexpected(&kind.expected())),
            _ => Err(self.wrong_type(kind, expected)),
        }
    }

    /// Returns the error for a value that is malformed, or whose type does not fit the user's type.
    #[cold]
    pub(super) fn wrong_type(&mut self, kind: AttributeType, expected: &dyn Expected) -> Error {
        self.describe(kind, expected).unwrap_or_else(|malformed| malformed)
    }

    fn describe(&mut self, kind: AttributeType, expected: &dyn Expected) -> Result<Error, Error> {
        let text;
        let unexpected = match kind {
            AttributeType::S => {
                text = self.text(kind)?;
                Unexpected::Str(&text)
            }
            AttributeType::N => {
                let text = self.text(kind)?;
                match number::integer64(&text) {
                    Some(Number::Unsigned(number)) => Unexpected::Unsigned(number),
                    Some(Number::Signed(number)) => Unexpected::Signed(number),
                    _ => return Err(number::does_not_fit(&text, expected)),
                }
            }
            AttributeType::B => {
                self.bytes()?;
                Unexpected::Bytes(&[])
            }
            AttributeType::Bool => Unexpected::Bool(self.boolean(kind, expected)?),
            AttributeType::Null => {
                self.null(kind, expected)?;
                Unexpected::Unit
            }
            AttributeType::L | AttributeType::Ss | AttributeType::Ns | AttributeType::Bs => {
                self.open(kind)?;
                Unexpected::Seq
            }
            AttributeType::M => {
                self.open(kind)?;
                Unexpected::Map
            }
        };
        Ok(Error::invalid_type(unexpected, expected))
    }
}

fn decode_base64(text: &str) -> Result<Vec<u8>, Error> {
    STANDARD.decode(text).map_err(|error| Error::custom(format_args!("malformed base64: {error}")))
}
