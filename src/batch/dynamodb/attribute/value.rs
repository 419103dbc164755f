//! One attribute value as the user's types see it: serde's face of it.

use super::containers::{ItemElements, ItemFields, ItemVariant};
use super::items::Items;
use super::number::{self, Integer, Number};
use super::tag::Tag;
use serde::de::{Deserializer, Visitor};
use serde_json::Error;

/// A value whose type is known, and which can be read once: an attribute's, or that of an element of a set.
pub(super) struct ItemValue<'a, 'de> {
    pub(super) items: &'a mut Items<'de>,
    pub(super) tag: Tag,
}

impl<'de> ItemValue<'_, 'de> {
    fn integer<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.items.number(self.tag, &visitor)?;
        match number::integer(&text, &visitor)? {
            Integer::Unsigned(number) => visitor.visit_u64(number),
            Integer::Signed(number) => visitor.visit_i64(number),
        }
    }

    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.items.any_text(self.tag, &visitor)?;
        visitor.visit_str(&text)
    }

    fn unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.items.null(self.tag, &visitor)?;
        visitor.visit_unit()
    }

    fn sequence<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut elements = ItemElements::open(self.items, self.tag, &visitor)?;
        let value = visitor.visit_seq(&mut elements)?;
        elements.end().map(|()| value)
    }

    fn map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut fields = ItemFields::open(self.items, self.tag, &visitor)?;
        let value = visitor.visit_map(&mut fields)?;
        fields.end().map(|()| value)
    }

    fn bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tag {
            Tag::B => visitor.visit_byte_buf(self.items.bytes()?),
            // The text of a number must not get to where bytes are wanted, which take an `S`.
            Tag::N => self.integer(visitor),
            _ => self.deserialize_any(visitor),
        }
    }
}

impl<'de> Deserializer<'de> for ItemValue<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tag {
            Tag::S => self.text(visitor),
            Tag::N => {
                let text = self.items.text(self.tag)?;
                match number::any(&text)? {
                    Number::Integer(Integer::Unsigned(number)) => visitor.visit_u64(number),
                    Number::Integer(Integer::Signed(number)) => visitor.visit_i64(number),
                    Number::Float(number) => visitor.visit_f64(number),
                    Number::Text => visitor.visit_str(&text),
                }
            }
            Tag::Byte(byte) => visitor.visit_u64(byte.into()),
            Tag::Bool => self.deserialize_bool(visitor),
            Tag::Null => self.unit(visitor),
            Tag::M => self.map(visitor),
            // What takes anything has no room for bytes, or would not know base64 from text.
            Tag::B | Tag::L | Tag::Ss | Tag::Ns | Tag::Bs => self.sequence(visitor),
        }
    }

    same! {
        deserialize_any: deserialize_identifier;
        integer: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
            deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64;
        text: deserialize_char deserialize_str deserialize_string;
        bytes: deserialize_bytes deserialize_byte_buf;
        unit: deserialize_unit;
        sequence: deserialize_seq;
        map: deserialize_map;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = self.items.boolean(self.tag, &visitor)?;
        visitor.visit_bool(value)
    }

    // Visitors of these may have no other visit, as serde_json has it.
    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.items.number(self.tag, &visitor)?;
        let number = number::i128(&text, &visitor)?;
        visitor.visit_i128(number)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.items.number(self.tag, &visitor)?;
        let number = number::u128(&text, &visitor)?;
        visitor.visit_u128(number)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.items.number(self.tag, &visitor)?;
        let number = number::f32(&text, &visitor)?;
        visitor.visit_f32(number)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.items.number(self.tag, &visitor)?;
        let number = number::f64(&text, &visitor)?;
        visitor.visit_f64(number)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tag {
            Tag::Null => self.unit(visitor),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.sequence(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.sequence(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut variant = ItemVariant::open(self.items, self.tag, &visitor)?;
        let value = visitor.visit_enum(&mut variant)?;
        variant.end().map(|()| value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if !matches!(self.tag, Tag::Byte(_)) {
            self.items.skip()?;
        }
        visitor.visit_unit()
    }
}
