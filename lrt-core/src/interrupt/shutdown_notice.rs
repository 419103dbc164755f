//! Notifies the invocation in flight that the process has to exit.

use std::sync::{Arc, OnceLock};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio::time::Instant;

/// Receives SIGTERM for the parts of an invocation that respond in their own way: batches, HTTP requests.
#[derive(Default)]
pub(crate) struct ShutdownNotice {
    received_at: OnceLock<Instant>,
    notify: Arc<Notify>,
}

impl ShutdownNotice {
    /// Records that the signal was received, and wakes the tasks that wait for it.
    pub(crate) fn receive(&self, at: Instant) {
        let _ = self.received_at.set(at);
        self.notify.notify_waiters();
    }

    /// Returns the time at which the signal was received, or `None` if it was not received.
    pub(crate) fn received_at(&self) -> Option<Instant> {
        self.received_at.get().copied()
    }

    /// Waits for the next call of [`receive`](ShutdownNotice::receive).
    pub(crate) fn notified(&self) -> OwnedNotified {
        Arc::clone(&self.notify).notified_owned()
    }
}
