//! [deploy]: crate::guide::deploy
//! [failures]: crate::guide::failures
//! [functions]: crate::guide::functions
//! [payloads]: crate::guide::payloads
//! [triggers]: crate::guide::triggers
//! [testing]: https://docs.rs/lrt/latest/lrt/testing
#![doc = include_str!("../../docs/guide/batch.md")]

// Modules, in the order in which an event passes through them:
//
// 1. `event` finds the records of an event one by one, with `json`.
// 2. `handle` applies the policy of the source; `aggregate` splits aggregated records of Kinesis; `scheduler` determines the
//    order, and the records that are not started after a failure.
// 3. `run` polls the records in flight, and logs those that fail.
// 4. `args` and `payload` decode a record into the function's parameters; `decode` decodes payloads in formats of the
//    user's own, `compressed` those in gzip, `envelope` those inside SNS notifications and EventBridge events;
//    `full_batch` is the `Batch` as one parameter.
// 5. `response` writes the partial batch response; `window_state` holds the state of a tumbling window, and `window` is its
//    parameter.
//    `transform` has the mode of functions that return a result for each record, `results` stores the results, and
//    `results_response` writes them.
// 6. Each source has a file: `sqs`, `dynamodb`, `kinesis`, `kafka`, `s3`, `firehose`.

mod aggregate;
mod args;
pub(crate) mod compressed;
pub(crate) mod decode;
pub(crate) mod destination;
pub(crate) mod envelope;
pub(crate) mod event;
mod full_batch;
mod handle;
mod kind;
mod options;
pub(crate) mod payload;
mod response;
pub(crate) mod results;
mod results_response;
mod run;
mod scheduler;
pub(crate) mod transform;
mod window;
mod window_state;

pub(crate) mod dynamodb;
pub(crate) mod firehose;
pub(crate) mod kafka;
pub(crate) mod kinesis;
pub(crate) mod s3;
pub(crate) mod sqs;

pub use args::{CallInput, FromRecord, FullBatch, OneRecord, RecordReply};
pub use compressed::ViaGzip;
pub use decode::{ViaDecode, ViaDecoded, ViaDeserialized, ViaOption};
pub use envelope::{ViaEnvelope, ViaEventBridge, ViaSns};
pub use event::{RawRecord, RecordId};
pub use full_batch::{Batch, BatchFailures, BatchState, Identified, IntoIter};
pub use kind::{Form, Mode, Records, ReportsFailures, Source};
pub use options::{OnAllFailed, OnFailure};
pub use payload::{DecodeError, Payload, ViaBytes, ViaJson, ViaResult};
pub use window::{ViaWindow, Window, WindowEndFunction, WindowEndInput, WindowEndReply, WindowSource, WithWindowEnd};
pub use window_state::WindowState;
