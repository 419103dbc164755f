//! The invocations that the workers are handling, which are logged if shutdown does not wait for them.

use crate::invocation::Context;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The invocation that a worker is handling, until its reply was sent.
pub(crate) struct InFlight {
    context: Mutex<Option<Context>>,
    received: Arc<AtomicUsize>,
}

impl InFlight {
    pub(crate) fn begin(&self, context: &Context) {
        self.received.fetch_add(1, Ordering::Relaxed);
        *lock(&self.context) = Some(context.clone());
    }

    pub(crate) fn end(&self) {
        *lock(&self.context) = None;
    }
}

/// The invocations of all workers.
#[derive(Default)]
pub(super) struct AllInFlight {
    workers: Mutex<Vec<Weak<InFlight>>>,
    received: Arc<AtomicUsize>,
}

impl AllInFlight {
    /// Adds a worker.
    pub(super) fn add(&self) -> Arc<InFlight> {
        let in_flight = Arc::new(InFlight { context: Mutex::default(), received: Arc::clone(&self.received) });
        let mut workers = lock(&self.workers);
        workers.retain(|worker| worker.strong_count() > 0);
        workers.push(Arc::downgrade(&in_flight));
        in_flight
    }

    /// Returns the number of events that all workers have received so far.
    pub(super) fn received(&self) -> usize {
        self.received.load(Ordering::Relaxed)
    }

    /// Returns the request ids of the invocations.
    pub(super) fn request_ids(&self) -> Vec<String> {
        let workers = lock(&self.workers);
        let contexts = workers.iter().filter_map(Weak::upgrade).filter_map(|worker| lock(&worker.context).clone());
        contexts.map(|context| context.request_id().to_owned()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
