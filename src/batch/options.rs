//! The options of batch functions.

use super::event::RawRecord;
use super::kind::{Form, Records, ReportsFailures};
use crate::builder::Builder;
use crate::layer::{BoxLayer, LazyLayer, SharedService, Stack, StaticLayer};
use lrt_core::{Deployment, Error, ErrorReport};
use std::any::type_name;

/// The effect of a failed record on others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// All other records are handled.
    Continue,
    /// Later records are not started: in a FIFO queue those of the same message group, in Kafka those of the same partition,
    /// elsewhere those of the batch.
    Stop,
}

/// The response when no record succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnAllFailed {
    /// The function error `BatchFailed`. It is safe even if the event source mapping lacks `ReportBatchItemFailures`:
    /// such a mapping treats any other response as success.
    #[default]
    Error,
    /// The list of failed records, as for any other batch.
    Report,
}

/// The options of a function.
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

    /// Checks the options of a function that takes a [`Window`](super::Window): the state is that before the first failed record, so
    /// no later record may change it.
    pub(super) fn check_window(&self) -> Result<(), ErrorReport> {
        let option = match self {
            Options { concurrency: Some(2..), .. } => "concurrency",
            Options { on_failure: Some(OnFailure::Continue), .. } => "on_failure",
            _ => return Ok(()),
        };
        let message =
            format!("the records of a tumbling window run one at a time and in order: remove the option `{option}`");
        Err(Error::msg(message).into())
    }
}

/// Checks that the layers `L` and the record layers `R` do not contain an `Idempotency` that has no effect, or a harmful one: the
/// event of a batch has no payload for a key, and the results of Firehose's records are not stored.
pub(super) fn check_idempotency<L, R>(form: Form) -> Result<(), ErrorReport> {
    // They consist of any tower layers, which have nothing but their names in common.
    let is_layer = type_name::<L>().contains("::Idempotency<");
    let is_record_layer = type_name::<R>().contains("::Idempotency<");
    let message = match form {
        Form::Transformed if is_layer || is_record_layer => {
            "`Idempotency` cannot be a layer of a Firehose function: the results of its records are not stored"
        }
        _ if is_layer => {
            "`Idempotency` cannot be a `layer` of a batch function: it belongs in `record_layer`, of a function that takes one \
             record at a time"
        }
        _ => return Ok(()),
    };
    Err(Error::msg(message).into())
}

/// Options of batch functions.
impl<S, R, F, A, N, D, L> Builder<Records<S, R>, F, A, N, D, L> {
    /// Sets the maximum number of records in flight, at least 1.
    ///
    /// The default is 10 for SQS (for a FIFO queue: message groups) and 1 for streams and Kafka. With more than 1,
    /// records of a stream with the same item key or partition key stay in order. All records run on one thread, so
    /// they only overlap while they wait.
    pub fn concurrency(self, records: usize) -> Self {
        self.options(|options| options.concurrency = Some(records.max(1)))
    }

    /// Sets whether other records are still handled after one has failed.
    ///
    /// By default, an SQS standard queue continues, a FIFO queue stops that message group, Kafka that partition, and a stream
    /// stops.
    pub fn on_failure(self, on_failure: OnFailure) -> Self
    where
        S: ReportsFailures,
    {
        self.options(|options| options.on_failure = Some(on_failure))
    }

    /// Sets the response for batches in which no record succeeded. The default is a function error.
    pub fn on_all_failed(self, on_all_failed: OnAllFailed) -> Self
    where
        S: ReportsFailures,
    {
        self.options(|options| options.on_all_failed = on_all_failed)
    }

    /// Adds a tower [`Layer`](tower_layer::Layer) around the handling of each record: a retry, a timeout, a rate limit,
    /// idempotency. The first layer that is added is the outermost.
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
    pub fn record_layer<New>(
        self,
        layer: New,
    ) -> Builder<Records<S, Stack<R, StaticLayer<SharedService<RawRecord, ()>, New>>>, F, A, N, D, L>
    where
        New: BoxLayer<SharedService<RawRecord, ()>>,
    {
        self.map_kind(|kind| kind.add_layer(StaticLayer::new(layer)))
    }

    /// Adds a layer around the handling of each record. It is built once, from the value that `init` returned or a member of it.
    pub fn record_layer_with<Make, T, New>(
        self,
        make: Make,
    ) -> Builder<Records<S, Stack<R, LazyLayer<SharedService<RawRecord, ()>, T, New>>>, F, A, N, D, L>
    where
        Make: Fn(&'static T) -> New + Send + Sync + 'static,
        T: Sync + 'static,
        New: BoxLayer<SharedService<RawRecord, ()>>,
    {
        self.map_kind(|kind| kind.add_layer(LazyLayer::new(make)))
    }

    fn options(self, change: impl FnOnce(&mut Options)) -> Self {
        self.map_kind(|mut kind| {
            change(&mut kind.options);
            kind
        })
    }
}
