//! A store in memory.

use super::{CompleteOutcome, Lock, LockOutcome, Store, StoreFuture, StoredReply};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// The number of records at which expired ones are removed for the first time.
const SWEEP_AT: usize = 1024;

/// A century, which stands for "never" in durations that would overflow the clock.
const FOREVER: std::time::Duration = std::time::Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A [`Store`] in the memory of the process, for tests and `cargo run`.
///
/// In Lambda, each execution environment would have its own, so executions in different environments would not know of
/// each other. A clone shares the records. Times are on tokio's clock, which a test can pause.
///
/// ```
/// use lrt_core::idempotency::{CompleteOutcome, Lock, LockOutcome, MemoryStore, Store, StoredReply};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let store = MemoryStore::new();
/// let lock = || Lock::new("charge#7", Duration::from_secs(30));
/// let first = lock();
/// assert_eq!(store.lock(&first).await.unwrap(), LockOutcome::Acquired { follows_unfinished: false });
/// assert!(matches!(store.lock(&lock()).await.unwrap(), LockOutcome::InProgress { .. }));
///
/// let reply = StoredReply { data: "{}".to_owned(), is_error: false };
/// assert_eq!(store.complete(&first, &reply).await.unwrap(), CompleteOutcome::Stored);
/// assert_eq!(store.lock(&lock()).await.unwrap(), LockOutcome::Completed { reply, fingerprint: None });
/// # }
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Records>>);

#[derive(Default)]
struct Records {
    by_key: HashMap<String, Record>,
    sweep_at: usize,
}

struct Record {
    owner: String,
    fingerprint: Option<String>,
    /// `None` while the execution is in progress.
    reply: Option<StoredReply>,
    expires_at: Instant,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Records {
    fn lock(&mut self, lock: &Lock) -> LockOutcome {
        let now = Instant::now();
        let mut follows_unfinished = false;
        if let Some(record) = self.by_key.get(lock.key()) {
            let is_expired = record.expires_at <= now;
            match &record.reply {
                Some(reply) if !is_expired => {
                    return LockOutcome::Completed { reply: reply.clone(), fingerprint: record.fingerprint.clone() };
                }
                None if !is_expired && record.owner != lock.owner() => {
                    let expires_in = record.expires_at - now;
                    return LockOutcome::InProgress { expires_in, fingerprint: record.fingerprint.clone() };
                }
                Some(_) => {}
                None => follows_unfinished = record.owner != lock.owner(),
            }
        }
        self.sweep(now);
        let record = Record {
            owner: lock.owner().to_owned(),
            fingerprint: lock.fingerprint().map(str::to_owned),
            reply: None,
            expires_at: now + lock.timeout().min(FOREVER),
        };
        self.by_key.insert(lock.key().to_owned(), record);
        LockOutcome::Acquired { follows_unfinished }
    }

    fn complete(&mut self, lock: &Lock, reply: &StoredReply) -> CompleteOutcome {
        match self.by_key.get_mut(lock.key()) {
            Some(record) if record.owner == lock.owner() => {
                record.reply = Some(reply.clone());
                record.expires_at = Instant::now() + lock.expires_after().min(FOREVER);
                CompleteOutcome::Stored
            }
            _ => CompleteOutcome::LockLost,
        }
    }

    fn release(&mut self, lock: &Lock) {
        let is_locked = |record: &Record| record.owner == lock.owner() && record.reply.is_none();
        if self.by_key.get(lock.key()).is_some_and(is_locked) {
            self.by_key.remove(lock.key());
        }
    }

    /// Removes expired records when the number of records has doubled, so that each call has a constant cost on average.
    fn sweep(&mut self, now: Instant) {
        if self.by_key.len() >= self.sweep_at.max(SWEEP_AT) {
            // Expired locks are kept: the next execution has to know of them.
            self.by_key.retain(|_, record| record.expires_at > now || record.reply.is_none());
            self.sweep_at = 2 * self.by_key.len();
        }
    }
}

impl Store for MemoryStore {
    fn lock<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, LockOutcome> {
        Box::pin(async { Ok(self.records().lock(lock)) })
    }

    fn complete<'a>(&'a self, lock: &'a Lock, reply: &'a StoredReply) -> StoreFuture<'a, CompleteOutcome> {
        Box::pin(async { Ok(self.records().complete(lock, reply)) })
    }

    fn release<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, ()> {
        Box::pin(async {
            self.records().release(lock);
            Ok(())
        })
    }

    fn max_reply_bytes(&self) -> usize {
        usize::MAX
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("records", &self.records().by_key.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    fn lock() -> Lock {
        Lock::new("key", 3 * SECOND).with_expires_after(60 * SECOND)
    }

    fn reply() -> StoredReply {
        StoredReply { data: "7".to_owned(), is_error: false }
    }

    const ACQUIRED: LockOutcome = LockOutcome::Acquired { follows_unfinished: false };
    const FOLLOWS: LockOutcome = LockOutcome::Acquired { follows_unfinished: true };

    #[tokio::test(start_paused = true)]
    async fn lock_expires_at_its_timeout_and_the_next_one_follows_an_unfinished_execution() {
        let store = MemoryStore::new();
        assert_eq!(store.lock(&lock()).await.unwrap(), ACQUIRED);
        tokio::time::advance(2 * SECOND).await;
        let in_progress = LockOutcome::InProgress { expires_in: SECOND, fingerprint: None };
        assert_eq!(store.lock(&lock()).await.unwrap(), in_progress);
        tokio::time::advance(SECOND).await;
        assert_eq!(store.lock(&lock()).await.unwrap(), FOLLOWS);
    }

    #[tokio::test(start_paused = true)]
    async fn reply_expires() {
        let (store, first) = (MemoryStore::new(), lock());
        assert_eq!(store.lock(&first).await.unwrap(), ACQUIRED);
        assert_eq!(store.complete(&first, &reply()).await.unwrap(), CompleteOutcome::Stored);
        tokio::time::advance(59 * SECOND).await;
        let completed = LockOutcome::Completed { reply: reply(), fingerprint: None };
        assert_eq!(store.lock(&lock()).await.unwrap(), completed);
        tokio::time::advance(SECOND).await;
        assert_eq!(store.lock(&lock()).await.unwrap(), ACQUIRED);
    }

    #[tokio::test(start_paused = true)]
    async fn former_owner_changes_nothing() {
        let (store, first, second) = (MemoryStore::new(), lock(), lock());
        assert_eq!(store.lock(&first).await.unwrap(), ACQUIRED);
        tokio::time::advance(3 * SECOND).await;
        assert_eq!(store.lock(&second).await.unwrap(), FOLLOWS);
        assert_eq!(store.complete(&first, &reply()).await.unwrap(), CompleteOutcome::LockLost);
        store.release(&first).await.unwrap();
        assert_eq!(store.complete(&second, &reply()).await.unwrap(), CompleteOutcome::Stored);
    }

    #[tokio::test(start_paused = true)]
    async fn repeated_operations_succeed() {
        let (store, first) = (MemoryStore::new(), lock());
        for _ in 0..2 {
            assert_eq!(store.lock(&first).await.unwrap(), ACQUIRED);
        }
        for _ in 0..2 {
            assert_eq!(store.complete(&first, &reply()).await.unwrap(), CompleteOutcome::Stored);
        }
        // A reply is not removed.
        store.release(&first).await.unwrap();
        assert!(matches!(store.lock(&lock()).await.unwrap(), LockOutcome::Completed { .. }));
    }

    #[tokio::test(start_paused = true)]
    async fn released_key_can_be_locked() {
        let (store, first) = (MemoryStore::new(), lock());
        assert_eq!(store.lock(&first).await.unwrap(), ACQUIRED);
        for _ in 0..2 {
            store.release(&first).await.unwrap();
        }
        assert_eq!(store.lock(&lock()).await.unwrap(), ACQUIRED);
    }

    #[tokio::test(start_paused = true)]
    async fn expired_replies_are_removed() {
        let store = MemoryStore::new();
        for n in 0..10 * SWEEP_AT {
            let lock = Lock::new(n.to_string(), SECOND).with_expires_after(SECOND);
            assert_eq!(store.lock(&lock).await.unwrap(), ACQUIRED);
            assert_eq!(store.complete(&lock, &reply()).await.unwrap(), CompleteOutcome::Stored);
            tokio::time::advance(Duration::from_millis(10)).await;
        }
        assert!(store.records().by_key.len() <= 2 * SWEEP_AT, "{store:?}");
    }
}
