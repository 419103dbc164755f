//! Keys of maps: strings, and values with a single string form.

use super::ItemError;
use serde::ser::{Error, Impossible, Serialize, Serializer};

/// Serializes a key of a map.
pub(super) struct Key;

type No = Impossible<String, ItemError>;

fn unsupported<T>() -> Result<T, ItemError> {
    Err(ItemError::custom("invalid map key (expected a string, an integer or a boolean)"))
}

macro_rules! texts {
    ($($method:ident: $Type:ty,)*) => {$(
        fn $method(self, value: $Type) -> Result<String, ItemError> {
            Ok(value.to_string())
        }
    )*};
}

impl Serializer for Key {
    type Ok = String;
    type Error = ItemError;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    texts! {
        serialize_bool: bool,
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
        serialize_char: char,
        serialize_str: &str,
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<String, ItemError> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<String, ItemError> {
        value.serialize(self)
    }

    fn serialize_f32(self, _: f32) -> Result<String, ItemError> {
        unsupported()
    }

    fn serialize_f64(self, _: f64) -> Result<String, ItemError> {
        unsupported()
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<String, ItemError> {
        unsupported()
    }

    fn serialize_none(self) -> Result<String, ItemError> {
        unsupported()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<String, ItemError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<String, ItemError> {
        unsupported()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<String, ItemError> {
        unsupported()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, ItemError> {
        unsupported()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<No, ItemError> {
        unsupported()
    }

    fn serialize_tuple(self, _: usize) -> Result<No, ItemError> {
        unsupported()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<No, ItemError> {
        unsupported()
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<No, ItemError> {
        unsupported()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<No, ItemError> {
        unsupported()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<No, ItemError> {
        unsupported()
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<No, ItemError> {
        unsupported()
    }
}
