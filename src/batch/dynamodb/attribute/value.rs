//! One attribute value, `{"S": "text"}`: opened, its type read, and handed to the user's type.

use super::json::Json;
use super::tag::Tag;
use super::typed::{Hint, Source, Typed};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// An item: the fields without the `{"M": …}` around them.
pub(super) struct Item<D>(pub(super) D);

impl<'de, D: Deserializer<'de>> Source<'de> for Item<D> {
    type Error = D::Error;

    fn tag(&self) -> Tag {
        Tag::M
    }

    fn read<V: Visitor<'de>>(self, hint: Hint, visitor: V) -> Result<V::Value, D::Error> {
        Json { tag: Tag::M, hint, visitor }.deserialize(self.0)
    }
}

/// Decodes one attribute value by the user's `S`.
///
/// The user's whole decoding happens while serde_json has the attribute open. So an error that arises after the value
/// was read (`try_from`, a tagged enum) still gets the attribute's place, not that of the map around it.
pub(super) struct Attribute<S>(pub(super) S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Attribute<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<S::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Attribute<S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"an attribute value such as {"S": "text"}"#)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<S::Value, A::Error> {
        let Some(tag) = map.next_key()? else {
            return Err(A::Error::custom(r#"an attribute value without a type, expected one such as {"S": "text"}"#));
        };
        let value = self.0.deserialize(Typed(Opened { tag, map: &mut map }))?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(value),
            Some(_) => Err(A::Error::custom("an attribute value with more than one type")),
        }
    }
}

/// An attribute value of which the type is read, and what is behind it not yet.
struct Opened<'a, A> {
    tag: Tag,
    map: &'a mut A,
}

impl<'de, A: MapAccess<'de>> Source<'de> for Opened<'_, A> {
    type Error = A::Error;

    fn tag(&self) -> Tag {
        self.tag
    }

    fn read<V: Visitor<'de>>(self, hint: Hint, visitor: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(Json { tag: self.tag, hint, visitor })
    }
}
