//! A store that fails on request, and functions that count their effects.

use lrt::idempotency::{CompleteOutcome, Lock, LockOutcome, MemoryStore, Store, StoreError, StoreFuture, StoredReply};
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The failure of one operation of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The operation is an error, and has no effect.
    Fails,
    /// The operation has its effect, and is an error.
    LosesAnswer,
    /// The operation is never answered, and has no effect.
    Pauses,
    /// The operation has its effect, and is never answered.
    PausesAfter,
}

/// Decides the failures: given the number of the operation, from zero.
type Plan = dyn Fn(usize) -> Option<Fault> + Send + Sync;

/// A store in memory that fails as planned. Each operation is pending once before it has its effect.
#[derive(Clone)]
pub(crate) struct TestStore {
    memory: MemoryStore,
    plan: Arc<Plan>,
    calls: Arc<Mutex<Vec<&'static str>>>,
    follows_unfinished: Arc<AtomicUsize>,
    max_reply_bytes: usize,
}

impl TestStore {
    pub(crate) fn new(plan: impl Fn(usize) -> Option<Fault> + Send + Sync + 'static) -> TestStore {
        TestStore {
            memory: MemoryStore::new(),
            plan: Arc::new(plan),
            calls: Arc::default(),
            follows_unfinished: Arc::default(),
            max_reply_bytes: 1000,
        }
    }

    /// Returns a store in which one operation fails.
    pub(crate) fn failing(operation: usize, fault: Fault) -> TestStore {
        TestStore::new(move |n| (n == operation).then_some(fault))
    }

    pub(crate) fn reliable() -> TestStore {
        TestStore::new(|_| None)
    }

    /// Returns the operations that were called.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().clone()
    }

    /// Returns the number of executions that were reported to follow an unfinished one.
    pub(crate) fn follows_unfinished(&self) -> usize {
        self.follows_unfinished.load(Ordering::Relaxed)
    }

    async fn call<T>(
        &self,
        name: &'static str,
        operation: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let number = {
            let mut calls = self.calls.lock().unwrap();
            calls.push(name);
            calls.len() - 1
        };
        let fault = (self.plan)(number);
        tokio::task::yield_now().await;
        match fault {
            None => operation.await,
            Some(Fault::Fails) => Err(StoreError::new(format!("{name} fails"))),
            Some(Fault::LosesAnswer) => {
                operation.await?;
                Err(StoreError::new(format!("{name} loses its answer")))
            }
            Some(Fault::Pauses) => pending().await,
            Some(Fault::PausesAfter) => {
                operation.await?;
                pending().await
            }
        }
    }
}

impl Store for TestStore {
    fn lock<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, LockOutcome> {
        Box::pin(self.call("lock", async {
            let outcome = self.memory.lock(lock).await?;
            if outcome == (LockOutcome::Acquired { follows_unfinished: true }) {
                self.follows_unfinished.fetch_add(1, Ordering::Relaxed);
            }
            Ok(outcome)
        }))
    }

    fn complete<'a>(&'a self, lock: &'a Lock, reply: &'a StoredReply) -> StoreFuture<'a, CompleteOutcome> {
        Box::pin(self.call("complete", self.memory.complete(lock, reply)))
    }

    fn release<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, ()> {
        Box::pin(self.call("release", self.memory.release(lock)))
    }

    fn max_reply_bytes(&self) -> usize {
        self.max_reply_bytes
    }
}

/// Counts effects.
#[derive(Clone, Default)]
pub(crate) struct Effects(Arc<AtomicUsize>);

impl Effects {
    /// Has an effect, and returns the number of effects so far.
    pub(crate) fn happen(&self) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Polls a future once.
pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}
