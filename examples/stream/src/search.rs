//! The search index, in memory: it is lost when the execution environment ends. A real function would use a search service.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Client of the index; clones share it.
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
