//! The service around the handling of one record.

use super::error::IdempotencyError;
use super::execution::{Start, replayed_error, start};
use super::fingerprint::fingerprint;
use super::key::{By, ByRecordId, KeyAndFingerprint, NO_KEY};
use super::layer::Idempotent;
use crate::batch::event::KeyContent;
use crate::batch::payload::with_record;
use crate::batch::{DecodeError, Payload, RawRecord};
use lrt_core::__private::json::find_text;
use lrt_core::{BoxError, Error, SharedService};
use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

/// The stored form of a record's `Ok`: the JSON of `()`.
const OK: &str = "null";

/// Computes the key of a record.
pub trait RecordKey: Clone + Send + 'static {
    /// Returns the key, and the fingerprint of the payload if payloads are compared.
    ///
    /// # Errors
    ///
    /// Returns an error if the payload does not decode.
    #[doc(hidden)]
    fn key_of_record(&self, record: &RawRecord, compares_payloads: bool) -> Result<KeyAndFingerprint, DecodeError>;
}

impl RecordKey for By {
    fn key_of_record(&self, record: &RawRecord, compares_payloads: bool) -> Result<KeyAndFingerprint, DecodeError> {
        (self.of_record)(record, compares_payloads)
    }
}

impl RecordKey for ByRecordId {
    fn key_of_record(&self, record: &RawRecord, _: bool) -> Result<KeyAndFingerprint, DecodeError> {
        // Identifiers are unique in their queue, stream or topic. The payload of a record never changes.
        let id = record.id();
        let source = [cluster(record), source(record), Some(id.as_str().into())];
        Ok((source.into_iter().flatten().collect::<Vec<_>>().join("#"), None))
    }
}

/// Returns the Kafka cluster, which can have a topic of the same name as others.
fn cluster(record: &RawRecord) -> Option<Cow<'_, str>> {
    let event = &record.event;
    match event.cluster_arn.as_ref().or(event.bootstrap_servers.as_ref()) {
        Some(cluster) => Some(Cow::Borrowed(cluster)),
        // EventBridge Pipes writes it into each record.
        None if event.is_pipe => {
            let json = record.json();
            find_text(json, "eventSourceArn").or_else(|| find_text(json, "bootstrapServers"))
        }
        None => None,
    }
}

/// Returns the ARN of the queue or stream, or the topic, if the record has it.
fn source(record: &RawRecord) -> Option<Cow<'_, str>> {
    record.text(record.spans().ok()?.arn)
}

/// Decodes the payload that a key is computed from. Also returns the fingerprint of its content if payloads are compared.
pub(super) fn decode<P: Payload<M>, M>(
    record: &RawRecord,
    compares_payloads: bool,
) -> Result<(P, Option<String>), DecodeError> {
    let content = (record.event.schema.key_content)(record)?;
    let (decoded, bytes) = match &content {
        KeyContent::Payload(payload) => (P::decode(payload), &**payload),
        KeyContent::Item(item) => {
            (P::decode_item(item).map_err(|error| error.with_context("NewImage: ")), item.as_bytes())
        }
        KeyContent::Absent => (P::absent(), &[][..]),
    };
    let payload = with_record(decoded, record)?;
    Ok((payload, compares_payloads.then(|| fingerprint(&[], &P::content(bytes)))))
}

impl<K: RecordKey> Service<RawRecord> for Idempotent<SharedService<RawRecord, ()>, K> {
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, record: RawRecord) -> Self::Future {
        // A clone shares the readiness of the service.
        let mut inner = self.inner.clone();
        let (key, settings) = (self.key.clone(), self.settings.clone());
        Box::pin(async move {
            let (key, fingerprint) = match key.key_of_record(&record, settings.compares_payloads) {
                Ok(key) => key,
                Err(error) => {
                    let error = error.with_context(NO_KEY);
                    // A function that takes the record fails without being called, unless it takes a `Result` and gets an error.
                    return match record.event.decodes_record {
                        true => inner.call(record.with_key_error(error)).await,
                        false => Err(Error::new(error).into()),
                    };
                }
            };
            let started = start(&settings, record.context(), &key, fingerprint).await;
            match started.map_err(IdempotencyError::into_box)? {
                Start::Replay(stored) if stored.is_error => Err(replayed_error(&stored.data)),
                Start::Replay(_) => Ok(()),
                Start::Run(execution) => {
                    let result = inner.call(record).await;
                    execution.finish(result, |()| Ok(Some(OK.to_owned()))).await
                }
            }
        })
    }
}
