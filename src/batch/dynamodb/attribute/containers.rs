//! The contents of `M`, `L` and the sets.

use super::key::ItemKey;
use super::reader::ItemReader;
use super::types::AttributeType;
use super::value::{ItemAttribute, ItemValue};
use lrt_core::__private::json::Container;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde_json::Error;
use std::borrow::Cow;

/// The fields of an item or an `M`.
pub(super) struct ItemFields<'a, 'de> {
    reader: &'a mut ItemReader<'de>,
    rest: Container,
}

impl<'a, 'de> ItemFields<'a, 'de> {
    pub(super) fn open(
        reader: &'a mut ItemReader<'de>,
        kind: AttributeType,
        expected: &dyn Expected,
    ) -> Result<Self, Error> {
        if kind != AttributeType::M {
            return Err(reader.wrong_type(kind, expected));
        }
        let rest = reader.open(kind)?;
        Ok(Self { reader, rest })
    }

    pub(super) fn end(&mut self) -> Result<(), Error> {
        match self.reader.next_name(&mut self.rest)? {
            None => Ok(()),
            Some(_) => Err(Error::custom("more fields than expected")),
        }
    }
}

impl<'de> MapAccess<'de> for &mut ItemFields<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        match self.reader.next_name(&mut self.rest)? {
            Some(name) => seed.deserialize(ItemKey(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.reader.value(|reader| seed.deserialize(ItemAttribute { reader }))
    }
}

/// The elements of an `L` or a set.
pub(super) struct ItemElements<'a, 'de> {
    reader: &'a mut ItemReader<'de>,
    rest: Container,
    /// The type of a set's elements; the elements of an `L` have their own types.
    kind: Option<AttributeType>,
}

impl<'a, 'de> ItemElements<'a, 'de> {
    pub(super) fn open(
        reader: &'a mut ItemReader<'de>,
        kind: AttributeType,
        expected: &dyn Expected,
    ) -> Result<Self, Error> {
        let of_elements = match kind {
            AttributeType::L => None,
            AttributeType::Ss => Some(AttributeType::S),
            AttributeType::Ns => Some(AttributeType::N),
            AttributeType::Bs => Some(AttributeType::B),
            _ => return Err(reader.wrong_type(kind, expected)),
        };
        let rest = reader.open(kind)?;
        Ok(Self { reader, rest, kind: of_elements })
    }

    /// Checks that the user's type has read all elements.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        if self.reader.next(&mut self.rest)? {
            return Err(Error::custom("more elements than expected"));
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for &mut ItemElements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if !self.reader.next(&mut self.rest)? {
            return Ok(None);
        }
        let element = self.reader.value(|reader| match self.kind {
            None => seed.deserialize(ItemAttribute { reader }),
            Some(kind) => seed.deserialize(ItemValue { reader, kind }),
        });
        element.map(Some)
    }
}

/// An enum: an `S` with the variant's name, or an `M` with one entry under the variant's name.
pub(super) struct ItemVariant<'a, 'de> {
    reader: &'a mut ItemReader<'de>,
    name: Cow<'de, str>,
    /// `None` for an `S`.
    rest: Option<Container>,
}

impl<'a, 'de> ItemVariant<'a, 'de> {
    pub(super) fn open(
        reader: &'a mut ItemReader<'de>,
        kind: AttributeType,
        expected: &dyn Expected,
    ) -> Result<Self, Error> {
        match kind {
            AttributeType::S => {
                let name = reader.text(kind)?;
                Ok(Self { reader, name, rest: None })
            }
            AttributeType::M => {
                let mut rest = reader.open(kind)?;
                let name = reader.next_name(&mut rest)?;
                let name = name.ok_or_else(|| Error::custom("an enum is a map with one entry, and this is empty"))?;
                Ok(Self { reader, name, rest: Some(rest) })
            }
            _ => Err(reader.wrong_type(kind, expected)),
        }
    }

    pub(super) fn end(&mut self) -> Result<(), Error> {
        let Some(rest) = &mut self.rest else { return Ok(()) };
        match self.reader.next_name(rest)? {
            None => Ok(()),
            Some(_) => Err(Error::custom("an enum is a map with one entry, and this has more")),
        }
    }

    /// Decodes the value of the variant.
    fn decode<T>(
        &mut self,
        expected: &str,
        decode: impl FnOnce(ItemValue<'_, 'de>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.rest.is_none() {
            return Err(Error::invalid_type(Unexpected::UnitVariant, &expected));
        }
        self.reader.value(|reader| ItemAttribute { reader }.open(decode))
    }
}

impl<'de> EnumAccess<'de> for &mut ItemVariant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let variant = seed.deserialize(ItemKey(std::mem::take(&mut self.name)))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for &mut ItemVariant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if self.rest.is_none() { Ok(()) } else { self.decode("unit variant", |value| <()>::deserialize(value)) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        self.decode("newtype variant", |value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.decode("tuple variant", |value| value.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.decode("struct variant", |value| value.deserialize_struct("", fields, visitor))
    }
}
