//! What lies within lists, maps and structs.

use super::ItemError;
use super::attribute::{Attribute, tagged};
use super::key::Key;
use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde_json::{Map, Value};

/// The elements of an `L`.
#[derive(Default)]
pub(super) struct List(Vec<Value>);

impl List {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ItemError> {
        self.0.push(value.serialize(Attribute)?);
        Ok(())
    }

    fn end(self) -> Value {
        tagged("L", self.0)
    }
}

/// The fields of an `M`.
#[derive(Default)]
pub(super) struct Fields {
    key: Option<String>,
    values: Map<String, Value>,
}

impl Fields {
    fn push<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), ItemError> {
        self.values.insert(name.to_owned(), value.serialize(Attribute)?);
        Ok(())
    }

    fn end(self) -> Value {
        tagged("M", self.values)
    }
}

/// A variant of an enum: a map with one entry, the variant's name.
pub(super) struct Wrapped<T> {
    pub(super) variant: &'static str,
    pub(super) inner: T,
}

fn wrapped(variant: &str, inner: Value) -> Value {
    tagged("M", Map::from_iter([(variant.to_owned(), inner)]))
}

/// A number of serde_json: with its feature `arbitrary_precision`, one is a struct to all formats but its own.
#[derive(Default)]
pub(super) struct Number(String);

impl Number {
    /// What the struct and its only field are called.
    pub(super) const NAME: &'static str = "$serde_json::private::Number";
}

pub(super) enum StructOrNumber {
    Struct(Fields),
    Number(Number),
}

/// A trait of serde whose element has no name.
macro_rules! elements {
    ($($Trait:ident::$method:ident,)*) => {$(
        impl $Trait for List {
            type Ok = Value;
            type Error = ItemError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ItemError> {
                self.push(value)
            }

            fn end(self) -> Result<Value, ItemError> {
                Ok(self.end())
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
}

impl SerializeTupleVariant for Wrapped<List> {
    type Ok = Value;
    type Error = ItemError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ItemError> {
        self.inner.push(value)
    }

    fn end(self) -> Result<Value, ItemError> {
        Ok(wrapped(self.variant, self.inner.end()))
    }
}

impl SerializeMap for Fields {
    type Ok = Value;
    type Error = ItemError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ItemError> {
        self.key = Some(key.serialize(Key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ItemError> {
        let key = self.key.take().ok_or_else(|| ItemError::custom("a map has a value without a key"))?;
        self.push(&key, value)
    }

    fn end(self) -> Result<Value, ItemError> {
        Ok(self.end())
    }
}

impl SerializeStruct for StructOrNumber {
    type Ok = Value;
    type Error = ItemError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), ItemError> {
        match self {
            StructOrNumber::Struct(fields) => fields.push(name, value),
            StructOrNumber::Number(number) => {
                number.0 = value.serialize(Key)?;
                Ok(())
            }
        }
    }

    fn end(self) -> Result<Value, ItemError> {
        Ok(match self {
            StructOrNumber::Struct(fields) => fields.end(),
            StructOrNumber::Number(number) => tagged("N", number.0),
        })
    }
}

impl SerializeStructVariant for Wrapped<Fields> {
    type Ok = Value;
    type Error = ItemError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), ItemError> {
        self.inner.push(name, value)
    }

    fn end(self) -> Result<Value, ItemError> {
        Ok(wrapped(self.variant, self.inner.end()))
    }
}
