//! Members of an event that a test sets with a JSON pointer.

use crate::EventError;
use serde::Serialize;
use serde_json::{Map, Value};

/// Values at [JSON pointers](https://www.rfc-editor.org/rfc/rfc6901), which are applied after everything else.
#[derive(Clone, Debug, Default)]
pub(super) struct Overrides(Vec<(String, Value)>);

/// An event, or a part of one, with its overrides applied.
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

    /// Replaces or adds the members. Creates missing objects on the path.
    pub(super) fn apply<W: Serialize>(&self, event: W) -> Result<WithOverrides<W>, EventError> {
        if self.0.is_empty() {
            return Ok(WithOverrides::Unchanged(event));
        }
        let written = serde_json::to_value(&event);
        let mut changed =
            written.map_err(|error| EventError::new(format!("cannot serialize the event as JSON: {error}")))?;
        for (pointer, value) in &self.0 {
            *member(&mut changed, pointer)? = value.clone();
        }
        Ok(WithOverrides::Changed(changed))
    }
}

/// Returns the member at this pointer, and creates it if it is missing.
fn member<'a>(event: &'a mut Value, pointer: &str) -> Result<&'a mut Value, EventError> {
    let Some(names) = pointer.strip_prefix('/') else {
        return Err(EventError::new(format!("invalid JSON pointer {pointer:?} (expected a leading slash)")));
    };
    let mut value = event;
    for name in names.split('/') {
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        let Value::Object(members) = value else {
            return Err(EventError::new(format!(
                "cannot set {pointer}: expected an object on its path, found {value}"
            )));
        };
        value = members.entry(name.replace("~1", "/").replace("~0", "~")).or_insert(Value::Null);
    }
    Ok(value)
}
