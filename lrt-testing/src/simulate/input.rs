//! The records that are to be delivered.

use crate::IntoEvent;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

/// A record as it stands in an event, and when it comes into being.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) id: String,
    pub(super) record: Value,
    pub(super) at: Duration,
}

/// All records of a run, in the order in which they come into being.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    /// Where the identifier is in a record, as a JSON pointer.
    id: &'static str,
    all: Vec<Input>,
    known: HashSet<String>,
}

impl Inputs {
    pub(super) fn identified_by(id: &'static str) -> Inputs {
        Inputs { id, all: Vec::new(), known: HashSet::new() }
    }

    /// Adds the records of an event.
    ///
    /// # Panics
    ///
    /// When it cannot be read, or has records that cannot be told apart.
    #[track_caller]
    pub(super) fn add(&mut self, event: impl IntoEvent, at: Duration) {
        let bytes = event.into_event().unwrap_or_else(|why| panic!("{why}"));
        let mut event: Value =
            serde_json::from_slice(&bytes).unwrap_or_else(|why| panic!("the event is no JSON: {why}"));
        let Some(Value::Array(records)) = event.get_mut("Records").map(Value::take) else {
            panic!("the event has no `Records`")
        };
        for record in records {
            let Some(id) = record.pointer(self.id).and_then(Value::as_str) else {
                panic!("a record has no identifier at `{}`, so nobody can report it: {record}", self.id)
            };
            let id = id.to_owned();
            assert!(
                self.known.insert(id.clone()),
                "two records are called {id}, and a run tells them by that: give each its own"
            );
            self.all.push(Input { id, record, at });
        }
        self.all.sort_by_key(|input| input.at);
    }

    /// One of the texts of the first record.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.all.first()?.record.get(field)?.as_str()
    }

    pub(super) fn into_vec(self) -> Vec<Input> {
        self.all
    }
}

/// An event of these records.
pub(super) fn event<'a>(records: impl Iterator<Item = &'a Value>) -> Value {
    json!({"Records": records.collect::<Vec<_>>()})
}
