use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::state::{Settings, State};

/// State shared by the handle and the connections.
pub(super) struct SharedState {
    state: Mutex<State>,
    changed: Notify,
}

impl SharedState {
    pub(super) fn new(settings: Settings) -> Self {
        Self { state: Mutex::new(State::new(settings)), changed: Notify::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes all waiting tasks.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_waiters();
        result
    }

    /// Waits until `check` returns a value.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the result of `check` is returned in the poll in which `check` has changed the state.
    pub(super) async fn when<T>(&self, mut check: impl FnMut(&mut State) -> Option<T>) -> T {
        loop {
            // Created before the check, so that a change after the check is not missed.
            let changed = self.changed.notified();
            let found = check(&mut self.lock());
            match found {
                Some(found) => {
                    self.changed.notify_waiters();
                    return found;
                }
                None => changed.await,
            }
        }
    }
}
