//! Results of transformed records, until the reply is written.

use bytes::Bytes;
use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

/// The result of a record in the form of the reply, without the record's identifier.
#[derive(Debug)]
pub struct TransformedRecord {
    /// `Ok` or `Dropped`.
    pub(super) result: &'static str,
    pub(super) data: Bytes,
    pub(super) partition_keys: BTreeMap<String, String>,
}

/// The results of records, by their index.
#[derive(Debug, Default)]
pub(crate) struct Results(Mutex<BTreeMap<usize, TransformedRecord>>);

impl Results {
    /// Stores the result of a record. If a layer repeats the record, the last result remains.
    pub(super) fn set(&self, record: usize, result: TransformedRecord) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(record, result);
    }

    pub(super) fn take(&self) -> BTreeMap<usize, TransformedRecord> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
