//! JSON whose members stay in the order in which they were written, as those of an event have one.

use serde::ser::{Serialize, Serializer};
use serde_json::Value;

/// An object or any other value.
#[derive(Clone, Debug)]
pub enum Json {
    Value(Value),
    Object(Object),
}

/// Members in their order.
#[derive(Clone, Debug, Default)]
pub struct Object(Vec<(String, Json)>);

impl Object {
    pub fn new() -> Object {
        Object::default()
    }

    /// With one more member.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Json>) -> Object {
        self.0.push((key.into(), value.into()));
        self
    }

    /// With one more member, if there is a value for it.
    pub fn with_some(self, key: impl Into<String>, value: Option<impl Into<Json>>) -> Object {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The object, or null if it has no members.
    pub fn or_null(self) -> Json {
        if self.0.is_empty() { Json::Value(Value::Null) } else { self.into() }
    }

    /// The object, unless it has no members.
    pub fn or_none(self) -> Option<Object> {
        (!self.0.is_empty()).then_some(self)
    }
}

impl<K: Into<String>, V: Into<Json>> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Object {
        Object(members.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Json {
        Json::Object(object)
    }
}

/// What serde_json makes a value of.
macro_rules! values {
    ($($From:ty)*) => {$(
        impl From<$From> for Json {
            fn from(value: $From) -> Json {
                Json::Value(value.into())
            }
        }
    )*};
}

values!(&str String bool u64 Value Vec<String> Option<String>);

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Value(value) => value.serialize(serializer),
            Json::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}
