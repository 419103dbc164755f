//! Input records of a simulation.

use crate::IntoEvent;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

/// A record of an event, and the time of its creation.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) id: String,
    pub(super) record: Value,
    pub(super) at: Duration,
}

/// All records of a simulation, in the order of their creation.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    /// JSON pointer to the identifier of a record.
    id: &'static str,
    all: Vec<Input>,
    ids: HashSet<String>,
}

impl Inputs {
    pub(super) fn identified_by(id: &'static str) -> Inputs {
        Inputs { id, all: Vec::new(), ids: HashSet::new() }
    }

    /// Adds the records of an event.
    ///
    /// # Panics
    ///
    /// Panics if the event cannot be read, or if identifiers are missing or not unique.
    #[track_caller]
    pub(super) fn add(&mut self, event: impl IntoEvent, at: Duration) {
        let bytes = event.into_event().unwrap_or_else(|error| panic!("{error}"));
        let mut event: Value =
            serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("invalid JSON in the event: {error}"));
        let Some(Value::Array(records)) = event.get_mut("Records").map(Value::take) else {
            panic!("the event has no `Records`")
        };
        for record in records {
            let Some(id) = record.pointer(self.id).and_then(Value::as_str) else {
                panic!("a record has no identifier at `{}`: {record}", self.id)
            };
            let id = id.to_owned();
            assert!(self.ids.insert(id.clone()), "two records have the identifier {id} (identifiers must be unique)");
            self.all.push(Input { id, record, at });
        }
        self.all.sort_by_key(|input| input.at);
    }

    /// Returns a string field of the first record.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.all.first()?.record.get(field)?.as_str()
    }

    pub(super) fn into_vec(self) -> Vec<Input> {
        self.all
    }
}

/// Returns an event with these records.
pub(super) fn event<'a>(records: impl Iterator<Item = &'a Value>) -> Value {
    json!({"Records": records.collect::<Vec<_>>()})
}
