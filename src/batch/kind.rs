//! The kind of functions that handle records, one by one or as a batch.

use super::args::{BatchArgs, BatchOutput, RecordArgs, RecordOutput};
use super::event::{BatchEvent, RawRecord, SourceSchema};
use super::full_batch::{BatchFailures, BatchState};
use super::options::{OnFailure, Options};
use super::response::report;
use super::run::{self, RunPlan};
use super::scheduler::{FailureScope, Groups, Scheduler};
use crate::builder::{Builder, Kind, Layered};
use crate::function::args::AsyncFn;
use crate::function::output::Fallible;
use crate::layer::{Inside, Layers, NoLayer};
use lrt_core::Borrowed;
use lrt_core::{
    BoxError, Context, DeadlineMargin, Deployment, ErrorReport, Fraction, FunctionService, Invocation, Reply,
    ReplyBuffer, SharedService, service_fn,
};
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tower_service::Service;

/// How a batch has to be run, which the source knows.
pub(crate) struct BatchPolicy {
    pub(crate) groups: Groups,
    pub(crate) concurrency: usize,
    pub(crate) failure_scope: FailureScope,
    /// Whether every record that is not done is reported, or the first alone.
    pub(crate) checkpoint: bool,
    /// What becomes of a record that is not done, for the log.
    pub(crate) failure_consequence: &'static str,
}

/// What a source's file says of its batches.
pub(crate) trait SourcePolicy {
    /// The rules for one event.
    fn policy(event: &BatchEvent, concurrency: Option<usize>, on_failure: Option<OnFailure>) -> BatchPolicy;
}

/// A source of batches: SQS, DynamoDB streams, Kinesis, Kafka. Only lrt's own implement it.
#[allow(private_bounds)]
pub trait Source: SourceSchema + SourcePolicy + Send + Sync + 'static {
    /// What it is called in `#[lambda(…)]`.
    const NAME: &'static str;
}

/// The kind of a function that handles records of the source `S`, with record layers `R`.
pub struct Records<S, R = NoLayer> {
    pub(crate) options: Options,
    layers: R,
    source: PhantomData<fn(S)>,
}

impl<S, R: Clone> Clone for Records<S, R> {
    fn clone(&self) -> Self {
        Records { options: self.options, layers: self.layers.clone(), source: PhantomData }
    }
}

impl<S, R> Records<S, R> {
    pub(crate) fn inside<M>(self, layer: M) -> Records<S, Inside<R, M>> {
        Records { options: self.options, layers: Inside::new(self.layers, layer), source: PhantomData }
    }
}

/// Starts the builder of a function that handles records of a source.
pub(crate) fn records<S: Source, F: AsyncFn<A>, A>(function: F) -> Builder<Records<S>, F, A> {
    Builder::new(Records { options: Options::default(), layers: NoLayer, source: PhantomData }, function)
}

/// The function handles one record; `K` are the kinds of its parameters.
#[derive(Debug)]
pub struct OneRecord<K>(PhantomData<K>);

/// The function handles the whole batch.
#[derive(Debug)]
pub struct FullBatch<K>(PhantomData<K>);

impl<S: Source, R: Clone + Send + Sync + 'static> Layered for Records<S, R> {
    type Request = Invocation;
    type Response = Reply;
    type Between = SharedService<Invocation, Reply>;
    type Fallible = Fallible;
}

/// The guard of batches: it has to leave time for the answer.
const GUARD: Fraction =
    Fraction { denominator: 10, at_least: Duration::from_millis(50), at_most: Duration::from_secs(1) };

fn due(context: &Context, margin: DeadlineMargin) -> Option<Instant> {
    let margin = if margin == DeadlineMargin::Default { DeadlineMargin::Fraction(GUARD) } else { margin };
    margin.cutoff(context.due())
}

impl<S, R, F, A, K, M> Kind<F, A, OneRecord<K>, M> for Records<S, R>
where
    S: Source,
    R: Layers<RawRecord, (), SharedService<RawRecord, ()>>,
    F: AsyncFn<A>,
    A: RecordArgs<S, K>,
    F::Output: RecordOutput<M>,
{
    type Refs = Borrowed<A::Refs, R::Refs>;

    fn name(&self) -> &'static str {
        S::NAME
    }

    fn deployment(&self) -> Deployment<'_> {
        self.options.deployment()
    }

    fn guard(&self, margin: DeadlineMargin) -> DeadlineMargin {
        // For layers that do not let the answer through.
        margin.inner(GUARD)
    }

    async fn service<L: Layers<Invocation, Reply, <Self as Layered>::Between>>(
        &self,
        function: F,
        layers: &L,
        lent: Borrowed<Self::Refs, L::Refs>,
        margin: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        let refs = lent.function.function;
        // Decode → your function. What is decoded here, before the first poll, need not be kept across one.
        let record = service_fn(move |record: RawRecord| {
            let called = A::extract(&record, refs).map(|args| function.call(args));
            async move { called.map_err(lrt_core::Error::new)?.await.into_result() }
        });
        let record = self.layers.around(record, lent.function.layers);
        let options = self.options;
        let batch =
            service_fn(move |invocation| handle_records::<S, _>(record.clone(), A::check, invocation, options, margin));
        Ok(layers.around(batch, lent.layers))
    }
}

/// Find → schedule → run → respond.
async fn handle_records<S, H>(
    record: H,
    check: fn(&RawRecord) -> Result<(), ErrorReport>,
    invocation: Invocation,
    options: Options,
    margin: DeadlineMargin,
) -> Result<Reply, BoxError>
where
    S: Source,
    H: Service<RawRecord, Response = (), Error = BoxError, Future: Send>,
{
    let (event, buffer) = find::<S>(invocation, check)?;
    let BatchPolicy { groups, concurrency, failure_scope, checkpoint, failure_consequence } =
        S::policy(&event, options.concurrency, options.on_failure);
    let scheduler = Scheduler::new(event.entries.len(), &groups, failure_scope);
    let plan = RunPlan { scheduler, concurrency, due: due(&event.context, margin), failure_consequence };
    let ran = run::run(record, &event, plan).await;
    let all = event.entries.len();
    let mut failed: Vec<usize> = ran.scheduler.unsuccessful().collect();
    let nothing_done = (all > 0 && failed.len() == all).then(|| match ran.first_failure {
        // The error's own text is the handler's code as well.
        Some(report) => lrt_core::catch_panic(|| report.text()).unwrap_or_else(|panic| panic.text()),
        None => "there was no time to start any".to_owned(),
    });
    failed.truncate(if checkpoint { 1 } else { all });
    Ok(report(&event, &failed, nothing_done, options.on_all_failed, buffer)?)
}

fn find<S: Source>(
    invocation: Invocation,
    check: fn(&RawRecord) -> Result<(), ErrorReport>,
) -> Result<(Arc<BatchEvent>, ReplyBuffer), ErrorReport> {
    let context = invocation.context().clone();
    let (payload, buffer) = invocation.into_parts();
    let event = Arc::new(BatchEvent::find(payload, context, S::SCHEMA)?);
    if !event.entries.is_empty() {
        check(&RawRecord::new(&event, 0))?;
    }
    Ok((event, buffer))
}

impl<S, F, A, K, M> Kind<F, A, FullBatch<K>, M> for Records<S, NoLayer>
where
    S: Source,
    F: AsyncFn<A>,
    A: BatchArgs<S, K>,
    F::Output: BatchOutput<M>,
{
    type Refs = Borrowed<A::Refs>;

    fn name(&self) -> &'static str {
        S::NAME
    }

    fn deployment(&self) -> Deployment<'_> {
        self.options.deployment()
    }

    fn guard(&self, margin: DeadlineMargin) -> DeadlineMargin {
        // For layers that do not let the answer through.
        margin.inner(GUARD)
    }

    async fn service<L: Layers<Invocation, Reply, <Self as Layered>::Between>>(
        &self,
        function: F,
        layers: &L,
        lent: Borrowed<Self::Refs, L::Refs>,
        margin: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        let refs = lent.function.function;
        let options = self.options;
        let batch = service_fn(move |invocation| {
            let function = function.clone();
            let call = move |whole: &BatchState| {
                let returned = function.call(A::extract(whole, refs));
                async move { returned.await.into_failures() }
            };
            handle_batch::<S, _, _>(call, A::check, invocation, options, margin)
        });
        Ok(layers.around(batch, lent.layers))
    }
}

/// Find → your function → respond.
async fn handle_batch<S, C, Fut>(
    call: C,
    check: fn(&RawRecord) -> Result<(), ErrorReport>,
    invocation: Invocation,
    options: Options,
    margin: DeadlineMargin,
) -> Result<Reply, BoxError>
where
    S: Source,
    C: FnOnce(&BatchState) -> Fut + Send,
    Fut: Future<Output = Result<BatchFailures, ErrorReport>> + Send,
{
    let (event, buffer) = find::<S>(invocation, check)?;
    let all = event.entries.len();
    let rules = S::policy(&event, None, None);
    let whole = BatchState::new(&event, rules.failure_consequence);
    let returned = call(&whole);
    let returned = match due(&event.context, margin) {
        Some(due) => tokio::time::timeout_at(due, returned).await.map_err(|_| ()),
        None => Ok(returned.await),
    };
    let failures = match returned {
        Ok(failures) => failures?,
        Err(()) => {
            let left = event.context.remaining().as_millis() as u64;
            return Err(lrt_core::Error::named(
                "Function.Timeout",
                format!(
                    "the handler of the batch was cut off {left} ms before the deadline: all {all} records have failed"
                ),
            )
            .into());
        }
    };
    let failed = whole.failed(&failures);
    let n = failed.iter().filter(|failed| **failed).count();
    if run::LOGS && n > 0 {
        whole.log(&failures, &failed);
        let done = all - n;
        lrt_core::log::error(event.context.request_id(), format_args!("{done} of {all} records succeeded, {n} failed"));
    }
    let nothing_done =
        (all > 0 && n == all).then(|| "the handler reported every record as failed, or consumed none".to_owned());
    let failed = (0..all).filter(|record| failed[*record]).take(if rules.checkpoint { 1 } else { all });
    Ok(report(&event, &failed.collect::<Vec<_>>(), nothing_done, options.on_all_failed, buffer)?)
}
