//! Who is there, and what they were told. This is memory, so it lasts as long as one execution environment: a table of
//! connections belongs here, and calls of the management API (see the README).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The room; its clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Room(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    /// Names by connection.
    guests: BTreeMap<String, String>,
    told: Vec<(String, String)>,
}

impl Room {
    #[cfg(test)]
    pub(crate) fn with<const N: usize>(guests: [(&str, &str); N]) -> Room {
        let guests = guests.map(|(connection, name)| (connection.to_owned(), name.to_owned())).into();
        Room(Arc::new(Mutex::new(Inside { guests, told: Vec::new() })))
    }

    pub(crate) async fn enter(&self, connection: String, name: String) {
        self.inside().guests.insert(connection, name);
    }

    pub(crate) async fn leave(&self, connection: &str) {
        self.inside().guests.remove(connection);
    }

    /// Tells all others what this guest says, and counts them.
    pub(crate) async fn tell(&self, from: &str, text: &str) -> usize {
        let Inside { guests, told } = &mut *self.inside();
        let Some(name) = guests.get(from) else { return 0 };
        let others = guests.keys().filter(|connection| *connection != from);
        let before = told.len();
        told.extend(others.map(|connection| (connection.clone(), format!("{name}: {text}"))));
        told.len() - before
    }

    /// What was told, and to whom.
    #[cfg(test)]
    pub(crate) fn told(&self) -> Vec<(String, String)> {
        self.inside().told.clone()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
