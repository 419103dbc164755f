//! The layer: what identifies an execution, and where its reply is stored.

#[cfg(feature = "http")]
use super::key::ByHeader;
#[cfg(feature = "batch")]
use super::key::ByRecordId;
use super::key::{By, KeyPayload};
use lrt_core::idempotency::{Lock, Store};
use lrt_core::{Invocation, Reply, SharedService};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tower_layer::Layer;

/// A tower layer that runs a function once per key, and answers later executions with the stored reply.
///
/// `K` is the origin of the key. Without a [`store`](Idempotency::store), it is not a layer yet. See the
/// [module](super) for the protocol.
///
/// ```
/// use lrt::idempotency::{Idempotency, MemoryStore};
/// # #[derive(serde::Deserialize)] struct Order { id: String }
///
/// let charge_once = Idempotency::by(|order: &Order| order.id.clone()).store(MemoryStore::new());
/// let function = lrt::sqs(async |order: Order| Ok::<_, lrt::Error>(())).record_layer(charge_once);
/// ```
#[derive(Clone)]
#[must_use]
pub struct Idempotency<K, S = NoStore> {
    key: K,
    store: S,
    expires_after: Duration,
    compares_payloads: bool,
}

/// An [`Idempotency`] without a store.
#[derive(Clone, Copy, Debug)]
pub struct NoStore;

impl Idempotency<By> {
    /// Identifies an execution by a key that is computed from its payload.
    ///
    /// The closure takes the payload of the event or of the record, without its envelope: the body of an SQS message,
    /// the data of a Kinesis record, the value of a Kafka record, the new image of a changed DynamoDB item, the entire record of
    /// S3. An event or record whose payload does not decode fails, and so does a change without a new image. A function that takes a
    /// `Result` is called with the error of a record that does not decode into its type either.
    pub fn by<T, M, K, F>(key: F) -> Idempotency<By>
    where
        F: Fn(&T) -> K + Send + Sync + 'static,
        T: KeyPayload<M>,
        K: ToString,
    {
        Idempotency::keyed(By::new(key))
    }
}

#[cfg(feature = "batch")]
impl Idempotency<ByRecordId> {
    /// Identifies an execution by its record: an SQS message, a record of a stream or a topic. A record that is
    /// delivered again is not handled again, but two records with the same payload are.
    pub fn by_record_id() -> Idempotency<ByRecordId> {
        Idempotency::keyed(ByRecordId(()))
    }
}

#[cfg(feature = "http")]
impl Idempotency<ByHeader> {
    /// Identifies an execution by a header of the request, usually `idempotency-key`.
    ///
    /// A request without the header is answered with status 400, unless it is [`optional`](Idempotency::optional) or the
    /// method is safe (GET, HEAD, OPTIONS, TRACE). A value that is empty, not UTF-8, longer than 2 KB or repeated is
    /// answered with status 400.
    ///
    /// # Panics
    ///
    /// Panics if the name is not a valid name of a header.
    pub fn by_header(name: &str) -> Idempotency<ByHeader> {
        let name = name.parse().unwrap_or_else(|_| panic!("`{name}` is not a valid name of a header"));
        Idempotency::keyed(ByHeader { name, is_optional: false })
    }
}

#[cfg(feature = "http")]
impl<S> Idempotency<ByHeader, S> {
    /// Lets requests without the header pass: the function runs for each of them.
    pub fn optional(mut self) -> Self {
        self.key.is_optional = true;
        self
    }
}

impl<K> Idempotency<K> {
    /// Not `new`, which the compiler would suggest although it is private.
    fn keyed(key: K) -> Idempotency<K> {
        Idempotency { key, store: NoStore, expires_after: Lock::DEFAULT_EXPIRES_AFTER, compares_payloads: true }
    }
}

impl<K, S> Idempotency<K, S> {
    /// Sets the time for which replies are stored. The default is one hour. Within this time, an execution with the same key
    /// gets the stored reply.
    pub fn expires_after(mut self, expires_after: Duration) -> Self {
        self.expires_after = expires_after;
        self
    }

    /// Sets whether the payload is compared with that of the earlier execution with the same key, which is the default.
    /// If they differ, the execution fails with `IdempotencyMismatch`.
    ///
    /// Turn it off if executions with the same key may have other values, such as the time of a request.
    pub fn compare_payloads(mut self, compare: bool) -> Self {
        self.compares_payloads = compare;
        self
    }

    /// Sets the store: a [`MemoryStore`](super::MemoryStore), `lrt_aws::DynamoDbStore` or your own; also a `Box`, an `Arc`
    /// or a `&'static` reference of one, such as `&app.store` in the closure of a layer.
    pub fn store(self, store: impl Store) -> Idempotency<K, Arc<dyn Store>> {
        let Idempotency { key, expires_after, compares_payloads, .. } = self;
        Idempotency { key, store: Arc::new(store), expires_after, compares_payloads }
    }
}

impl<K: fmt::Debug, S> fmt::Debug for Idempotency<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idempotency")
            .field("key", &self.key)
            .field("expires_after", &self.expires_after)
            .field("compares_payloads", &self.compares_payloads)
            .finish_non_exhaustive()
    }
}

/// The settings that all executions share.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) store: Arc<dyn Store>,
    pub(super) expires_after: Duration,
    pub(super) compares_payloads: bool,
}

/// The service that [`Idempotency`] makes.
pub struct Idempotent<S, K> {
    pub(super) inner: S,
    pub(super) key: K,
    pub(super) settings: Settings,
}

impl<K: Clone> Idempotency<K, Arc<dyn Store>> {
    fn wrap<S>(&self, inner: S) -> Idempotent<S, K> {
        let Idempotency { key, store, expires_after, compares_payloads } = self.clone();
        Idempotent { inner, key, settings: Settings { store, expires_after, compares_payloads } }
    }
}

// The inner service is not generic: streaming functions have other services, whose replies cannot be stored.

impl Layer<SharedService<Invocation, Reply>> for Idempotency<By, Arc<dyn Store>> {
    type Service = Idempotent<SharedService<Invocation, Reply>, By>;

    fn layer(&self, inner: SharedService<Invocation, Reply>) -> Self::Service {
        self.wrap(inner)
    }
}

#[cfg(feature = "batch")]
impl<K: super::RecordKey> Layer<SharedService<crate::batch::RawRecord, ()>> for Idempotency<K, Arc<dyn Store>> {
    type Service = Idempotent<SharedService<crate::batch::RawRecord, ()>, K>;

    fn layer(&self, inner: SharedService<crate::batch::RawRecord, ()>) -> Self::Service {
        self.wrap(inner)
    }
}

#[cfg(feature = "http")]
impl Layer<crate::http::HttpService> for Idempotency<ByHeader, Arc<dyn Store>> {
    type Service = Idempotent<crate::http::HttpService, ByHeader>;

    fn layer(&self, inner: crate::http::HttpService) -> Self::Service {
        self.wrap(inner)
    }
}
