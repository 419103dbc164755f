//! [`Batch`]: all records of an event as one argument.

use super::args::FromRecord;
use super::event::{BatchEvent, RawRecord, RecordId};
use super::payload::DecodeError;
use super::response::Failures;
use super::run::{LOGS, label};
use lrt_core::log::{self, Level, Span};
use lrt_core::{Error, ErrorReport, RenderedError};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

/// All records of an event, decoded one after the other by its iterator.
///
/// A record that does not decode is an `Err` item, and fails. A record succeeds only if the iterator returned it as `Ok`
/// and it is not in the [`BatchFailures`] that the handler returns; records that the handler never consumed fail.
///
/// ```
/// use lrt::prelude::*;
/// use lrt::batch::{Batch, BatchFailures};
/// use lrt::sqs::Message;
///
/// async fn process(batch: Batch<Message<u32>>) -> Result<BatchFailures, Error> {
///     let mut failures = BatchFailures::new();
///     for message in batch {
///         match message {
///             Ok(message) if message.body > 100 => failures.push(&message),
///             Ok(message) => println!("{}: {}", message.id, message.body),
///             Err(error) => failures.push(&error),
///         }
///     }
///     Ok(failures)
/// }
/// ```
pub struct Batch<M> {
    state: BatchState,
    decode: fn(&RawRecord) -> Result<M, DecodeError>,
}

/// An event, and the records of it that the handler has consumed.
#[derive(Clone)]
pub struct BatchState {
    pub(crate) event: Arc<BatchEvent>,
    /// The state of each record: one of the constants below.
    consumed: Arc<[AtomicU8]>,
    /// The first error of a record that did not decode.
    first_error: Arc<OnceLock<String>>,
    /// The consequence of a failure in the service, for the log.
    failure_consequence: &'static str,
}

const NOT_CONSUMED: u8 = 0;
const DECODED: u8 = 1;
/// The error was logged when the iterator returned it, since the handler may drop it.
const DECODE_ERROR: u8 = 2;

impl BatchState {
    pub(crate) fn new(event: &Arc<BatchEvent>, failure_consequence: &'static str) -> BatchState {
        BatchState {
            event: Arc::clone(event),
            consumed: event.entries.iter().map(|_| AtomicU8::new(NOT_CONSUMED)).collect(),
            first_error: Arc::default(),
            failure_consequence,
        }
    }

    /// Returns the records that the handler reported as failed, and those that it did not consume.
    pub(crate) fn unsuccessful(&self, failures: &BatchFailures) -> Vec<usize> {
        let mut failed: Vec<bool> =
            self.consumed.iter().map(|state| failures.all || state.load(Ordering::Relaxed) != DECODED).collect();
        for id in &failures.failed {
            match id.index_in(&self.event) {
                Some(record) => failed[record] = true,
                // The handler may have kept an identifier from an earlier event, whose record was delivered again.
                None => {
                    let entries = self.event.entries.iter().zip(&mut failed);
                    entries.for_each(|(entry, failed)| *failed |= *entry.id == *id.as_str());
                }
            }
        }
        (0..failed.len()).filter(|record| failed[*record]).collect()
    }

    /// Describes the records that did not succeed.
    pub(crate) fn describe(&self, failures: &BatchFailures, unsuccessful: &[usize]) -> Failures {
        let cause = match self.first_error.get() {
            Some(error) => error.clone(),
            None => "the handler reported every record as failed, or consumed none".to_owned(),
        };
        Failures { counts: format!("{} failed", unsuccessful.len()), cause, are_logged: !failures.all, first: None }
    }

    /// Logs each failed record that was not logged before, unless the handler reported the entire batch.
    pub(crate) fn log(&self, failures: &BatchFailures, unsuccessful: &[usize]) {
        if !LOGS || failures.all {
            return;
        }
        for &record in unsuccessful {
            match self.consumed[record].load(Ordering::Relaxed) {
                NOT_CONSUMED => self.log_record(record, "the handler did not consume it", None),
                DECODED => self.log_record(record, "the handler reported it as failed", None),
                _ => {}
            }
        }
    }

    fn log_record(&self, record: usize, cause: &str, failure: Option<&RenderedError>) {
        let raw = RawRecord::new(&self.event, record);
        let request_id = self.event.context.request_id();
        Span::record(|| &raw.entry().id).enter(|| {
            let message = format!("{} failed: {cause}; {}", label(&raw), self.failure_consequence);
            match failure {
                Some(failure) => log::error_report(Level::Error, request_id, format_args!("{message}"), failure),
                None => log::error(request_id, format_args!("{message}")),
            }
        });
    }
}

impl std::fmt::Debug for BatchState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.event.entries.iter().map(|entry| &entry.id)).finish()
    }
}

impl<M> Batch<M> {
    pub(crate) fn new<S, K>(state: &BatchState) -> Batch<M>
    where
        M: FromRecord<S, K>,
    {
        Batch { state: state.clone(), decode: M::from_record }
    }

    /// Returns the number of records, including those that do not decode.
    pub fn len(&self) -> usize {
        self.state.event.entries.len()
    }

    /// Returns true if the batch is empty.
    pub fn is_empty(&self) -> bool {
        self.state.event.entries.is_empty()
    }
}

impl<M> std::fmt::Debug for Batch<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state.fmt(f)
    }
}

impl<M> IntoIterator for Batch<M> {
    type Item = Result<M, DecodeError>;
    type IntoIter = IntoIter<M>;

    fn into_iter(self) -> IntoIter<M> {
        IntoIter { batch: self, next: 0 }
    }
}

/// The iterator over the records of a [`Batch`]. It decodes each record on demand.
#[derive(Debug)]
pub struct IntoIter<M> {
    batch: Batch<M>,
    next: usize,
}

impl<M> Iterator for IntoIter<M> {
    type Item = Result<M, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Batch { state, decode } = &self.batch;
        let record = self.next;
        let consumed = state.consumed.get(record)?;
        self.next += 1;
        let raw = RawRecord::new(&state.event, record);
        let decoded = decode(&raw).map_err(|error| error.with_record(&raw));
        consumed.store(if decoded.is_ok() { DECODED } else { DECODE_ERROR }, Ordering::Relaxed);
        if let Err(error) = &decoded {
            // A copy: the error itself is returned to the handler.
            let failure = ErrorReport::from(Error::named("DecodeError", error.to_string())).render();
            state.first_error.get_or_init(|| failure.text().to_owned());
            if LOGS {
                state.log_record(record, failure.text(), Some(&failure));
            }
        }
        Some(decoded)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let remaining = self.batch.len() - self.next;
        (remaining, Some(remaining))
    }
}

impl<M> ExactSizeIterator for IntoIter<M> {}

/// The records of a [`Batch`] that failed.
///
/// It can only name records of a batch, since a [`RecordId`] cannot be created by hand.
#[derive(Debug, Default)]
#[must_use = "failures are only reported if the handler returns them"]
pub struct BatchFailures {
    all: bool,
    failed: Vec<RecordId>,
}

impl BatchFailures {
    /// Returns an empty list: every record that the handler consumed has succeeded.
    pub fn new() -> BatchFailures {
        BatchFailures::default()
    }

    /// Returns failures that include every record of the batch.
    pub fn all() -> BatchFailures {
        BatchFailures { all: true, failed: Vec::new() }
    }

    /// Adds a record that failed: `&message`, `&message.id` or `&decode_error`.
    pub fn push(&mut self, failed: &(impl Identified + ?Sized)) {
        match failed.record_id() {
            Some(id) => self.failed.push(id.clone()),
            // An error that does not belong to a record may concern any of them, so no record counts as successful.
            None => self.all = true,
        }
    }

    /// Returns true if no record was added.
    pub fn is_empty(&self) -> bool {
        !self.all && self.failed.is_empty()
    }
}

impl<I: Identified> Extend<I> for BatchFailures {
    fn extend<T: IntoIterator<Item = I>>(&mut self, failed: T) {
        failed.into_iter().for_each(|failed| self.push(&failed));
    }
}

/// Types that identify a record of a batch.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not identify a record of a batch",
    note = "push `&message`, `&message.id` or `&decode_error`"
)]
pub trait Identified {
    /// Returns the record's identifier, or `None` for an error that does not belong to a record.
    fn record_id(&self) -> Option<&RecordId>;
}

impl Identified for RecordId {
    fn record_id(&self) -> Option<&RecordId> {
        Some(self)
    }
}

impl Identified for DecodeError {
    fn record_id(&self) -> Option<&RecordId> {
        self.id()
    }
}
