//! [batch]: mod@crate::batch
//! [deploy]: crate::guide::deploy
//! [http]: mod@crate::http
//! [layers]: crate::layer
//! [testing]: https://docs.rs/lrt/latest/lrt/testing
#![doc = include_str!("../../docs/guide/idempotency.md")]

// Modules:
//
// 1. `layer`: the builder of the layer, and its services.
// 2. `event`, `record` and `http` are these services: each gets the key, the fingerprint and the reply of its kind of function.
// 3. `execution` is the protocol, which all of them share: lock → run → complete or release.
// 4. `key` validates keys and decodes payloads for `by`; `fingerprint` is the hash of a payload; `error` has the errors.

mod error;
mod event;
mod execution;
mod fingerprint;
#[cfg(feature = "http")]
mod http;
mod key;
mod layer;
#[cfg(feature = "batch")]
mod record;

#[cfg(feature = "http")]
pub use key::ByHeader;
#[cfg(feature = "batch")]
pub use key::ByRecordId;
pub use key::{By, KeyPayload};
pub use layer::{Idempotency, Idempotent, NoStore};
pub use lrt_core::idempotency::{
    CompleteOutcome, Lock, LockOutcome, MAX_KEY_BYTES, MemoryStore, Store, StoreError, StoreFuture, StoredReply,
};
#[cfg(feature = "batch")]
pub use record::RecordKey;
