//! The search index. This is memory, so it lasts as long as one execution environment: a search service belongs here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A connection to the index; its clones are connections to the same.
#[derive(Clone, Default)]
pub(crate) struct Search(Arc<Mutex<BTreeMap<String, String>>>);

impl Search {
    pub(crate) async fn put(&self, id: &str, name: &str) {
        self.documents().insert(id.to_owned(), name.to_owned());
    }

    pub(crate) async fn delete(&self, id: &str) {
        self.documents().remove(id);
    }

    #[cfg(test)]
    pub(crate) fn names(&self) -> Vec<String> {
        self.documents().values().cloned().collect()
    }

    fn documents(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
