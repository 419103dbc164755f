//! [deploy]: crate::guide::deploy
//! [functions]: crate::guide::functions
#![doc = include_str!("../../docs/guide/batch.md")]

// Modules, in the order in which an event passes through them:
//
// 1. `event`: finds the records in the bytes of an event, with `json`.
// 2. `scheduler`: the order in which records start, and the records that a failure keeps from starting. Pure: no clock, no future.
// 3. `run`: the records in flight, the guard, the log.
// 4. `args` and `payload`: what a record is decoded into; `full_batch`: the `Batch` as one argument; `envelope`: payloads
//    in the envelope of another service.
// 5. `response`: the partial batch response.
// 6. One file for each source: `sqs`, `dynamodb`,
//    `kinesis`, `kafka`.

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
