//! A batch as one argument: for handlers that want all records at once.

use super::args::FromRecord;
use super::event::{BatchEvent, RawRecord, RecordId};
use super::payload::DecodeError;
use super::run::{LOGS, named};
use lrt_core::log::{self, Level, Span};
use lrt_core::{Error, ErrorReport, RenderedError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// All records of an event, decoded one after the other.
///
/// A record that does not decode is an `Err` item and fails alone, and so does each that the iterator never gave out:
/// only what the handler saw, and did not name in its [`BatchFailures`], is done.
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
    whole: BatchState,
    decode: fn(&RawRecord) -> Result<M, DecodeError>,
}

/// An event, and which of its records the handler was given, decoded.
#[derive(Clone)]
pub struct BatchState {
    pub(crate) event: Arc<BatchEvent>,
    seen: Arc<[AtomicU8]>,
    /// What becomes of a record that is not done, for the log.
    failure_consequence: &'static str,
}

// What the handler has seen of a record.
const NOTHING: u8 = 0;
const DECODED: u8 = 1;
/// It was logged then: the handler may well throw the error away.
const ERROR: u8 = 2;

impl BatchState {
    pub(crate) fn new(event: &Arc<BatchEvent>, failure_consequence: &'static str) -> BatchState {
        BatchState {
            event: Arc::clone(event),
            seen: event.entries.iter().map(|_| AtomicU8::new(NOTHING)).collect(),
            failure_consequence,
        }
    }

    /// For each record, whether it has failed: those that the handler named, and those that it has not seen.
    pub(crate) fn failed(&self, failures: &BatchFailures) -> Vec<bool> {
        let mut failed: Vec<bool> =
            self.seen.iter().map(|seen| failures.all || seen.load(Ordering::Relaxed) != DECODED).collect();
        for id in &failures.failed {
            match id.index_in(&self.event) {
                Some(record) => failed[record] = true,
                // It was kept from another event, of which this may be the next delivery.
                None => {
                    let entries = self.event.entries.iter().zip(&mut failed);
                    entries.for_each(|(entry, failed)| *failed |= *entry.id == *id.as_str());
                }
            }
        }
        failed
    }

    /// Says which records have failed, and why. That all have is told with their number.
    pub(crate) fn log(&self, failures: &BatchFailures, failed: &[bool]) {
        for (record, seen) in self.seen.iter().enumerate().filter(|(record, _)| failed[*record] && !failures.all) {
            match seen.load(Ordering::Relaxed) {
                NOTHING => self.log_one(record, "the handler did not take it", None),
                DECODED => self.log_one(record, "the handler named it", None),
                _ => {}
            }
        }
    }

    fn log_one(&self, record: usize, why: &str, failure: Option<&RenderedError>) {
        let raw = RawRecord::new(&self.event, record);
        let (record, id) = (named(&raw), self.event.context.request_id());
        Span::record(|| &raw.entry().id).enter(|| {
            let says = format!("{record} failed: {why}; {}", self.failure_consequence);
            match failure {
                Some(failure) => log::error_report(Level::Error, id, format_args!("{says}"), failure),
                None => log::error(id, format_args!("{says}")),
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
    pub(crate) fn new<S, K>(whole: &BatchState) -> Batch<M>
    where
        M: FromRecord<S, K>,
    {
        Batch { whole: whole.clone(), decode: M::from_record }
    }

    /// How many records there are, those that do not decode included.
    pub fn len(&self) -> usize {
        self.whole.event.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.whole.event.entries.is_empty()
    }
}

impl<M> std::fmt::Debug for Batch<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.whole.fmt(f)
    }
}

impl<M> IntoIterator for Batch<M> {
    type Item = Result<M, DecodeError>;
    type IntoIter = IntoIter<M>;

    fn into_iter(self) -> IntoIter<M> {
        IntoIter { batch: self, next: 0 }
    }
}

/// The records of a [`Batch`], each decoded when it is asked for.
#[derive(Debug)]
pub struct IntoIter<M> {
    batch: Batch<M>,
    next: usize,
}

impl<M> Iterator for IntoIter<M> {
    type Item = Result<M, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Batch { whole, decode } = &self.batch;
        let record = self.next;
        let seen = whole.seen.get(record)?;
        self.next += 1;
        let raw = RawRecord::new(&whole.event, record);
        let decoded = decode(&raw).map_err(|error| error.of(&raw));
        seen.store(if decoded.is_ok() { DECODED } else { ERROR }, Ordering::Relaxed);
        if LOGS && let Err(error) = &decoded {
            // The error itself is the handler's.
            let failure = ErrorReport::from(Error::named("DecodeError", error.to_string())).render();
            whole.log_one(record, failure.text(), Some(&failure));
        }
        Some(decoded)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.batch.len() - self.next;
        (left, Some(left))
    }
}

impl<M> ExactSizeIterator for IntoIter<M> {}

/// The records of a [`Batch`] that failed.
///
/// It can only name records of a batch: there is no way to make an identifier.
#[derive(Debug, Default)]
#[must_use = "what is not returned from the handler is not reported"]
pub struct BatchFailures {
    all: bool,
    failed: Vec<RecordId>,
}

impl BatchFailures {
    /// No failure: all records that the handler was given are done.
    pub fn new() -> BatchFailures {
        BatchFailures::default()
    }

    /// All have failed.
    pub fn all() -> BatchFailures {
        BatchFailures { all: true, failed: Vec::new() }
    }

    /// This record failed: `&message`, `&message.id` or `&decode_error`.
    pub fn push(&mut self, failed: &(impl Identified + ?Sized)) {
        match failed.record_id() {
            Some(id) => self.failed.push(id.clone()),
            // An error of something else says nothing of any record, so none can be taken for done.
            None => self.all = true,
        }
    }

    /// Whether no record was named.
    pub fn is_empty(&self) -> bool {
        !self.all && self.failed.is_empty()
    }
}

impl<I: Identified> Extend<I> for BatchFailures {
    fn extend<T: IntoIterator<Item = I>>(&mut self, failed: T) {
        failed.into_iter().for_each(|failed| self.push(&failed));
    }
}

/// What names a record of a batch.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no record of a batch",
    note = "push `&message`, `&message.id` or `&decode_error`"
)]
pub trait Identified {
    /// The record's identifier.
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
