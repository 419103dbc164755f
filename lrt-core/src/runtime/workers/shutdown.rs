//! Broadcasts shutdown to all workers.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// A signal that any number of tasks on any thread can wait for.
#[derive(Default)]
pub(super) struct ShutdownBroadcast {
    begun: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

impl ShutdownBroadcast {
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::Release);
        self.waiting().iter().for_each(Waker::wake_by_ref);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    pub(super) async fn wait(&self) {
        poll_fn(|cx| {
            let mut waiting = self.waiting();
            if self.has_begun() {
                return Poll::Ready(());
            }
            // Each worker waits once or twice, so the list stays short.
            waiting.push(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
