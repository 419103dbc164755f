//! The deserializer of a name in an item or an `M`: the name of a struct's field, an enum's variant, or a map's key.

use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Error as _, Visitor};
use serde_json::Error;
use std::borrow::Cow;

/// A name. A map's keys may be numbers or booleans, written in a string, as in serde_json.
pub(super) struct ItemKey<'de>(pub(super) Cow<'de, str>);

impl ItemKey<'_> {
    fn number<T: serde::de::DeserializeOwned>(&self) -> Result<T, Error> {
        let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        let digits = self.0.strip_prefix('-').unwrap_or(&self.0).as_bytes();
        if !digit(digits.first()) || !digit(digits.last()) {
            return Err(Error::custom("invalid value: expected key to be a number in quotes"));
        }
        serde_json::from_str(&self.0)
    }

    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.number() {
            Ok(number) => visitor.visit_i64(number),
            Err(_) => visitor.visit_u64(self.number()?),
        }
    }

    fn float<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(self.number()?)
    }
}

impl<'de> Deserializer<'de> for ItemKey<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(&self.0)
    }

    forward! {
        integer: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
            deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64;
        float: deserialize_f32 deserialize_f64;
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i128(self.number()?)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u128(self.number()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &*self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            name => visitor.visit_str(name),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bytes(self.0.as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(StrDeserializer::new(&self.0))
    }

    serde::forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
