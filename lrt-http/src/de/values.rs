//! Deserializes the values of one name.

use super::pairs::Pair;
use super::value::{Scalar, delegate_scalars};
use super::{InvalidValue, PairSource};
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

/// The pairs of one name. There is at least one.
#[derive(Clone, Copy)]
pub(super) struct NameValues<'a> {
    pub(super) pairs: &'a [Pair<'a>],
    pub(super) source: PairSource,
    /// The scalar that several values deserialize to.
    pub(super) repeated: Repeated,
    /// See [`Pairs`](super::Pairs).
    pub(super) untyped_lists: bool,
}

/// The scalar that several values of one name deserialize to.
#[derive(Clone, Copy)]
pub(super) enum Repeated {
    /// The last value, as in maps that are filled pair by pair.
    Last,
    /// Several values are an error, since they may come from different authors.
    Error,
}

impl<'a> NameValues<'a> {
    pub(super) fn name(self) -> &'a str {
        &self.pairs[0].0
    }

    fn scalar(self) -> Result<Scalar<'a>, InvalidValue> {
        match (self.pairs, self.repeated) {
            ([(_, value)], _) | ([.., (_, value)], Repeated::Last) => Ok(Scalar::from_source(value, self.source)),
            (pairs, _) => Err(InvalidValue::new(format!("given {} times, expected once", pairs.len()))),
        }
    }
}

impl<'de> Deserializer<'de> for NameValues<'_> {
    type Error = InvalidValue;

    delegate_scalars!(self => self.scalar()?, |error| error);

    /// Called for types that do not declare what they expect, such as members of flattened structs.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        match self.pairs {
            [_, _, ..] if self.untyped_lists => self.deserialize_seq(visitor),
            _ => self.scalar()?.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_seq(ValueSeq { values: self, next: 0 })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, InvalidValue> {
        match self.pairs.len() {
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

struct ValueSeq<'a> {
    values: NameValues<'a>,
    next: usize,
}

impl<'de> SeqAccess<'de> for ValueSeq<'_> {
    type Error = InvalidValue;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, InvalidValue> {
        let Some((_, value)) = self.values.pairs.get(self.next) else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        let scalar = Scalar::from_source(value, self.values.source);
        seed.deserialize(scalar).map(Some).map_err(|error| error.within(&format!("[{index}]")))
    }
}
