//! Deserializes the values of one name.

use super::InvalidValue;
use super::pairs::Pair;
use super::value::{Scalar, delegate_scalars};
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

/// The values of a name: those pairs that have the name of the first pair. There is at least one pair.
#[derive(Clone, Copy)]
pub(super) struct NameValues<'a>(pub(super) &'a [Pair<'a>]);

impl<'a> NameValues<'a> {
    pub(super) fn name(self) -> &'a str {
        &self.0[0].0
    }

    fn values(self) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| *name == self.name()).map(|(_, value)| &**value)
    }

    /// The only value. Several values are an error, since they may come from different authors.
    fn scalar(self) -> Result<Scalar<'a>, InvalidValue> {
        match self.values().count() {
            1 => Ok(Scalar::new(&self.0[0].1)),
            count => Err(InvalidValue::new(format!("given {count} times, expected once"))),
        }
    }
}

impl<'de> Deserializer<'de> for NameValues<'de> {
    type Error = InvalidValue;

    delegate_scalars!(self => self.scalar()?, |error| error);

    /// Called for members of flattened structs, whose type serde does not reveal.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        match self.scalar() {
            Ok(scalar) => scalar.deserialize_any(visitor),
            Err(_) => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_seq(ValueSeq { values: self.values(), next: 0 })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, InvalidValue> {
        match self.values().count() {
            count if count == len => self.deserialize_seq(visitor),
            count => Err(InvalidValue::new(format!("given {count} times, expected {len}"))),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        self.scalar()?.deserialize_unit(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, InvalidValue> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { map struct identifier }
}

struct ValueSeq<I> {
    values: I,
    next: usize,
}

impl<'de, I: Iterator<Item = &'de str>> SeqAccess<'de> for ValueSeq<I> {
    type Error = InvalidValue;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, InvalidValue> {
        let Some(value) = self.values.next() else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(Scalar::new(value)).map(Some).map_err(|error| error.within(&format!("[{index}]")))
    }
}
