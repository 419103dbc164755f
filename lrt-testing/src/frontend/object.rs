//! JSON objects that keep the order of their members, so that events look like those of AWS.
//!
//! The feature `preserve_order` of serde_json does the same, but if a dependency enables it, it is also enabled in the
//! release builds of users.

use serde::ser::{Serialize, Serializer};
use serde_json::Value;

/// An ordered object, or any other value.
#[derive(Clone, Debug)]
pub enum Json {
    Value(Value),
    Object(Object),
}

/// An object that keeps the order of its members.
#[derive(Clone, Debug, Default)]
pub struct Object(Vec<(String, Json)>);

impl Object {
    /// Creates an empty object.
    pub fn new() -> Object {
        Object::default()
    }

    /// Adds a member.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Json>) -> Object {
        self.0.push((key.into(), value.into()));
        self
    }

    /// Adds a member if there is a value for it.
    pub fn with_some(self, key: impl Into<String>, value: Option<impl Into<Json>>) -> Object {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Removes members.
    pub(super) fn without(mut self, names: &[&str]) -> Object {
        self.0.retain(|(name, _)| !names.contains(&&**name));
        self
    }

    /// Appends the members of another object.
    pub(super) fn and(mut self, other: Object) -> Object {
        self.0.extend(other.0);
        self
    }

    /// Sets a member to an empty object if it is null or missing.
    pub(super) fn or_empty(mut self, key: &str) -> Object {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some((_, value @ Json::Value(Value::Null))) => *value = Object::new().into(),
            Some(_) => {}
            None => self.0.push((key.to_owned(), Object::new().into())),
        }
        self
    }

    /// Returns the object, or null if it is empty.
    pub fn or_null(self) -> Json {
        if self.0.is_empty() { Json::Value(Value::Null) } else { self.into() }
    }

    /// Returns the object, or `None` if it is empty.
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

/// Converts types that serde_json converts to a value.
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
