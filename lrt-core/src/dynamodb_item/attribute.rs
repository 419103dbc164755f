//! Values as attributes.

use super::key::Key;
use super::set::{self, SET};
use super::{ItemError, tagged};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::{Map, Value};

/// Serializes a value as an attribute, such as `{"S": "text"}`.
pub(super) struct Attribute;

macro_rules! numbers {
    ($($method:ident: $Number:ty,)*) => {$(
        fn $method(self, number: $Number) -> Result<Value, ItemError> {
            Ok(tagged("N", number.to_string()))
        }
    )*};
}

fn float(number: impl Into<f64> + std::fmt::Display + Copy) -> Result<Value, ItemError> {
    if number.into().is_finite() {
        Ok(tagged("N", number.to_string()))
    } else {
        Err(ItemError::custom(format_args!("DynamoDB does not support the number {number}")))
    }
}

impl Serializer for Attribute {
    type Ok = Value;
    type Error = ItemError;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = Wrapped<List>;
    type SerializeMap = AttributeFields;
    type SerializeStruct = StructOrNumber;
    type SerializeStructVariant = Wrapped<AttributeFields>;

    numbers! {
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
    }

    fn serialize_f32(self, number: f32) -> Result<Value, ItemError> {
        float(number)
    }

    fn serialize_f64(self, number: f64) -> Result<Value, ItemError> {
        float(number)
    }

    fn serialize_bool(self, value: bool) -> Result<Value, ItemError> {
        Ok(tagged("BOOL", value))
    }

    fn serialize_char(self, value: char) -> Result<Value, ItemError> {
        Ok(tagged("S", value.to_string()))
    }

    fn serialize_str(self, text: &str) -> Result<Value, ItemError> {
        Ok(tagged("S", text))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value, ItemError> {
        Ok(tagged("B", STANDARD.encode(bytes)))
    }

    fn serialize_none(self) -> Result<Value, ItemError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, ItemError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, ItemError> {
        Ok(tagged("NULL", true))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, ItemError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, ItemError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Value, ItemError> {
        let value = value.serialize(self)?;
        if name == SET { set::of(value) } else { Ok(value) }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, ItemError> {
        Ok(wrapped(variant, value.serialize(self)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, ItemError> {
        Ok(List::default())
    }

    fn serialize_tuple(self, _: usize) -> Result<List, ItemError> {
        Ok(List::default())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List, ItemError> {
        Ok(List::default())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Wrapped<List>, ItemError> {
        Ok(Wrapped { variant, inner: List::default() })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<AttributeFields, ItemError> {
        Ok(AttributeFields::default())
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<StructOrNumber, ItemError> {
        Ok(match name {
            Number::NAME => StructOrNumber::Number(Number::default()),
            _ => StructOrNumber::Struct(AttributeFields::default()),
        })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Wrapped<AttributeFields>, ItemError> {
        Ok(Wrapped { variant, inner: AttributeFields::default() })
    }
}

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
pub(super) struct AttributeFields {
    key: Option<String>,
    values: Map<String, Value>,
}

impl AttributeFields {
    fn push<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), ItemError> {
        self.values.insert(name.to_owned(), value.serialize(Attribute)?);
        Ok(())
    }

    fn end(self) -> Value {
        tagged("M", self.values)
    }
}

/// An enum variant: a map whose only key is the variant's name.
pub(super) struct Wrapped<T> {
    variant: &'static str,
    inner: T,
}

fn wrapped(variant: &str, inner: Value) -> Value {
    tagged("M", Map::from_iter([(variant.to_owned(), inner)]))
}

/// A number of serde_json. With its feature `arbitrary_precision`, all other formats see a struct.
#[derive(Default)]
pub(super) struct Number(String);

impl Number {
    /// The name of the struct and of its only field.
    const NAME: &'static str = "$serde_json::private::Number";
}

pub(super) enum StructOrNumber {
    Struct(AttributeFields),
    Number(Number),
}

/// Implements the traits for elements without a name.
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

impl SerializeMap for AttributeFields {
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

impl SerializeStructVariant for Wrapped<AttributeFields> {
    type Ok = Value;
    type Error = ItemError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), ItemError> {
        self.inner.push(name, value)
    }

    fn end(self) -> Result<Value, ItemError> {
        Ok(wrapped(self.variant, self.inner.end()))
    }
}
