//! Batches: the function handles one record, lrt answers which of them failed.
//!
//! Every record is *failed* until its handler returned `Ok` (or an [`Error::permanent`](crate::Error::permanent), which
//! acknowledges it with a line in the log). Panics, cancelled futures and deadlines can at worst have a record delivered
//! again; none can lose one.
//!
//! # Layout
//!
//! 1. `event`: where the records of an event stand in its bytes, found one by one, with `json`.
//! 2. `scheduler`: the order in which records start, and the records that a failure keeps from starting. Pure: no clock, no future.
//! 3. `run`: the records in flight, the guard, the log.
//! 4. `args` and `payload`: what a record is decoded into; `full_batch`: the [`Batch`] as one argument; `envelope`: payloads
//!    in the envelope of another service.
//! 5. `response`: the partial batch response.
//! 6. One file for each source: [`sqs`](mod@crate::sqs), [`dynamodb`](mod@crate::dynamodb),
//!    [`kinesis`](mod@crate::kinesis), [`kafka`](mod@crate::kafka).

mod args;
pub(crate) mod envelope;
mod event;
mod full_batch;
mod json;
mod kind;
mod options;
pub(crate) mod payload;
mod response;
mod run;
mod scheduler;

pub(crate) mod dynamodb;
pub(crate) mod kafka;
pub(crate) mod kinesis;
pub(crate) mod sqs;

pub use args::{
    BatchArg, BatchArgs, BatchOutput, FromRecord, RecordArg, RecordArgs, RecordOutput, ViaBatch, ViaRecord,
};
pub use envelope::{ViaEnvelope, ViaEventBridge, ViaSns};
pub use event::{RawRecord, RecordId};
pub use full_batch::{Batch, BatchFailures, BatchState, Identified, IntoIter};
pub use kind::{FullBatch, OneRecord, Records, Source};
pub use options::{OnAllFailed, OnFailure, WithRecordLayer};
pub use payload::{DecodeError, Payload, ViaBytes, ViaJson, ViaResult};
