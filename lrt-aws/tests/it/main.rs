//! Functions that run as processes, with servers that count their connections.

// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used, missing_docs)]

mod configuration;
mod connections;
mod credentials;
mod deadlines;
mod function;
mod idempotency;
mod server;
mod trace;
#[cfg(feature = "sqs")]
mod visibility;

/// Runs a test on its own runtime.
pub(crate) fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}
