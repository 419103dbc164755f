//! Deserializes a single string.

use super::{InvalidValue, PairSource};
use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, Unexpected, Visitor};

/// A string that deserializes to a string, a number, a `bool`, a `char` or a unit variant of an enum.
pub(super) struct Scalar<'a> {
    text: &'a str,
    /// Set if the string also deserializes to a pair of name and value.
    name: Option<&'a str>,
    /// True if the string is a placeholder for any value, so that it deserializes to every type.
    is_placeholder: bool,
}

/// Implements the scalar methods of a `Deserializer` that contains several values: they delegate to the deserializer that
/// `$scalar` returns, and map its errors with `$map_err`.
macro_rules! delegate_scalars {
    ($this:ident => $scalar:expr, $map_err:expr) => {
        delegate_scalars!($this => $scalar, $map_err;
            deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
            deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
            deserialize_f32 deserialize_f64 deserialize_bool deserialize_char
            deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        );

        fn deserialize_enum<V: Visitor<'de>>(
            $this,
            name: &'static str,
            variants: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, InvalidValue> {
            $scalar.deserialize_enum(name, variants, visitor).map_err($map_err)
        }
    };
    ($this:ident => $scalar:expr, $map_err:expr; $($deserialize:ident)*) => {$(
        fn $deserialize<V: Visitor<'de>>($this, visitor: V) -> Result<V::Value, InvalidValue> {
            $scalar.$deserialize(visitor).map_err($map_err)
        }
    )*};
}

pub(super) use delegate_scalars;

impl<'a> Scalar<'a> {
    pub(super) fn new(text: &'a str) -> Scalar<'a> {
        Scalar { text, name: None, is_placeholder: false }
    }

    /// A value from this source.
    pub(super) fn from_source(text: &'a str, source: PairSource) -> Scalar<'a> {
        Scalar { is_placeholder: source == PairSource::Placeholder, ..Scalar::new(text) }
    }

    /// Allows the string to deserialize to a pair of its name and itself as well.
    pub(super) fn with_name(self, name: &'a str) -> Scalar<'a> {
        Scalar { name: Some(name), ..self }
    }

    fn invalid_type<'de, V: Visitor<'de>>(&self, expected: &V) -> InvalidValue {
        Error::invalid_type(Unexpected::Str(self.text), expected)
    }

    /// Integers of up to 64 bits. The visitor checks the range.
    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        if self.is_placeholder {
            visitor.visit_u64(1)
        } else if let Ok(number) = self.text.parse() {
            visitor.visit_u64(number)
        } else if let Ok(number) = self.text.parse() {
            visitor.visit_i64(number)
        } else {
            Err(self.invalid_type(&visitor))
        }
    }
}

macro_rules! integers {
    ($($deserialize:ident)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
            self.integer(visitor)
        }
    )*};
}

macro_rules! parsed {
    ($($deserialize:ident $visit:ident $placeholder:literal;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
            match self.text.parse() {
                _ if self.is_placeholder => visitor.$visit($placeholder),
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(self.invalid_type(&visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Scalar<'_> {
    type Error = InvalidValue;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_str(self.text)
    }

    integers! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
    }

    parsed! {
        deserialize_u128 visit_u128 1;
        deserialize_i128 visit_i128 1;
        deserialize_f32 visit_f32 1.0;
        deserialize_f64 visit_f64 1.0;
        deserialize_bool visit_bool true;
        deserialize_char visit_char '1';
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_bytes(self.text.as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_bytes(self.text.as_bytes())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, InvalidValue> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, InvalidValue> {
        match self.name {
            Some(name) => {
                visitor.visit_seq(SeqDeserializer::new([Scalar::new(name), Scalar::new(self.text)].into_iter()))
            }
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        let variant = variants.first().copied().filter(|_| self.is_placeholder);
        let name: StrDeserializer<'_, InvalidValue> = variant.unwrap_or(self.text).into_deserializer();
        visitor.visit_enum(name)
    }

    serde::forward_to_deserialize_any! {
        str string seq tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, InvalidValue> for Scalar<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
