//! Deserializes names with values.

use super::InvalidValue;
use super::value::{Scalar, delegate_scalars};
use super::values::{NameValues, Repeated};
use serde::de::value::SeqDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;

/// A decoded name and value.
pub(crate) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The origin of the pairs, which determines how types without names are deserialized.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PairSource {
    /// Path parameters are ordered: a scalar, a tuple or a list takes their values.
    Path,
    /// Path parameters of a route, before there is a request. Their values deserialize to as many types as possible.
    Placeholder,
    /// Query parameters are identified by name: only a list of pairs takes them in their order.
    Query,
}

/// All path parameters, or all query parameters.
pub(crate) struct Pairs<'a> {
    pub(crate) pairs: Vec<Pair<'a>>,
    pub(crate) source: PairSource,
    /// True if repeated names are lists for types that do not declare what they expect. Otherwise, only the last value
    /// is used.
    pub(crate) untyped_lists: bool,
}

impl<'a> Pairs<'a> {
    /// Checks that the number of path parameters is `expected`.
    fn check_count(&self, expected: usize) -> Result<(), InvalidValue> {
        match self.pairs.len() {
            _ if self.source == PairSource::Query => {
                Err(InvalidValue::structural("expected a struct, a map or a list of pairs"))
            }
            count if count == expected => Ok(()),
            count => {
                let plural = if expected == 1 { "" } else { "s" };
                Err(InvalidValue::structural(format!("expected {expected} path parameter{plural}, got {count}")))
            }
        }
    }

    /// The value of the only path parameter.
    fn scalar(&self) -> Result<Scalar<'_>, InvalidValue> {
        self.check_count(1)?;
        Ok(Scalar::from_source(&self.pairs[0].1, self.source))
    }

    fn into_map(self, repeated: Repeated) -> PairMap<'a> {
        let Pairs { mut pairs, source, untyped_lists } = self;
        // Groups the values of repeated names, in their order. Sorting takes little time for any number of names.
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        PairMap { pairs, source, repeated, untyped_lists, at: 0, next: 0 }
    }
}

impl<'de> Deserializer<'de> for Pairs<'_> {
    type Error = InvalidValue;

    delegate_scalars!(self => self.scalar()?, |error| error.within(&self.pairs[0].0));

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        match (self.source, &*self.pairs) {
            (PairSource::Path | PairSource::Placeholder, [_]) => self.deserialize_str(visitor),
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_map(self.into_map(Repeated::Last))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        visitor.visit_map(self.into_map(Repeated::Error))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_seq(PairSeq { pairs: self, next: 0 })
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

    serde::forward_to_deserialize_any! { identifier ignored_any }
}

/// Visits each name once, with all of its values. Pairs with the same name are adjacent.
struct PairMap<'a> {
    pairs: Vec<Pair<'a>>,
    source: PairSource,
    repeated: Repeated,
    untyped_lists: bool,
    /// The first pair of the current name.
    at: usize,
    /// The first pair of the next name.
    next: usize,
}

impl<'de> MapAccess<'de> for PairMap<'_> {
    type Error = InvalidValue;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, InvalidValue> {
        let rest = &self.pairs[self.next..];
        let Some((name, _)) = rest.first() else { return Ok(None) };
        self.at = self.next;
        self.next += rest.iter().take_while(|(other, _)| other == name).count();
        seed.deserialize(Scalar::new(name)).map(Some).map_err(|error| error.within(name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, InvalidValue> {
        let pairs = &self.pairs[self.at..self.next];
        let (source, repeated, untyped_lists) = (self.source, self.repeated, self.untyped_lists);
        let values = NameValues { pairs, source, repeated, untyped_lists };
        seed.deserialize(values).map_err(|error| error.within(values.name()))
    }
}

/// Visits the pairs in their order: the values of path parameters, or name and value for element types that are pairs.
struct PairSeq<'a> {
    pairs: Pairs<'a>,
    next: usize,
}

impl<'de> SeqAccess<'de> for PairSeq<'_> {
    type Error = InvalidValue;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, InvalidValue> {
        let Some((name, value)) = self.pairs.pairs.get(self.next) else { return Ok(None) };
        self.next += 1;
        let element = match self.pairs.source {
            PairSource::Query => {
                seed.deserialize(SeqDeserializer::new([Scalar::new(name), Scalar::new(value)].into_iter()))
            }
            source => seed.deserialize(Scalar::from_source(value, source).with_name(name)),
        };
        element.map(Some).map_err(|error| error.within(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.pairs.len() - self.next)
    }
}
