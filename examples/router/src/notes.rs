//! Notes, in memory: they are lost when the execution environment ends. A real function would use a table.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Client of the notes.
pub(crate) struct Notes(Mutex<Table>);

#[derive(Clone, serde::Serialize)]
pub(crate) struct Note {
    id: u64,
    text: String,
}

#[derive(Default)]
struct Table {
    notes: BTreeMap<u64, Note>,
    last: u64,
}

impl Table {
    fn add(&mut self, text: String) -> Note {
        self.last += 1;
        let note = Note { id: self.last, text };
        self.notes.insert(note.id, note.clone());
        note
    }
}

impl Notes {
    pub(crate) fn with<const N: usize>(texts: [&str; N]) -> Notes {
        let mut table = Table::default();
        for text in texts {
            table.add(text.to_owned());
        }
        Notes(Mutex::new(table))
    }

    pub(crate) async fn add(&self, text: String) -> Note {
        self.table().add(text)
    }

    pub(crate) async fn all(&self) -> Vec<Note> {
        self.table().notes.values().cloned().collect()
    }

    pub(crate) async fn get(&self, id: u64) -> Option<Note> {
        self.table().notes.get(&id).cloned()
    }

    /// Removes a note. Returns false if it does not exist.
    pub(crate) async fn remove(&self, id: u64) -> bool {
        self.table().notes.remove(&id).is_some()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
