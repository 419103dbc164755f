//! What lies within `M`, `L` and the sets.

use super::json::Text;
use super::number;
use super::tag::Tag;
use super::typed::Typed;
use super::value::Attribute;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The fields of an item or an `M`. The names go to the user's type as they are.
pub(super) struct Fields<A>(pub(super) A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Attribute(seed))
    }
}

/// The elements of an `L`, each with its own type.
pub(super) struct List<A>(pub(super) A);

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for List<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Attribute(seed))
    }
}

/// The elements of an `SS`, `NS` or `BS`, which are all an `S`, `N` or `B` without saying so.
pub(super) struct Set<A> {
    pub(super) tag: Tag,
    pub(super) seq: A,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Set<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.seq.next_element_seed(Element { tag: self.tag, seed })
    }
}

/// Decodes one element of a set by the user's `S`; within serde_json's reading of it, as [`Attribute`] does and for
/// the same reason.
struct Element<S> {
    tag: Tag,
    seed: S,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Element<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<S::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Element<S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag.expected())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<S::Value, E> {
        self.seed.deserialize(Typed(Text::new(self.tag, text)))
    }

    number::in_json!();
}

/// An enum in an `M` of one entry: the variant's name, and what it holds.
pub(super) struct Variant<'a, A>(pub(super) &'a mut A);

impl<'de, A: MapAccess<'de>> EnumAccess<'de> for Variant<'_, A> {
    type Error = A::Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), A::Error> {
        match self.0.next_key_seed(seed)? {
            Some(variant) => Ok((variant, self)),
            None => Err(A::Error::custom("an enum is a map with one entry, and this is empty")),
        }
    }
}

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for Variant<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.next_value_seed(Attribute(PhantomData))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Attribute(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.next_value_seed(Attribute(Tuple { len, visitor }))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.next_value_seed(Attribute(Struct(visitor)))
    }
}

/// What a tuple variant holds.
struct Tuple<V> {
    len: usize,
    visitor: V,
}

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Tuple<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        value.deserialize_tuple(self.len, self.visitor)
    }
}

/// What a struct variant holds.
struct Struct<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Struct<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        value.deserialize_map(self.0)
    }
}
