//! Deserializes the JSON of an authorizer, whose values API Gateway may have converted to strings.

use super::InvalidValue;
use super::value::Scalar;
use lrt_core::__private::json::JsonCursor;
use lrt_core::__private::json::path::shown_name;
use serde::de::value::SeqDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

/// A value of any JSON. A string also deserializes to the value that it was converted from: a number, a `bool`, or a list or an
/// object as JSON. Lists are also accepted in the encodings of claims: `[a b]` and `a,b`.
#[derive(Clone, Copy)]
pub(crate) struct ContextValue<'a> {
    value: &'a Value,
    /// Members of an object that are skipped, unless the type has a field with that name.
    skipped: &'a [&'a str],
    /// The JSON of the value, if it is an element of a list: `1.10` may be a string, which the number would change.
    json: Option<&'a str>,
}

impl<'a> ContextValue<'a> {
    pub(crate) fn new(value: &'a Value, skipped: &'a [&'a str]) -> ContextValue<'a> {
        ContextValue { value, skipped, json: None }
    }

    fn inner(value: &'a Value) -> ContextValue<'a> {
        ContextValue { value, skipped: &[], json: None }
    }

    /// Returns the list or object that a string contains as JSON.
    fn nested(self) -> Option<Value> {
        let text = self.value.as_str()?;
        serde_json::from_str(text).ok().filter(|value: &Value| value.is_array() || value.is_object())
    }

    fn visit_map<'de, V: Visitor<'de>>(
        self,
        members: &Map<String, Value>,
        fields: &[&str],
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        let is_skipped = |name: &str| self.skipped.contains(&name) && !fields.contains(&name);
        let members = members.iter().filter(|(name, _)| !is_skipped(name));
        visitor.visit_map(Members { members, value: None })
    }
}

macro_rules! scalars {
    ($($deserialize:ident)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
            match self.value {
                Value::String(text) => Scalar::new(text).$deserialize(visitor),
                value => value.clone().$deserialize(visitor).map_err(InvalidValue::custom),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for ContextValue<'_> {
    type Error = InvalidValue;

    scalars! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_f32 deserialize_f64 deserialize_bool deserialize_char
        deserialize_bytes deserialize_byte_buf
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        match self.value {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(ContextValue::inner))),
            Value::Object(members) => self.visit_map(members, &[], visitor),
            Value::String(text) => visitor.visit_str(text),
            scalar => scalar.clone().deserialize_any(visitor).map_err(InvalidValue::custom),
        }
    }

    /// Elements of a list of strings may have been numbers.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        match (self.value, self.json) {
            (Value::Number(_) | Value::Bool(_), Some(json)) => visitor.visit_str(json),
            (Value::Number(_) | Value::Bool(_), None) => visitor.visit_string(self.value.to_string()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        let Value::String(text) = self.value else { return self.deserialize_any(visitor) };
        if let Some(nested) = self.nested() {
            let (Value::Array(items), Some(elements)) = (&nested, elements(text)) else {
                return ContextValue::inner(&nested).deserialize_any(visitor);
            };
            let items = items.iter().zip(elements);
            let items = items.map(|(value, json)| ContextValue { json: Some(json), ..ContextValue::inner(value) });
            return visitor.visit_seq(SeqDeserializer::new(items));
        }
        // Both forms are those of claims: API Gateway does not write lists as JSON there.
        let items: Vec<&str> = match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            Some(items) => items.split_whitespace().collect(),
            None => text.split(',').filter(|item| !item.is_empty()).collect(),
        };
        visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Scalar::new)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, InvalidValue> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        match self.nested() {
            Some(nested) => ContextValue::inner(&nested).deserialize_any(visitor),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        match self.value {
            Value::Object(members) => self.visit_map(members, fields, visitor),
            _ => self.deserialize_map(visitor),
        }
    }

    /// A string is a unit variant, or a variant with data as JSON.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        match (self.nested(), self.value) {
            (Some(nested), _) => nested.deserialize_enum(name, variants, visitor).map_err(InvalidValue::custom),
            (None, Value::String(text)) => Scalar::new(text).deserialize_enum(name, variants, visitor),
            (None, value) => value.clone().deserialize_enum(name, variants, visitor).map_err(InvalidValue::custom),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        visitor.visit_unit()
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        self.deserialize_str(visitor)
    }
}

impl<'de> IntoDeserializer<'de, InvalidValue> for ContextValue<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Returns the JSON of each element of a list.
fn elements(list: &str) -> Option<Vec<&str>> {
    let mut reader = JsonCursor::new(list);
    let mut rest = reader.open(b'[', &"a list").ok()?;
    let mut elements = Vec::new();
    while reader.next(&mut rest).ok()? {
        elements.push(reader.skip().ok()?);
    }
    Some(elements)
}

/// The members of an object. Errors contain the name of the member.
struct Members<'a, I> {
    members: I,
    value: Option<(&'a str, &'a Value)>,
}

impl<'a, 'de, I: Iterator<Item = (&'a String, &'a Value)>> MapAccess<'de> for Members<'a, I> {
    type Error = InvalidValue;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, InvalidValue> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = Some((name, value));
        // A key that was a number.
        seed.deserialize(Scalar::new(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, InvalidValue> {
        let Some((name, value)) = self.value.take() else { return Err(InvalidValue::custom("value without a key")) };
        seed.deserialize(ContextValue::inner(value)).map_err(|error| {
            let separator = if error.field().is_empty() || error.field().starts_with('[') { "" } else { "." };
            error.within(separator).within(shown_name(name))
        })
    }
}
