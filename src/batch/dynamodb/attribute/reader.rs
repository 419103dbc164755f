//! Reads the JSON of an item: the types of attribute values, and the JSON inside them. It does not know the user's types.

use super::error::ItemError;
use super::number::{self, Number};
use super::types::AttributeType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lrt_core::__private::json::path::shown_name;
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

    /// Reads the type of an attribute value, `{"S": "text"}`.
    pub(super) fn attribute_type(&mut self) -> Result<AttributeType, Error> {
        let mut rest = self.json.open(b'{', &r#"an attribute value such as {"S": "text"}"#)?;
        let Some(name) = self.json.next_name(&mut rest)? else {
            return Err(Error::custom(r#"an attribute value without a type, expected one such as {"S": "text"}"#));
        };
        AttributeType::parse(&name).ok_or_else(|| {
            let name = shown_name(&name);
            Error::custom(format_args!(
                "unknown attribute type `{name}`, expected one of S, N, B, BOOL, NULL, L, M, SS, NS, BS"
            ))
        })
    }

    /// Reads the end of an attribute value.
    pub(super) fn end_attribute(&mut self) -> Result<(), Error> {
        // The user's type has recovered from an earlier error, if there was one.
        self.error_position = None;
        match self.json.next_name(&mut { Container::OBJECT_AFTER_FIRST })? {
            None => Ok(()),
            Some(_) => Err(Error::custom("an attribute value with more than one type")),
        }
    }

    /// Reads a value. An error is about this value, unless it is about one inside.
    pub(super) fn value<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let position = self.json.at();
        let value = read(self).map_err(|error| self.error_at(position, error))?;
        self.error_position = None;
        Ok(value)
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
