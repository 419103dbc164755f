//! What the author of a batch function may choose.

use super::event::RawRecord;
use super::kind::Records;
use crate::builder::Builder;
use crate::layer::{Fixed, Inside, LayerAround, Made, SharedService};
use lrt_core::Deployment;

/// What becomes of the other records when one has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// They go on.
    Continue,
    /// What stands behind it is not started: in a FIFO queue the rest of its message group, elsewhere the rest of the
    /// batch.
    Stop,
}

/// What is answered when no record was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnAllFailed {
    /// A function error, `BatchFailed`. It is safe even where the event source mapping lacks
    /// `ReportBatchItemFailures`, which would take any other answer for success.
    #[default]
    Error,
    /// The list of failed records, as for any batch.
    Report,
}

/// The options of a function, as numbers and words.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub(crate) concurrency: Option<usize>,
    pub(crate) on_failure: Option<OnFailure>,
    pub(crate) on_all_failed: OnAllFailed,
}

impl Options {
    pub(super) fn deployment(&self) -> Deployment<'static> {
        let mut deployment = Deployment::default();
        deployment.concurrency = self.concurrency;
        deployment
    }
}

/// A builder with one more record layer, `M`.
pub type WithRecordLayer<S, R, M, F, A, N, D, L> = Builder<Records<S, Inside<R, M>>, F, A, N, D, L>;

/// The options of functions that handle records.
impl<S, R, F, A, N, D, L> Builder<Records<S, R>, F, A, N, D, L> {
    /// Records in flight at once; at least 1.
    ///
    /// Default: 10 for SQS (of a FIFO queue: message groups), 1 for streams. A stream's records run by key when it is
    /// more than 1: those of one item or partition key stay in order. All run on one thread: it is waiting that they share.
    pub fn concurrency(self, records: usize) -> Self {
        self.options(|options| options.concurrency = Some(records.max(1)))
    }

    /// What becomes of the other records when one has failed.
    ///
    /// Default: an SQS standard queue goes on, a FIFO queue stops that message group, a stream stops.
    pub fn on_failure(self, on_failure: OnFailure) -> Self {
        self.options(|options| options.on_failure = Some(on_failure))
    }

    /// What is answered when no record was done. Default: an error.
    pub fn on_all_failed(self, on_all_failed: OnAllFailed) -> Self {
        self.options(|options| options.on_all_failed = on_all_failed)
    }

    /// A tower [`Layer`](tower_layer::Layer) around the handling of one record, inside of those that were given before:
    /// a retry, a timeout, a rate limit, idempotency.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use tower::timeout::TimeoutLayer;
    /// # async fn process(order: u32) -> Result<(), lrt::Error> { Ok(()) }
    ///
    /// fn main() -> std::process::ExitCode {
    ///     lrt::sqs(process).record_layer(TimeoutLayer::new(Duration::from_secs(2))).run()
    /// }
    /// ```
    pub fn record_layer<New>(self, layer: New) -> WithRecordLayer<S, R, Fixed<New>, F, A, N, D, L>
    where
        New: LayerAround<SharedService<RawRecord, ()>>,
    {
        self.map_kind(|kind| kind.inside(Fixed(layer)))
    }

    /// A layer around the handling of one record that is made of what `init` returned, or of a member of it, once.
    #[allow(clippy::type_complexity)] // the alias counts as what it stands for
    pub fn record_layer_with<Make, T, New>(self, make: Make) -> WithRecordLayer<S, R, Made<Make, T, New>, F, A, N, D, L>
    where
        Make: Fn(&'static T) -> New + Send + Sync + 'static,
        T: Sync + 'static,
        New: LayerAround<SharedService<RawRecord, ()>>,
    {
        self.map_kind(|kind| kind.inside(Made::new(make)))
    }

    fn options(self, change: impl FnOnce(&mut Options)) -> Self {
        self.map_kind(|mut kind| {
            change(&mut kind.options);
            kind
        })
    }
}
