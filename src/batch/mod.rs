//! Batches: the function handles one record, lrt answers which of them failed.
//!
//! Every record is *failed* until its handler returned `Ok` (or an [`Error::permanent`](crate::Error::permanent), which
//! acknowledges it with a line in the log). Panics, cancelled futures and deadlines can at worst have a record delivered
//! again; none can lose one.
//!
//! # Layout
//!
//! 1. `event`: where the records of an event stand in its bytes, found one by one, with `json`.
//! 2. `order`: who may start, what a failure stops, what is not done. Pure: no clock, no future.
//! 3. `run`: the records in flight, the guard, the log.
//! 4. `args` and `payload`: what a record is decoded into; `whole`: the [`Batch`] as one argument; `wrapped`: payloads
//!    in the envelope of another service.
//! 5. `report`: what the service is told.
//! 6. One file for each source: [`sqs`](mod@crate::sqs), [`dynamodb`](mod@crate::dynamodb),
//!    [`kinesis`](mod@crate::kinesis), [`kafka`](mod@crate::kafka).

mod args;
mod event;
mod json;
mod kind;
mod options;
mod order;
pub(crate) mod payload;
mod report;
mod run;
mod whole;
pub(crate) mod wrapped;

pub(crate) mod dynamodb;
pub(crate) mod kafka;
pub(crate) mod kinesis;
pub(crate) mod sqs;

pub use args::{BatchArg, BatchArgs, BatchOutput, FromRecord, OfBatch, OfRecord, RecordArg, RecordArgs, RecordOutput};
pub use event::{RawRecord, RecordId};
pub use kind::{PerRecord, Records, Source, WholeBatch};
pub use options::{OnAllFailed, OnFailure, WithRecordLayer};
pub use payload::{AsItIs, AsJson, DecodeError, Payload, Tried};
pub use whole::{Batch, BatchFailures, Identified, IntoIter, Whole};
pub use wrapped::{AsEventBridge, AsSns, WrappedArg};
