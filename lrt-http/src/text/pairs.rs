//! Names with values, as whatever serde asks for: a struct, a map, a list.

use super::InvalidValue;
use super::entry::Entry;
use super::scalar::{Scalar, scalars};
use serde::de::value::SeqDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;

/// Names of a map: each is compared with those before it, so that very many would cost very much.
const MAX_NAMES: usize = 512;

/// A name and a value, both decoded.
pub(crate) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// What the pairs are to a type that asks for no names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Path parameters have an order, so that a number, a tuple or a list may stand for their values.
    Path,
    /// A query has none: only a list of all its pairs does without names.
    Query,
}

/// All path parameters, or a whole query.
#[derive(Clone, Copy)]
pub(crate) struct Pairs<'a> {
    pub(crate) pairs: &'a [Pair<'a>],
    pub(crate) shape: Shape,
}

impl<'a> Pairs<'a> {
    fn counted(self, expected: usize) -> Result<&'a [Pair<'a>], InvalidValue> {
        if self.shape == Shape::Query {
            return Err(InvalidValue::new("a query is a struct, a map or a list of pairs"));
        }
        match self.pairs.len() {
            count if count == expected => Ok(self.pairs),
            count => Err(InvalidValue::new(format!("{count} path parameters, expected {expected}"))),
        }
    }

    /// The one value, where there is one only.
    fn only(self) -> Result<Entry<'a>, InvalidValue> {
        self.counted(1).map(Entry)
    }
}

impl<'de> Deserializer<'de> for Pairs<'de> {
    type Error = InvalidValue;

    scalars!(self => self.only()?, |error| error.within(&self.pairs[0].0));

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_map(Names { pairs: self.pairs, at: 0, next: 0, count: 0 })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_seq(InOrder(self))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, InvalidValue> {
        self.counted(len)?;
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        if self.pairs.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! { map struct identifier ignored_any }
}

/// Each name, once, with its values.
struct Names<'a> {
    pairs: &'a [Pair<'a>],
    at: usize,
    next: usize,
    count: usize,
}

impl<'a> Names<'a> {
    /// The next name. Apart, so that it is there once and not for each type.
    #[inline(never)]
    fn next(&mut self) -> Result<Option<&'a str>, InvalidValue> {
        while let Some((name, _)) = self.pairs.get(self.next) {
            self.at = self.next;
            self.next += 1;
            // The later ones of a name came with its first.
            if !self.pairs[..self.at].iter().any(|(earlier, _)| earlier == name) {
                self.count += 1;
                if self.count > MAX_NAMES {
                    return Err(InvalidValue::new(format!("more than {MAX_NAMES} names")));
                }
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Names<'de> {
    type Error = InvalidValue;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, InvalidValue> {
        let Some(name) = self.next()? else { return Ok(None) };
        seed.deserialize(Scalar::new(name)).map(Some).map_err(|error| error.within(name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, InvalidValue> {
        let entry = Entry(&self.pairs[self.at..]);
        seed.deserialize(entry).map_err(|error| error.within(entry.name()))
    }
}

/// All pairs: their values, or for who asks for two of each, names and values.
struct InOrder<'a>(Pairs<'a>);

impl<'de> SeqAccess<'de> for InOrder<'de> {
    type Error = InvalidValue;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, InvalidValue> {
        let Some(((name, value), rest)) = self.0.pairs.split_first() else { return Ok(None) };
        self.0.pairs = rest;
        let read = match self.0.shape {
            Shape::Path => seed.deserialize(Scalar::named(name, value)),
            Shape::Query => seed.deserialize(SeqDeserializer::new([Scalar::new(name), Scalar::new(value)].into_iter())),
        };
        read.map(Some).map_err(|error| error.within(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.pairs.len())
    }
}
