//! Guests and the messages sent to them, in memory: they are lost when the execution environment ends. A real function
//! would use a table of connections and the management API (see the README).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Handle of the room; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Room(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Names by connection.
    guests: BTreeMap<String, String>,
    /// Connections and messages.
    sent: Vec<(String, String)>,
}

impl Room {
    #[cfg(test)]
    pub(crate) fn with<const N: usize>(guests: [(&str, &str); N]) -> Room {
        let guests = guests.map(|(connection, name)| (connection.to_owned(), name.to_owned())).into();
        Room(Arc::new(Mutex::new(State { guests, sent: Vec::new() })))
    }

    pub(crate) async fn enter(&self, connection: String, name: String) {
        self.state().guests.insert(connection, name);
    }

    pub(crate) async fn leave(&self, connection: &str) {
        self.state().guests.remove(connection);
    }

    /// Sends a message to all other guests, and returns their number.
    pub(crate) async fn send(&self, from: &str, text: &str) -> usize {
        let State { guests, sent } = &mut *self.state();
        let Some(name) = guests.get(from) else { return 0 };
        let others = guests.keys().filter(|connection| *connection != from);
        let before = sent.len();
        sent.extend(others.map(|connection| (connection.clone(), format!("{name}: {text}"))));
        sent.len() - before
    }

    #[cfg(test)]
    pub(crate) fn sent(&self) -> Vec<(String, String)> {
        self.state().sent.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
