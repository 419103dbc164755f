//! The invocations that the workers are handling, which are logged if shutdown does not wait for them.

use crate::invocation::Context;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The invocation that a worker is handling, until its reply was sent.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<Option<Context>>);

impl InFlight {
    pub(crate) fn begin(&self, context: &Context) {
        *lock(&self.0) = Some(context.clone());
    }

    pub(crate) fn end(&self) {
        *lock(&self.0) = None;
    }
}

/// The invocations of all workers.
#[derive(Default)]
pub(super) struct AllInFlight(Mutex<Vec<Weak<InFlight>>>);

impl AllInFlight {
    /// Adds a worker.
    pub(super) fn add(&self) -> Arc<InFlight> {
        let in_flight = Arc::default();
        let mut workers = lock(&self.0);
        workers.retain(|worker| worker.strong_count() > 0);
        workers.push(Arc::downgrade(&in_flight));
        in_flight
    }

    /// Returns the request ids of the invocations.
    pub(super) fn request_ids(&self) -> Vec<String> {
        let workers = lock(&self.0);
        let contexts = workers.iter().filter_map(Weak::upgrade).filter_map(|worker| lock(&worker.0).clone());
        contexts.map(|context| context.request_id().to_owned()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
