//! serde's face of a value whose type is known.

use super::tag::Tag;
use serde::de::{Deserializer, Error, Visitor};

/// What the user's type asked for, as far as it makes a difference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// Whatever there is.
    Any,
    /// An integer of at most 64 bits.
    Integer,
    I128,
    U128,
    F32,
    F64,
    Text,
    Bytes,
    Sequence,
    Enum,
    /// Nothing: the value is skipped.
    Ignored,
    /// What only one type of attribute decodes into.
    Other,
}

/// Something of a known type that can be read once.
pub(super) trait Source<'de> {
    type Error: Error;

    fn tag(&self) -> Tag;

    fn read<V: Visitor<'de>>(self, hint: Hint, visitor: V) -> Result<V::Value, Self::Error>;
}

/// The deserializer that the user's types see.
pub(super) struct Typed<S>(pub(super) S);

macro_rules! read {
    ($($method:ident: $hint:ident,)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, S::Error> {
            self.0.read(Hint::$hint, visitor)
        })*
    };
}

impl<'de, S: Source<'de>> Deserializer<'de> for Typed<S> {
    type Error = S::Error;

    read! {
        deserialize_any: Any,
        deserialize_identifier: Any,
        deserialize_bool: Other,
        deserialize_i8: Integer,
        deserialize_i16: Integer,
        deserialize_i32: Integer,
        deserialize_i64: Integer,
        deserialize_i128: I128,
        deserialize_u8: Integer,
        deserialize_u16: Integer,
        deserialize_u32: Integer,
        deserialize_u64: Integer,
        deserialize_u128: U128,
        deserialize_f32: F32,
        deserialize_f64: F64,
        deserialize_char: Text,
        deserialize_str: Text,
        deserialize_string: Text,
        deserialize_bytes: Bytes,
        deserialize_byte_buf: Bytes,
        deserialize_unit: Other,
        deserialize_seq: Sequence,
        deserialize_map: Other,
        deserialize_ignored_any: Ignored,
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, S::Error> {
        match self.0.tag() {
            Tag::Null => self.0.read(Hint::Other, visitor),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, S::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, S::Error> {
        self.0.read(Hint::Other, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, S::Error> {
        self.0.read(Hint::Sequence, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, S::Error> {
        self.0.read(Hint::Sequence, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, S::Error> {
        self.0.read(Hint::Other, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, S::Error> {
        self.0.read(Hint::Enum, visitor)
    }
}
