//! Errors of the layer.

use lrt_core::idempotency::{MAX_KEY_BYTES, StoreError};
use lrt_core::{BoxError, Error};
use std::time::Duration;

/// The reason why an execution is not run, or why its reply is not returned.
#[derive(Debug, thiserror::Error)]
pub(super) enum IdempotencyError {
    #[error("another execution with this idempotency key is in progress; its lock expires in {} ms", .expires_in.as_millis())]
    InProgress { expires_in: Duration },
    #[error("the idempotency key was used for another payload")]
    Mismatch,
    #[error("invalid idempotency key: {0}")]
    InvalidKey(InvalidKey),
    #[error("cannot lock the idempotency key, so the function was not called: {0}")]
    NotLocked(StoreFailure),
    #[error("the lock of the idempotency key expired before the function was called")]
    Expired,
    #[cfg(feature = "http")]
    #[error("the request has no `Context`, so the idempotency key cannot contain the name of the function")]
    NoContext,
    #[error("the function has succeeded, but its reply cannot be stored: {0}")]
    NotStored(StoreFailure),
    #[error(
        "the function has succeeded, but its lock had expired, and another execution with the same idempotency key has started"
    )]
    LockLost,
}

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidKey {
    #[error("it is empty")]
    Empty,
    #[error("{0} bytes with the name of the function (limit: {MAX_KEY_BYTES})")]
    TooLong(usize),
}

/// The failure of a store.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreFailure {
    #[error(transparent)]
    Error(#[from] StoreError),
    #[error("the store did not answer within {} ms", .0.as_millis())]
    Timeout(Duration),
}

impl IdempotencyError {
    /// Returns the `errorType`.
    fn name(&self) -> &'static str {
        match self {
            IdempotencyError::InProgress { .. } => "IdempotencyInProgress",
            IdempotencyError::Mismatch => "IdempotencyMismatch",
            IdempotencyError::InvalidKey(_) => "IdempotencyInvalidKey",
            IdempotencyError::NotLocked(_) | IdempotencyError::NotStored(_) => "IdempotencyStoreFailed",
            IdempotencyError::Expired | IdempotencyError::LockLost => "IdempotencyLockExpired",
            #[cfg(feature = "http")]
            IdempotencyError::NoContext => "IdempotencyUnsupported",
        }
    }

    /// Converts it to the error of an invocation or a record.
    pub(super) fn into_box(self) -> BoxError {
        Error::named(self.name(), self).into()
    }
}
