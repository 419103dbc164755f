//! Deserializes names with values.

use super::InvalidValue;
use super::value::{Scalar, delegate_scalars};
use super::values::NameValues;
use serde::de::value::SeqDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;

/// Maximum number of distinct names: each name is compared with the earlier ones, which is quadratic.
const MAX_NAMES: usize = 512;

/// A decoded name and value.
pub(crate) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The origin of the pairs, which decides how types without names are deserialized.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Path parameters are ordered: a scalar, a tuple or a list takes their values.
    Path,
    /// Query parameters are identified by name: only a list of pairs takes them in their order.
    Query,
}

/// All path parameters, or all query parameters.
#[derive(Clone, Copy)]
pub(crate) struct Pairs<'a> {
    pub(crate) pairs: &'a [Pair<'a>],
    pub(crate) source: Source,
}

impl<'a> Pairs<'a> {
    fn check_count(self, expected: usize) -> Result<&'a [Pair<'a>], InvalidValue> {
        if self.source == Source::Query {
            return Err(InvalidValue::new("expected a struct, a map or a list of pairs"));
        }
        match self.pairs.len() {
            count if count == expected => Ok(self.pairs),
            count => Err(InvalidValue::new(format!("{count} path parameters, expected {expected}"))),
        }
    }

    /// The value of the only path parameter.
    fn scalar(self) -> Result<NameValues<'a>, InvalidValue> {
        self.check_count(1).map(NameValues)
    }
}

impl<'de> Deserializer<'de> for Pairs<'de> {
    type Error = InvalidValue;

    delegate_scalars!(self => self.scalar()?, |error| error.within(&self.pairs[0].0));

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_map(PairMap { pairs: self.pairs, at: 0, next: 0, count: 0 })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_seq(PairSeq(self))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, InvalidValue> {
        self.check_count(len)?;
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

/// Visits each distinct name once, with its values.
struct PairMap<'a> {
    pairs: &'a [Pair<'a>],
    at: usize,
    next: usize,
    count: usize,
}

impl<'a> PairMap<'a> {
    fn next(&mut self) -> Result<Option<&'a str>, InvalidValue> {
        while let Some((name, _)) = self.pairs.get(self.next) {
            self.at = self.next;
            self.next += 1;
            // The values of a repeated name were visited with its first occurrence.
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

impl<'de> MapAccess<'de> for PairMap<'de> {
    type Error = InvalidValue;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, InvalidValue> {
        let Some(name) = self.next()? else { return Ok(None) };
        seed.deserialize(Scalar::new(name)).map(Some).map_err(|error| error.within(name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, InvalidValue> {
        let values = NameValues(&self.pairs[self.at..]);
        seed.deserialize(values).map_err(|error| error.within(values.name()))
    }
}

/// Visits the pairs in their order: the values of path parameters, or name and value for element types that are pairs.
struct PairSeq<'a>(Pairs<'a>);

impl<'de> SeqAccess<'de> for PairSeq<'de> {
    type Error = InvalidValue;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, InvalidValue> {
        let Some(((name, value), rest)) = self.0.pairs.split_first() else { return Ok(None) };
        self.0.pairs = rest;
        let read = match self.0.source {
            Source::Path => seed.deserialize(Scalar::named(name, value)),
            Source::Query => {
                seed.deserialize(SeqDeserializer::new([Scalar::new(name), Scalar::new(value)].into_iter()))
            }
        };
        read.map(Some).map_err(|error| error.within(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.pairs.len())
    }
}
