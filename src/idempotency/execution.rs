//! The protocol: lock → run → complete or release.

use super::error::{IdempotencyError, StoreFailure};
use super::key::store_key;
use super::layer::Settings;
use lrt_core::__private::json::redact::redact_values;
use lrt_core::idempotency::{CompleteOutcome, Lock, LockOutcome, Store, StoreError, StoredReply};
use lrt_core::{BoxError, Context, Error, ErrorReport, log};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// The maximum time for one operation of the store, which is also limited to half of the remaining time.
const MAX_STORE_TIME: Duration = Duration::from_secs(5);

/// How an execution begins.
pub(super) enum Start {
    /// The function has to be called.
    Run(Execution),
    /// An earlier execution has completed.
    Replay(StoredReply),
}

/// An execution that holds the lock of its key.
///
/// If it is dropped before the function has succeeded, because of a panic or a timeout, the lock is released after the
/// reply of the invocation.
pub(super) struct Execution {
    store: Arc<dyn Store>,
    context: Context,
    /// `None` if there is nothing to release.
    lock: Option<Lock>,
}

/// Locks a key.
///
/// # Errors
///
/// Returns an error if the function must not be called.
pub(super) async fn start(
    settings: &Settings,
    context: &Context,
    key: &str,
    fingerprint: Option<String>,
) -> Result<Start, IdempotencyError> {
    let key = store_key(context, key)?;
    let mut lock = Lock::new(key, context.remaining()).with_expires_after(settings.expires_after);
    if let Some(fingerprint) = fingerprint {
        lock = lock.with_fingerprint(fingerprint);
    }
    // If the answer is lost, the key may be locked. So the lock is released in this case as well.
    let request = lock.clone();
    let mut execution = Execution { store: Arc::clone(&settings.store), context: context.clone(), lock: Some(lock) };
    let outcome = within(context, settings.store.lock(&request)).await.map_err(IdempotencyError::NotLocked)?;
    match outcome {
        LockOutcome::Acquired { follows_unfinished } => {
            // The process may have been suspended. After the deadline, another execution can hold the lock.
            if context.remaining().is_zero() {
                return Err(IdempotencyError::Expired);
            }
            if follows_unfinished {
                log::warn(
                    context.request_id(),
                    format_args!(
                        "an earlier execution with this idempotency key was not completed, and may have had its effect: \
                         its process was killed, or its reply could not be stored"
                    ),
                );
            }
            Ok(Start::Run(execution))
        }
        LockOutcome::InProgress { expires_in, fingerprint } => {
            execution.lock = None;
            compare(&request, fingerprint.as_deref())?;
            Err(IdempotencyError::InProgress { expires_in })
        }
        LockOutcome::Completed { reply, fingerprint } => {
            execution.lock = None;
            compare(&request, fingerprint.as_deref())?;
            Ok(Start::Replay(reply))
        }
    }
}

/// Compares the payload with that of the other execution, if both have a fingerprint.
fn compare(lock: &Lock, other: Option<&str>) -> Result<(), IdempotencyError> {
    match (lock.fingerprint(), other) {
        (Some(own), Some(other)) if own != other => Err(IdempotencyError::Mismatch),
        _ => Ok(()),
    }
}

impl Execution {
    /// Stores the result of the function, or releases the lock after an error. Returns the result, or the error of storing it.
    ///
    /// `data` returns the reply as it is stored: `None` for a reply that is not stored, like an error.
    pub(super) async fn finish<T>(
        self,
        result: Result<T, BoxError>,
        data: impl FnOnce(&T) -> Result<Option<String>, BoxError>,
    ) -> Result<T, BoxError> {
        let (reply, result) = match result {
            Ok(reply) => match data(&reply) {
                Ok(None) => return self.released(Ok(reply)).await,
                Ok(Some(data)) => match check_size(&data, self.store.max_reply_bytes()) {
                    Ok(()) => (StoredReply { data, is_error: false }, Ok(reply)),
                    Err(error) => (stored_error(error.name(), &error), Err(error.into())),
                },
                Err(error) => {
                    let error = Error::named("IdempotencyReplyInvalid", error);
                    (stored_error(error.name(), &error), Err(error.into()))
                }
            },
            Err(error) => match error.downcast_ref::<ErrorReport>() {
                Some(report) if report.is_permanent() => (stored_error(report.name(), report), Err(error)),
                _ => return self.released(Err(error)).await,
            },
        };
        self.complete(&reply).await.map_err(IdempotencyError::into_box)?;
        result
    }

    /// Stores the reply.
    async fn complete(mut self, reply: &StoredReply) -> Result<(), IdempotencyError> {
        // The effect has happened. From here on, the lock is not released, even if the reply cannot be stored.
        let Some(lock) = self.lock.take() else { return Ok(()) };
        match within(&self.context, self.store.complete(&lock, reply)).await {
            Ok(CompleteOutcome::Stored) => Ok(()),
            Ok(CompleteOutcome::LockLost) => Err(IdempotencyError::LockLost),
            Err(failure) => Err(IdempotencyError::NotStored(failure)),
        }
    }

    /// Releases the lock, and returns the result.
    async fn released<T>(mut self, result: Result<T, BoxError>) -> Result<T, BoxError> {
        if let Some(lock) = &self.lock {
            release(&*self.store, &self.context, lock).await;
        }
        self.lock = None;
        result
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        let Some(lock) = self.lock.take() else { return };
        let (store, context) = (Arc::clone(&self.store), self.context.clone());
        self.context.wait_until(async move { release(&*store, &context, &lock).await });
    }
}

/// Releases a lock. If that fails, the lock expires at the deadline.
async fn release(store: &dyn Store, context: &Context, lock: &Lock) {
    if let Err(failure) = within(context, store.release(lock)).await {
        let remaining = context.remaining().as_millis();
        log::warn(
            context.request_id(),
            format_args!("cannot release the lock of an idempotency key: {failure}; it expires in {remaining} ms"),
        );
    }
}

/// Waits for an operation of the store, for a limited time.
async fn within<T>(
    context: &Context,
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreFailure> {
    let mut operation = pin!(operation);
    let mut timer = None;
    poll_fn(|cx| {
        if let Poll::Ready(result) = operation.as_mut().poll(cx) {
            return Poll::Ready(result.map_err(StoreFailure::Error));
        }
        // A store that does not wait needs neither the clock nor a timer.
        let (limit, sleep) = timer.get_or_insert_with(|| {
            let limit = (context.remaining() / 2).min(MAX_STORE_TIME);
            (limit, Box::pin(tokio::time::sleep(limit)))
        });
        sleep.as_mut().poll(cx).map(|()| Err(StoreFailure::Timeout(*limit)))
    })
    .await
}

fn check_size(data: &str, limit: usize) -> Result<(), Error> {
    if data.len() <= limit {
        return Ok(());
    }
    let message = format!("the reply is too large to be stored: {} bytes (limit: {limit})", data.len());
    Err(Error::named("IdempotencyReplyTooLarge", message))
}

/// Returns an error in the form in which it is stored.
fn stored_error(name: &str, error: &dyn fmt::Display) -> StoredReply {
    let data = serde_json::json!({ "errorType": name, "errorMessage": error.to_string() });
    StoredReply { data: data.to_string(), is_error: true }
}

/// Returns the error that an earlier execution has stored.
pub(super) fn replayed_error(data: &str) -> BoxError {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct StoredError {
        error_type: String,
        error_message: String,
    }
    match serde_json::from_str::<StoredError>(data) {
        Ok(stored) => Error::permanent(Error::named(stored.error_type, stored.error_message)).into(),
        Err(error) => damaged(&error),
    }
}

/// Returns the error of a stored reply that cannot be decoded.
pub(super) fn damaged(error: &serde_json::Error) -> BoxError {
    // The values of a reply may be secret.
    let error = redact_values(&error.to_string());
    let error = StoreError::new(format_args!("the stored reply is damaged: {error}"));
    IdempotencyError::NotLocked(error.into()).into_box()
}
