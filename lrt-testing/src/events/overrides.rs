//! Overrides of an event that a test sets by their place.

use super::super::EventError;
use serde::Serialize;
use serde_json::{Map, Value};

/// Overrides by [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901), written last.
#[derive(Clone, Debug, Default)]
pub(super) struct Overrides(Vec<(String, Value)>);

/// An event or a part of it, with the members that were set.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum WithOverrides<W> {
    Unchanged(W),
    Changed(Value),
}

impl Overrides {
    pub(super) fn set(&mut self, pointer: &str, value: Value) {
        self.0.push((pointer.to_owned(), value));
    }

    /// Writes them over what is there. Objects on the way are made.
    pub(super) fn apply<W: Serialize>(&self, whole: W) -> Result<WithOverrides<W>, EventError> {
        if self.0.is_empty() {
            return Ok(WithOverrides::Unchanged(whole));
        }
        let written = serde_json::to_value(&whole);
        let mut changed = written.map_err(|error| EventError::new(format!("the event cannot be written: {error}")))?;
        for (pointer, value) in &self.0 {
            *member(&mut changed, pointer)? = value.clone();
        }
        Ok(WithOverrides::Changed(changed))
    }
}

/// The member at this pointer, which is made if there is none.
fn member<'a>(event: &'a mut Value, pointer: &str) -> Result<&'a mut Value, EventError> {
    let Some(names) = pointer.strip_prefix('/') else {
        return Err(EventError::new(format!("{pointer:?} points to no member: it has to begin with a slash")));
    };
    let mut value = event;
    for name in names.split('/') {
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        let Value::Object(members) = value else {
            return Err(EventError::new(format!("{pointer} points into what is no object: there is {value}")));
        };
        value = members.entry(name.replace("~1", "/").replace("~0", "~")).or_insert(Value::Null);
    }
    Ok(value)
}
