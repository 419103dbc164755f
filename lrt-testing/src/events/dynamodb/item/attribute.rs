//! One value as an attribute.

use super::ItemError;
use super::compound::{Fields, List, Number, StructOrNumber, Wrapped};
use super::set::{self, SET};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Error, Serialize, Serializer};
use serde_json::{Map, Value};

/// Writes an attribute: `{"S": "text"}`.
pub(super) struct Attribute;

/// A value with its type.
pub(super) fn tagged(tag: &str, value: impl Into<Value>) -> Value {
    Map::from_iter([(tag.to_owned(), value.into())]).into()
}

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
        Err(ItemError::custom(format_args!("DynamoDB has no number {number}")))
    }
}

impl Serializer for Attribute {
    type Ok = Value;
    type Error = ItemError;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = Wrapped<List>;
    type SerializeMap = Fields;
    type SerializeStruct = StructOrNumber;
    type SerializeStructVariant = Wrapped<Fields>;

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
        Ok(tagged("M", Map::from_iter([(variant.to_owned(), value.serialize(self)?)])))
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

    fn serialize_map(self, _: Option<usize>) -> Result<Fields, ItemError> {
        Ok(Fields::default())
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<StructOrNumber, ItemError> {
        Ok(match name {
            Number::NAME => StructOrNumber::Number(Number::default()),
            _ => StructOrNumber::Struct(Fields::default()),
        })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Wrapped<Fields>, ItemError> {
        Ok(Wrapped { variant, inner: Fields::default() })
    }
}
