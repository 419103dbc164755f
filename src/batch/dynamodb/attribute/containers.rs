//! What lies within `M`, `L` and the sets.

use super::items::{Items, OpenedValue};
use super::key::ItemKey;
use super::tag::Tag;
use super::value::ItemValue;
use crate::batch::json::Rest;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde_json::Error;
use std::borrow::Cow;
use std::vec;

/// The fields of an item or an `M`.
pub(super) struct ItemFields<'a, 'de> {
    items: &'a mut Items<'de>,
    rest: Rest,
}

impl<'a, 'de> ItemFields<'a, 'de> {
    pub(super) fn open(items: &'a mut Items<'de>, tag: Tag, expected: &dyn Expected) -> Result<Self, Error> {
        if tag != Tag::M {
            return Err(items.refuse(tag, expected));
        }
        let rest = items.open(tag)?;
        Ok(Self { items, rest })
    }

    pub(super) fn end(&mut self) -> Result<(), Error> {
        match self.items.next_name(&mut self.rest)? {
            None => Ok(()),
            Some(_) => Err(Error::custom("more fields than expected")),
        }
    }
}

impl<'de> MapAccess<'de> for &mut ItemFields<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        match self.items.next_name(&mut self.rest)? {
            Some(name) => seed.deserialize(ItemKey(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let value = self.items.attribute()?;
        self.items.decode(value, |value| seed.deserialize(value))
    }
}

/// The elements of an `L`, a set or a `B`.
pub(super) struct ItemElements<'a, 'de> {
    items: &'a mut Items<'de>,
    of: Of,
    taken: usize,
}

enum Of {
    /// Each says its type, unless all are an `S`, `N` or `B` as those of a set.
    Array(Rest, Option<Tag>),
    Bytes(vec::IntoIter<u8>),
}

impl<'a, 'de> ItemElements<'a, 'de> {
    pub(super) fn open(items: &'a mut Items<'de>, tag: Tag, expected: &dyn Expected) -> Result<Self, Error> {
        let of = match tag {
            Tag::L => Of::Array(items.open(tag)?, None),
            Tag::Ss => Of::Array(items.open(tag)?, Some(Tag::S)),
            Tag::Ns => Of::Array(items.open(tag)?, Some(Tag::N)),
            Tag::Bs => Of::Array(items.open(tag)?, Some(Tag::B)),
            Tag::B => Of::Bytes(items.bytes()?.into_iter()),
            _ => return Err(items.refuse(tag, expected)),
        };
        Ok(Self { items, of, taken: 0 })
    }

    fn next(&mut self) -> Result<Option<OpenedValue>, Error> {
        let opened = match &mut self.of {
            Of::Array(rest, all) => match (self.items.next(rest)?, all) {
                (false, _) => return Ok(None),
                (true, None) => self.items.attribute()?,
                (true, Some(tag)) => self.items.element(*tag),
            },
            Of::Bytes(bytes) => match bytes.next() {
                None => return Ok(None),
                Some(byte) => self.items.element(Tag::Byte(byte)),
            },
        };
        self.taken += 1;
        Ok(Some(opened))
    }

    /// A type may have taken fewer than there are.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        match &mut self.of {
            Of::Array(rest, _) => {
                if self.items.next(rest)? {
                    return Err(Error::custom("more elements than expected"));
                }
            }
            Of::Bytes(bytes) if bytes.len() > 0 => {
                let (taken, s) = (self.taken, if self.taken == 1 { "" } else { "s" });
                let all = taken + bytes.len();
                return Err(Error::custom(format_args!(
                    "invalid length {all}, expected {taken} element{s} in sequence"
                )));
            }
            Of::Bytes(_) => {}
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for &mut ItemElements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        match self.next()? {
            Some(element) => self.items.decode(element, |value| seed.deserialize(value)).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        match &self.of {
            Of::Bytes(bytes) => Some(bytes.len()),
            _ => None,
        }
    }
}

/// An enum: an `S` with the variant's name, or an `M` of one entry with the name and what the variant holds.
pub(super) struct ItemVariant<'a, 'de> {
    items: &'a mut Items<'de>,
    name: Cow<'de, str>,
    rest: Option<Rest>,
}

impl<'a, 'de> ItemVariant<'a, 'de> {
    pub(super) fn open(items: &'a mut Items<'de>, tag: Tag, expected: &dyn Expected) -> Result<Self, Error> {
        match tag {
            Tag::S => {
                let name = items.text(tag)?;
                Ok(Self { items, name, rest: None })
            }
            Tag::M => {
                let mut rest = items.open(tag)?;
                let name = items.next_name(&mut rest)?;
                let name = name.ok_or_else(|| Error::custom("an enum is a map with one entry, and this is empty"))?;
                Ok(Self { items, name, rest: Some(rest) })
            }
            _ => Err(items.refuse(tag, expected)),
        }
    }

    pub(super) fn end(&mut self) -> Result<(), Error> {
        let Some(rest) = &mut self.rest else { return Ok(()) };
        match self.items.next_name(rest)? {
            None => Ok(()),
            Some(_) => Err(Error::custom("an enum is a map with one entry, and this has more")),
        }
    }

    /// Decodes what the variant holds.
    fn held<T>(
        &mut self,
        expected: &str,
        decode: impl FnOnce(ItemValue<'_, 'de>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.rest.is_none() {
            return Err(Error::invalid_type(Unexpected::UnitVariant, &expected));
        }
        let value = self.items.attribute()?;
        self.items.decode(value, decode)
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
        if self.rest.is_none() { Ok(()) } else { self.held("unit variant", |value| <()>::deserialize(value)) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        self.held("newtype variant", |value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.held("tuple variant", |value| value.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, _fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.held("struct variant", |value| value.deserialize_map(visitor))
    }
}
