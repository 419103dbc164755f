//! The deserializers of an attribute value: before and after its type has been read.

use super::containers::{ItemElements, ItemFields, ItemVariant};
use super::number;
use super::reader::ItemReader;
use super::types::AttributeType;
use serde::de::value::SeqDeserializer;
use serde::de::{Deserializer, Visitor};
use serde_json::Error;

/// A value whose type is known and whose JSON is read next: an attribute's value, or an element of a set.
pub(super) struct ItemValue<'a, 'de> {
    pub(super) reader: &'a mut ItemReader<'de>,
    pub(super) kind: AttributeType,
}

impl<'de> ItemValue<'_, 'de> {
    fn integer<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.reader.number(self.kind, &visitor)?;
        let number = number::integer64(&text).ok_or_else(|| number::does_not_fit(&text, &visitor))?;
        number.visit(visitor)
    }

    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.reader.any_text(self.kind, &visitor)?;
        visitor.visit_str(&text)
    }

    fn unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.reader.null(self.kind, &visitor)?;
        visitor.visit_unit()
    }

    fn sequence<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.kind == AttributeType::B {
            let mut bytes = SeqDeserializer::new(self.reader.bytes()?.into_iter());
            let value = visitor.visit_seq(&mut bytes)?;
            return bytes.end().map(|()| value);
        }
        let mut elements = ItemElements::open(self.reader, self.kind, &visitor)?;
        let value = visitor.visit_seq(&mut elements)?;
        elements.end().map(|()| value)
    }

    fn map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut fields = ItemFields::open(self.reader, self.kind, &visitor)?;
        let value = visitor.visit_map(&mut fields)?;
        fields.end().map(|()| value)
    }

    fn bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            AttributeType::B => visitor.visit_byte_buf(self.reader.bytes()?),
            // For an error that shows the original number.
            AttributeType::N => self.integer(visitor),
            _ => self.deserialize_any(visitor),
        }
    }
}

impl<'de> Deserializer<'de> for ItemValue<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            AttributeType::S => self.text(visitor),
            AttributeType::N => {
                let text = self.reader.text(self.kind)?;
                number::any(&text, &visitor)?.visit(visitor)
            }
            AttributeType::Bool => self.deserialize_bool(visitor),
            AttributeType::Null => self.unit(visitor),
            AttributeType::M => self.map(visitor),
            // A type that accepts any value may not support bytes, and could not distinguish base64 from text.
            AttributeType::B | AttributeType::L | AttributeType::Ss | AttributeType::Ns | AttributeType::Bs => {
                self.sequence(visitor)
            }
        }
    }

    forward! {
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
        let value = self.reader.boolean(self.kind, &visitor)?;
        visitor.visit_bool(value)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.reader.number(self.kind, &visitor)?;
        let number = number::integer(&text, &visitor)?;
        visitor.visit_i128(number)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.reader.number(self.kind, &visitor)?;
        let number = number::integer(&text, &visitor)?;
        visitor.visit_u128(number)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.reader.number(self.kind, &visitor)?;
        let number = number::float(&text, &visitor)?;
        visitor.visit_f32(number)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.reader.number(self.kind, &visitor)?;
        let number = number::float(&text, &visitor)?;
        visitor.visit_f64(number)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            AttributeType::Null => self.unit(visitor),
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

    /// Also accepts an `L` of the fields, as serde_json accepts an array.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.kind {
            AttributeType::L | AttributeType::Ss | AttributeType::Ns | AttributeType::Bs => self.sequence(visitor),
            _ => self.map(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut variant = ItemVariant::open(self.reader, self.kind, &visitor)?;
        let value = visitor.visit_enum(&mut variant)?;
        variant.end().map(|()| value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.reader.skip()?;
        visitor.visit_unit()
    }
}

/// An attribute value whose type is read next, unless the value is ignored: then it may be any JSON, such as a type that did not
/// exist when this was written.
pub(super) struct ItemAttribute<'a, 'de> {
    pub(super) reader: &'a mut ItemReader<'de>,
}

impl<'de> ItemAttribute<'_, 'de> {
    /// Reads the type, and decodes the value.
    pub(super) fn open<T>(self, decode: impl FnOnce(ItemValue<'_, 'de>) -> Result<T, Error>) -> Result<T, Error> {
        let Self { reader } = self;
        let kind = reader.attribute_type()?;
        let value = decode(ItemValue { reader: &mut *reader, kind })?;
        reader.end_attribute()?;
        Ok(value)
    }
}

/// Implements methods of a `Deserializer` that read the type of the value.
macro_rules! open {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Error> {
            self.open(|value| value.$method($($argument,)* visitor))
        })*
    };
}

impl<'de> Deserializer<'de> for ItemAttribute<'_, 'de> {
    type Error = Error;

    open! {
        deserialize_any() deserialize_bool() deserialize_char() deserialize_str() deserialize_string()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_bytes() deserialize_byte_buf() deserialize_option()
        deserialize_unit() deserialize_seq() deserialize_map() deserialize_identifier()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.reader.skip()?;
        visitor.visit_unit()
    }
}
