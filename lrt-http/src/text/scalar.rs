//! One text as whatever serde asks for.

use super::InvalidValue;
use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, Unexpected, Visitor};

/// A text that becomes a string, a number, a `bool`, a `char` or a unit variant of an enum.
pub(super) struct Scalar<'a> {
    text: &'a str,
    /// For who asks for a pair.
    name: Option<&'a str>,
}

/// What a deserializer of several values does where one is asked for: it leaves that to another, and says whose error
/// it is.
macro_rules! scalars {
    ($this:ident => $one:expr, $whose:expr) => {
        scalars!($this => $one, $whose;
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
            $one.deserialize_enum(name, variants, visitor).map_err($whose)
        }
    };
    ($this:ident => $one:expr, $whose:expr; $($deserialize:ident)*) => {$(
        fn $deserialize<V: Visitor<'de>>($this, visitor: V) -> Result<V::Value, InvalidValue> {
            $one.$deserialize(visitor).map_err($whose)
        }
    )*};
}

pub(super) use scalars;

impl<'a> Scalar<'a> {
    pub(super) fn new(text: &'a str) -> Scalar<'a> {
        Scalar { text, name: None }
    }

    /// It may become a pair of its name and itself, too.
    pub(super) fn named(name: &'a str, text: &'a str) -> Scalar<'a> {
        Scalar { text, name: Some(name) }
    }

    fn is_no<'de, V: Visitor<'de>>(&self, expected: &V) -> InvalidValue {
        Error::invalid_type(Unexpected::Str(self.text), expected)
    }

    /// Of all sizes but the largest: whether the number fits is for the visitor to say.
    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        if let Ok(number) = self.text.parse() {
            visitor.visit_u64(number)
        } else if let Ok(number) = self.text.parse() {
            visitor.visit_i64(number)
        } else {
            Err(self.is_no(&visitor))
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
    ($($deserialize:ident $visit:ident $if:expr;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
            match self.text.parse() {
                Ok(value) if $if(value) => visitor.$visit(value),
                _ => Err(self.is_no(&visitor)),
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

    // Rust reads `inf` and `1e999` as numbers; nobody counts on them.
    parsed! {
        deserialize_u128 visit_u128 |_| true;
        deserialize_i128 visit_i128 |_| true;
        deserialize_f32 visit_f32 f32::is_finite;
        deserialize_f64 visit_f64 f64::is_finite;
        deserialize_bool visit_bool |_| true;
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
        if self.text.is_empty() { visitor.visit_unit() } else { Err(self.is_no(&visitor)) }
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
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        let name: StrDeserializer<'_, InvalidValue> = self.text.into_deserializer();
        visitor.visit_enum(name)
    }

    serde::forward_to_deserialize_any! {
        char str string seq tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, InvalidValue> for Scalar<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
