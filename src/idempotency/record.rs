//! The service around the handling of one record.

use super::error::IdempotencyError;
use super::execution::{Start, replayed_error, start};
use super::key::{By, ByRecordId, KeyAndFingerprint};
use super::layer::Idempotent;
use crate::batch::event::SourceSchema;
use crate::batch::kafka::Kafka;
use crate::batch::payload::with_record;
use crate::batch::{DecodeError, Payload, RawRecord};
use lrt_core::{BoxError, Error, SharedService};
use std::borrow::Cow;
use std::future::Future;
use std::mem;
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
        let key = match record.source() {
            Some(source) => format!("{source}#{id}"),
            None => id.to_string(),
        };
        Ok((key, None))
    }
}

impl RawRecord {
    /// Decodes the payload: the new image of a changed item, or the payload of any other record.
    pub(super) fn decode_payload<P: Payload<M>, M>(&self) -> Result<P, DecodeError> {
        let decoded = match self.origin()? {
            Origin::NewImage(item) => P::decode_item(item).map_err(|error| error.with_context("NewImage: ")),
            Origin::Tombstone => P::absent(),
            Origin::Payload => P::decode(&self.payload()?),
        };
        with_record(decoded, self)
    }

    /// Returns the payload before it is decoded.
    pub(super) fn content(&self) -> Result<Cow<'_, [u8]>, DecodeError> {
        match self.origin()? {
            Origin::NewImage(item) => Ok(Cow::Borrowed(item.as_bytes())),
            Origin::Tombstone => Ok(Cow::Borrowed(&[])),
            Origin::Payload => self.payload(),
        }
    }

    fn origin(&self) -> Result<Origin<'_>, DecodeError> {
        let json = self.event.json(self.spans()?.payload);
        let schema = self.event.schema;
        if schema.payload_is_record {
            return match json {
                "" => Err(self.decode_error(
                    "the change has no new image to compute an idempotency key from (help: for changes without one, such as \
                     removals, use `Idempotency::by_record_id`)",
                )),
                item => Ok(Origin::NewImage(item)),
            };
        }
        let is_missing = json.is_empty() && self.entry().replacement.is_none();
        Ok(if is_missing && schema.service == Kafka::SCHEMA.service { Origin::Tombstone } else { Origin::Payload })
    }

    /// Returns the ARN of the queue or stream, or the topic, if the record has it.
    fn source(&self) -> Option<Cow<'_, str>> {
        self.text(self.spans().ok()?.arn)
    }
}

/// Origin of a record's payload.
enum Origin<'a> {
    NewImage(&'a str),
    /// A Kafka record without a value.
    Tombstone,
    Payload,
}

impl<K: RecordKey> Service<RawRecord> for Idempotent<SharedService<RawRecord, ()>, K> {
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, record: RawRecord) -> Self::Future {
        // The service that is ready moves into the future.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let (key, settings) = (self.key.clone(), self.settings.clone());
        Box::pin(async move {
            let key = key.key_of_record(&record, settings.compares_payloads);
            let (key, fingerprint) = key.map_err(Error::new)?;
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
