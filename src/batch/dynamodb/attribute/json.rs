//! The JSON behind a type.

use super::containers::{Fields, List, Set, Variant};
use super::number;
use super::tag::Tag;
use super::typed::{Hint, Source};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Hands JSON to the user's visitor, if it is the JSON that the type has.
pub(super) struct Json<V> {
    pub(super) tag: Tag,
    pub(super) hint: Hint,
    pub(super) visitor: V,
}

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Json<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<V::Value, D::Error> {
        match self.hint {
            Hint::Ignored => json.deserialize_ignored_any(self.visitor),
            _ => json.deserialize_any(self),
        }
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Json<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag.expected())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        match self.tag {
            Tag::S | Tag::N | Tag::B => Text::new(self.tag, text).read(self.hint, self.visitor),
            _ => Err(E::invalid_type(Unexpected::Str(text), &self)),
        }
    }

    number::in_json!();

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        match (self.tag, value) {
            (Tag::Bool, _) => self.visitor.visit_bool(value),
            (Tag::Null, true) => self.visitor.visit_unit(),
            (Tag::Null, false) => Err(E::invalid_value(Unexpected::Bool(value), &self)),
            _ => Err(E::invalid_type(Unexpected::Bool(value), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<V::Value, A::Error> {
        let value = match self.tag {
            Tag::L => self.visitor.visit_seq(List(&mut seq))?,
            Tag::Ss => self.visitor.visit_seq(Set { tag: Tag::S, seq: &mut seq })?,
            Tag::Ns => self.visitor.visit_seq(Set { tag: Tag::N, seq: &mut seq })?,
            Tag::Bs => self.visitor.visit_seq(Set { tag: Tag::B, seq: &mut seq })?,
            _ => return Err(A::Error::invalid_type(Unexpected::Seq, &self)),
        };
        // serde_json would say `trailing characters`. All are read, so that the list is what the error's place leads to.
        let mut fits = true;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            fits = false;
        }
        if fits { Ok(value) } else { Err(A::Error::custom("more elements than expected")) }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V::Value, A::Error> {
        if self.tag != Tag::M {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        }
        if self.hint != Hint::Enum {
            return self.visitor.visit_map(Fields(map));
        }
        let value = self.visitor.visit_enum(Variant(&mut map))?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(value),
            Some(_) => Err(A::Error::custom("an enum is a map with one entry, and this has more")),
        }
    }
}

/// The text of an `S`, `N` or `B`.
pub(super) struct Text<'a, E> {
    tag: Tag,
    text: &'a str,
    error: PhantomData<E>,
}

impl<'a, E> Text<'a, E> {
    pub(super) fn new(tag: Tag, text: &'a str) -> Self {
        Self { tag, text, error: PhantomData }
    }
}

impl<'de, E: Error> Source<'de> for Text<'_, E> {
    type Error = E;

    fn tag(&self) -> Tag {
        self.tag
    }

    fn read<V: Visitor<'de>>(self, hint: Hint, visitor: V) -> Result<V::Value, E> {
        match (self.tag, hint) {
            (Tag::N, _) => number::read(self.text, hint, visitor),
            (Tag::B, _) => read_bytes(self.text, hint, visitor),
            (_, Hint::Enum) => visitor.visit_enum(StrDeserializer::new(self.text)),
            _ => visitor.visit_str(self.text),
        }
    }
}

fn read_bytes<'de, V: Visitor<'de>, E: Error>(text: &str, hint: Hint, visitor: V) -> Result<V::Value, E> {
    let bytes = STANDARD.decode(text).map_err(|error| E::custom(format_args!("malformed base64: {error}")))?;
    match hint {
        Hint::Any | Hint::Sequence => {
            let mut seq = SeqDeserializer::new(bytes.into_iter());
            let value = visitor.visit_seq(&mut seq)?;
            seq.end().map(|()| value)
        }
        Hint::Text => visitor.visit_str(text),
        _ => visitor.visit_byte_buf(bytes),
    }
}
