//! The store of idempotent functions: its interface, and an implementation in memory.
//!
//! The layer that uses a store is `lrt::idempotency`. A [`Store`] implements three operations, each atomic for one key:
//!
//! | Operation | Before it | After it |
//! |---|---|---|
//! | [`lock`](Store::lock) | no record, an expired record, or an expired lock | a lock with this owner |
//! | [`complete`](Store::complete) | a lock with this owner | a reply, until it expires |
//! | [`release`](Store::release) | a lock with this owner | no record |

mod memory;
mod owner;

pub use memory::MemoryStore;

use crate::error::BoxError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The maximum length of a key in bytes: that of a partition key in DynamoDB
/// ([limits](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)).
pub const MAX_KEY_BYTES: usize = 2048;

/// The future that the operations of a [`Store`] return.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A store of locks and replies, by key.
///
/// [`MemoryStore`] is for tests and `cargo run`; `lrt_aws::DynamoDbStore` is shared by all environments of a function.
/// The trait is object safe, so the state of a function can contain a `Box<dyn Store>`.
///
/// # Contract
///
/// - **Atomicity.** Of two concurrent calls of [`lock`](Store::lock) with the same key, at most one acquires it. A
///   lock is only completed or released by its [owner](Lock::owner), so an execution whose lock has expired cannot
///   change the lock of its successor.
/// - **Repetition.** A store may send a request again if it got no answer. For the same owner, an operation that has
///   already taken effect succeeds again.
/// - **Lost answers.** If the outcome is unknown, the operation returns an error. The caller assumes the worst: after
///   `lock`, the effect does not run; after `complete`, the lock is not released, so the effect does not run again
///   before the lock expires.
/// - **Clocks.** A lock expires [`timeout`](Lock::timeout) after the start of the call, a reply
///   [`expires_after`](Lock::expires_after) the start of the call of `complete`. Where the environments of a function do not
///   share a clock, an environment whose clock is ahead considers a lock expired too early. Clocks in Lambda are
///   synchronized; the difference should be smaller than the time that is left after the function is stopped before its
///   deadline.
/// - **Expiration.** An expired record is treated like a missing one, even if the store has not removed it yet.
pub trait Store: Send + Sync + 'static {
    /// Locks a key, unless it is locked by another owner or has a reply.
    fn lock<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, LockOutcome>;

    /// Replaces the lock with the reply of the execution that holds it.
    fn complete<'a>(&'a self, lock: &'a Lock, reply: &'a StoredReply) -> StoreFuture<'a, CompleteOutcome>;

    /// Removes the lock, if it still has this owner.
    fn release<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, ()>;

    /// Returns the maximum length of [`StoredReply::data`] in bytes.
    fn max_reply_bytes(&self) -> usize;
}

macro_rules! stores {
    ($($pointer:ty),*) => {$(
        impl<S: Store + ?Sized> Store for $pointer {
            fn lock<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, LockOutcome> {
                (**self).lock(lock)
            }

            fn complete<'a>(&'a self, lock: &'a Lock, reply: &'a StoredReply) -> StoreFuture<'a, CompleteOutcome> {
                (**self).complete(lock, reply)
            }

            fn release<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, ()> {
                (**self).release(lock)
            }

            fn max_reply_bytes(&self) -> usize {
                (**self).max_reply_bytes()
            }
        }
    )*};
}

stores!(&'static S, Arc<S>, Box<S>);

/// The lock that one execution requests for a key.
///
/// ```
/// use lrt_core::idempotency::Lock;
/// use std::time::Duration;
///
/// let lock = Lock::new("charge#order-7", Duration::from_secs(30)).with_fingerprint("5d41402abc4b2a76b9719d911017c592");
/// assert_eq!(lock.key(), "charge#order-7");
/// assert_ne!(lock.owner(), Lock::new("charge#order-7", Duration::from_secs(30)).owner());
/// ```
#[derive(Clone, Debug)]
pub struct Lock {
    key: String,
    owner: String,
    timeout: Duration,
    expires_after: Duration,
    fingerprint: Option<String>,
}

impl Lock {
    /// The default of [`expires_after`](Lock::expires_after): one hour.
    pub const DEFAULT_EXPIRES_AFTER: Duration = Duration::from_secs(60 * 60);

    /// Creates a lock with a new owner.
    pub fn new(key: impl Into<String>, timeout: Duration) -> Lock {
        Lock {
            key: key.into(),
            owner: owner::unique(),
            timeout,
            expires_after: Lock::DEFAULT_EXPIRES_AFTER,
            fingerprint: None,
        }
    }

    /// Sets the time for which the reply is stored.
    #[must_use]
    pub fn with_expires_after(mut self, expires_after: Duration) -> Lock {
        self.expires_after = expires_after;
        self
    }

    /// Sets the fingerprint of the payload.
    #[must_use]
    pub fn with_fingerprint(mut self, fingerprint: impl Into<String>) -> Lock {
        self.fingerprint = Some(fingerprint.into());
        self
    }

    /// Returns the key, which has at most [`MAX_KEY_BYTES`].
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the identifier of the execution. It is unique, also among all environments of a function.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Returns the time after which the lock expires: the time until the deadline of the invocation.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns the time after which the reply expires.
    pub fn expires_after(&self) -> Duration {
        self.expires_after
    }

    /// Returns the fingerprint of the payload. Two executions with the same key and different fingerprints are a mistake of the
    /// caller. `None` if payloads are not compared.
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }
}

/// The outcome of [`Store::lock`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockOutcome {
    /// The key is locked for this execution.
    Acquired {
        /// True if the lock of another execution expired before it was completed: that execution was killed, and may have
        /// had its effect.
        follows_unfinished: bool,
    },
    /// Another execution holds the lock.
    InProgress {
        /// The time until its lock expires.
        expires_in: Duration,
        /// The fingerprint of its payload, if it has one.
        fingerprint: Option<String>,
    },
    /// An earlier execution has completed.
    Completed {
        /// Its reply.
        reply: StoredReply,
        /// The fingerprint of its payload, if it has one.
        fingerprint: Option<String>,
    },
}

/// The outcome of [`Store::complete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompleteOutcome {
    /// The reply is stored.
    Stored,
    /// The lock has expired, and another execution has taken it over. Nothing was changed.
    LockLost,
}

/// A reply in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReply {
    /// The reply as JSON.
    pub data: String,
    /// True if it is an error that later executions report as well.
    pub is_error: bool,
}

/// The error of a store. The cause is its [`source`](std::error::Error::source).
#[derive(Debug)]
pub struct StoreError {
    message: String,
    source: Option<BoxError>,
}

impl StoreError {
    /// Creates an error from a message.
    pub fn new(message: impl fmt::Display) -> StoreError {
        StoreError { message: message.to_string(), source: None }
    }

    /// Creates an error from a message and its cause.
    pub fn with_source(message: impl fmt::Display, source: impl Into<BoxError>) -> StoreError {
        StoreError { message: message.to_string(), source: Some(source.into()) }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
