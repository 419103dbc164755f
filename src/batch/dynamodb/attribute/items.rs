//! An item's text: attributes are opened, and the JSON behind their types is read. Nothing here knows the user's types.

use super::error::ItemError;
use super::number::{self, Integer};
use super::tag::Tag;
use super::value::ItemValue;
use crate::batch::json::{Reader, Rest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error as _, Expected, Unexpected};
use serde_json::Error;
use std::borrow::Cow;

/// An item that is being decoded.
pub(super) struct Items<'de> {
    json: Reader<'de>,
    /// Where the attribute or element stands that the last error is of.
    wrong: Option<usize>,
}

/// An attribute or element of which the type is known, and what is behind it not read yet.
#[derive(Clone, Copy)]
pub(super) struct OpenedValue {
    tag: Tag,
    at: usize,
    /// Whether it stands in an object of its own, `{"S": …}`.
    wrapped: bool,
}

impl<'de> Items<'de> {
    pub(super) fn new(json: &'de str) -> Self {
        Self { json: Reader::new(json), wrong: None }
    }

    /// The item was read: nothing may be behind it.
    pub(super) fn end(&mut self) -> Result<(), ItemError> {
        let end = self.json.end();
        end.map_err(|error| ItemError::new(&error, &[]))
    }

    /// What is wrong, and where.
    #[cold]
    pub(super) fn error(&self, error: &Error) -> ItemError {
        ItemError::new(error, self.json.up_to(self.wrong.unwrap_or(0)))
    }

    /// Opens an attribute value, `{"S": "text"}`: reads its type.
    pub(super) fn attribute(&mut self) -> Result<OpenedValue, Error> {
        let at = self.json.at();
        match self.tag() {
            Ok(tag) => Ok(OpenedValue { tag, at, wrapped: true }),
            Err(error) => Err(self.wrong_at(at, error)),
        }
    }

    /// The same of an element of a set, which does not say its type.
    pub(super) fn element(&self, tag: Tag) -> OpenedValue {
        OpenedValue { tag, at: self.json.at(), wrapped: false }
    }

    fn tag(&mut self) -> Result<Tag, Error> {
        let mut rest = self.json.open(b'{', &r#"an attribute value such as {"S": "text"}"#)?;
        let Some(name) = self.json.next_name(&mut rest)? else {
            return Err(Error::custom(r#"an attribute value without a type, expected one such as {"S": "text"}"#));
        };
        Tag::of(&name).ok_or_else(|| {
            Error::custom(format_args!(
                "unknown attribute type `{name}`, expected one of S, N, B, BOOL, NULL, L, M, SS, NS, BS"
            ))
        })
    }

    /// Decodes what was opened.
    pub(super) fn decode<T>(
        &mut self,
        opened: OpenedValue,
        decode: impl FnOnce(ItemValue<'_, 'de>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match decode(ItemValue { items: self, tag: opened.tag }) {
            Ok(value) => self.close(opened).map(|()| value),
            Err(error) => Err(self.wrong_at(opened.at, error)),
        }
    }

    fn close(&mut self, opened: OpenedValue) -> Result<(), Error> {
        // An error that the user's type got over is none.
        self.wrong = None;
        if !opened.wrapped {
            return Ok(());
        }
        match self.json.next_name(&mut { Rest::OF_OBJECT }) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => {
                let error = Error::custom("an attribute value with more than one type");
                Err(self.wrong_at(opened.at, error))
            }
            Err(error) => Err(self.wrong_at(opened.at, error)),
        }
    }

    /// Notes the place of an error, unless that of an attribute within is known.
    #[cold]
    fn wrong_at(&mut self, at: usize, error: Error) -> Error {
        self.wrong.get_or_insert(at);
        error
    }

    /// Goes into an `M`, an `L` or a set.
    pub(super) fn open(&mut self, tag: Tag) -> Result<Rest, Error> {
        self.json.open(if tag == Tag::M { b'{' } else { b'[' }, &tag.expected())
    }

    pub(super) fn next(&mut self, rest: &mut Rest) -> Result<bool, Error> {
        self.json.next(rest)
    }

    pub(super) fn next_name(&mut self, rest: &mut Rest) -> Result<Option<Cow<'de, str>>, Error> {
        self.json.next_name(rest)
    }

    pub(super) fn skip(&mut self) -> Result<(), Error> {
        self.json.skip().map(drop)
    }

    /// The text of an `S`, `N` or `B`.
    ///
    /// DynamoDB always writes a number as a string; sample events that are written by hand do not. What reads a JSON
    /// number elsewhere makes a float of it if it is no integer of 64 bits, so one that is too large to be sure of is
    /// refused.
    pub(super) fn text(&mut self, tag: Tag) -> Result<Cow<'de, str>, Error> {
        match self.json.peek() {
            Some(b'"') => self.json.string(),
            Some(b'-' | b'0'..=b'9') if tag == Tag::N => {
                let start = self.json;
                let number = self.json.skip()?;
                if number::is_sure_in_json(number) {
                    return Ok(Cow::Borrowed(number));
                }
                self.json = start;
                Err(self.json.unexpected(&tag.expected()))
            }
            _ => Err(self.json.unexpected(&tag.expected())),
        }
    }

    /// The bytes of a `B`.
    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        decode_base64(&self.text(Tag::B)?)
    }

    /// The text of an `S`, `N` or `B`, for a type that wants one.
    pub(super) fn any_text(&mut self, tag: Tag, expected: &dyn Expected) -> Result<Cow<'de, str>, Error> {
        if !matches!(tag, Tag::S | Tag::N | Tag::B) {
            return Err(self.refuse(tag, expected));
        }
        let text = self.text(tag)?;
        if tag == Tag::B {
            decode_base64(&text)?;
        }
        Ok(text)
    }

    /// The text of an `N`, for a type that wants a number.
    pub(super) fn number(&mut self, tag: Tag, expected: &dyn Expected) -> Result<Cow<'de, str>, Error> {
        match tag {
            Tag::N => self.text(tag),
            Tag::Byte(byte) => Ok(Cow::Owned(byte.to_string())),
            _ => Err(self.refuse(tag, expected)),
        }
    }

    pub(super) fn boolean(&mut self, tag: Tag, expected: &dyn Expected) -> Result<bool, Error> {
        match (tag, self.json.peek()) {
            (Tag::Bool, Some(b't' | b'f')) => self.json.skip().map(|json| json == "true"),
            (Tag::Bool, _) => Err(self.json.unexpected(&tag.expected())),
            _ => Err(self.refuse(tag, expected)),
        }
    }

    pub(super) fn null(&mut self, tag: Tag, expected: &dyn Expected) -> Result<(), Error> {
        match (tag, self.json.peek()) {
            (Tag::Null, Some(b't')) => self.skip(),
            (Tag::Null, Some(b'f')) => Err(Error::invalid_value(Unexpected::Bool(false), &tag.expected())),
            (Tag::Null, _) => Err(self.json.unexpected(&tag.expected())),
            _ => Err(self.refuse(tag, expected)),
        }
    }

    /// The attribute is of a type that the user's type does not take; unless it is not even of its own.
    #[cold]
    pub(super) fn refuse(&mut self, tag: Tag, expected: &dyn Expected) -> Error {
        self.refused(tag, expected).unwrap_or_else(|malformed| malformed)
    }

    fn refused(&mut self, tag: Tag, expected: &dyn Expected) -> Result<Error, Error> {
        let text;
        let unexpected = match tag {
            Tag::S => {
                text = self.text(tag)?;
                Unexpected::Str(&text)
            }
            Tag::N => match number::integer(&self.text(tag)?, expected)? {
                Integer::Unsigned(number) => Unexpected::Unsigned(number),
                Integer::Signed(number) => Unexpected::Signed(number),
            },
            Tag::Byte(byte) => Unexpected::Unsigned(byte.into()),
            Tag::B => {
                self.bytes()?;
                Unexpected::Bytes(&[])
            }
            Tag::Bool => Unexpected::Bool(self.boolean(tag, expected)?),
            Tag::Null => {
                self.null(tag, expected)?;
                Unexpected::Unit
            }
            Tag::L | Tag::Ss | Tag::Ns | Tag::Bs => {
                self.open(tag)?;
                Unexpected::Seq
            }
            Tag::M => {
                self.open(tag)?;
                Unexpected::Map
            }
        };
        Ok(Error::invalid_type(unexpected, expected))
    }
}

fn decode_base64(text: &str) -> Result<Vec<u8>, Error> {
    STANDARD.decode(text).map_err(|error| Error::custom(format_args!("malformed base64: {error}")))
}
