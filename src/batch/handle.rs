//! Handles one event: finds its records, calls the function with them, and writes the response.

use super::args::{CallInput, FullBatch};
use super::event::{BatchEvent, RawRecord, SourceSchema};
use super::full_batch::{BatchFailures, BatchState};
use super::kind::Source;
use super::options::{OnFailure, Options};
use super::response::{Failures, Reporting, respond};
use super::run::{self, BatchRun, RunPlan};
use super::scheduler::{FailureScope, Groups, RecordState, Scheduler};
use super::window::{NO_WINDOW, WindowEnd};
use crate::function::parameters::Needs;
use lrt_core::__private::metrics::Automatic;
use lrt_core::{
    BoxError, Context, CutOff, Cutoff, DeadlineMargin, ErrorReport, Fraction, Invocation, Reply, ReplyBuffer, log,
};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tower_service::Service;

/// Rules of a source for running and reporting the records of an event.
pub(crate) struct BatchPolicy {
    pub(crate) groups: Groups,
    pub(crate) concurrency: usize,
    pub(crate) failure_scope: FailureScope,
    pub(crate) reporting: Reporting,
    /// The consequence of a failure in the service, for the log.
    pub(crate) failure_consequence: &'static str,
}

impl BatchPolicy {
    /// Returns the policy of a stream, which continues from a checkpoint: records run in the order of the batch. With
    /// more than one in flight, only records with the same key run in order.
    pub(crate) fn for_stream(
        event: &BatchEvent,
        concurrency: Option<usize>,
        on_failure: Option<OnFailure>,
        keys: fn(&BatchEvent) -> Vec<Box<str>>,
    ) -> BatchPolicy {
        let concurrency = concurrency.unwrap_or(1);
        BatchPolicy {
            groups: if concurrency == 1 { Groups::Batch } else { groups_by(event, keys) },
            concurrency,
            failure_scope: match on_failure {
                Some(OnFailure::Continue) => FailureScope::Record,
                Some(OnFailure::Stop) | None => FailureScope::Tail,
            },
            reporting: Reporting::Checkpoint,
            failure_consequence: "the shard waits for it",
        }
    }
}

/// Returns the groups of records with the same key. A malformed record may have any key, so all records are one group then.
pub(crate) fn groups_by(event: &BatchEvent, keys: fn(&BatchEvent) -> Vec<Box<str>>) -> Groups {
    if event.entries.iter().all(|entry| entry.spans.is_ok()) { Groups::Keys(keys(event)) } else { Groups::Batch }
}

/// The part of a source that decides how an event is handled.
pub(crate) trait SourcePolicy {
    /// Returns the policy for an event. Options that the author did not set are `None`.
    fn policy(event: &BatchEvent, concurrency: Option<usize>, on_failure: Option<OnFailure>) -> BatchPolicy;
}

/// The requirements of a function.
#[derive(Clone)]
pub struct Requirements {
    /// Checks, on the first record of an event, that the parameters can be made from its records.
    pub(crate) check: fn(&RawRecord) -> Result<(), ErrorReport>,
    pub(crate) needs: Needs,
    /// The function that is called at the end of a tumbling window.
    pub(crate) window_end: Option<Arc<dyn WindowEnd>>,
}

/// The default margin of batches, which has to leave time for the response.
pub(crate) const DEFAULT_MARGIN: Fraction =
    Fraction { denominator: 10, at_least: Duration::from_millis(50), at_most: Duration::from_secs(1) };

/// Returns the cutoff at which a batch responds.
fn cutoff(context: &Context, margin: DeadlineMargin) -> Cutoff {
    let margin = if margin == DeadlineMargin::Default { DeadlineMargin::Fraction(DEFAULT_MARGIN) } else { margin };
    Cutoff::new(context, margin)
}

/// Handles each record with `record`.
pub(crate) async fn handle_records<S, H>(
    record: H,
    requirements: Requirements,
    invocation: Invocation,
    options: Options,
    margin: DeadlineMargin,
) -> Result<Reply, BoxError>
where
    S: Source,
    H: Service<RawRecord, Response = (), Error = BoxError, Future: Send> + Send,
{
    let (event, buffer) = find::<S>(invocation, &requirements)?;
    let BatchPolicy { groups, concurrency, failure_scope, reporting, failure_consequence } =
        S::policy(&event, options.concurrency, options.on_failure);
    let scheduler = Scheduler::new(event.entries.len(), &groups, failure_scope);
    let plan = RunPlan {
        scheduler,
        concurrency,
        cutoff: cutoff(&event.context, margin),
        failure_consequence,
        acknowledges_permanent: reporting != Reporting::Results,
    };
    let ran = run::run(record, &event, plan).await;
    finish_records(&event, ran, Ending { requirements, options, margin, reporting, buffer }).await
}

/// Ends the invocation after its records have run. It does not depend on the function's types, so that it is compiled once.
async fn finish_records(event: &Arc<BatchEvent>, ran: BatchRun, ending: Ending) -> Result<Reply, BoxError> {
    let count = |state| ran.scheduler.count(state);
    if event.context.metrics().is_enabled() {
        for (metric, records) in [
            (Automatic::RecordsSucceeded, count(RecordState::Succeeded) - ran.permanent),
            (Automatic::RecordsPermanent, ran.permanent),
            (Automatic::RecordsFailed, count(RecordState::Failed) - ran.cut_off),
            (Automatic::RecordsCutOff, ran.cut_off),
        ] {
            event.context.metrics().record(metric, records);
        }
    }
    let unsuccessful: Vec<usize> = ran.scheduler.unsuccessful().collect();
    if let (Some(window), Some(first)) = (&event.window, unsuccessful.first()) {
        window.roll_back(event.entries[*first].json.start());
    }
    ending.end_window(event, &unsuccessful).await?;
    let describe = || {
        let counts = format!("{} failed, {} not started", count(RecordState::Failed), count(RecordState::Waiting));
        let cause = match &ran.first_failure {
            // The error's `Display` is user code, and may panic.
            Some(report) => lrt_core::catch_panic(|| report.text()).unwrap_or_else(|panic| panic.text()),
            None => "no time was left to start any".to_owned(),
        };
        Failures { counts, cause, are_logged: ran.first_failure.is_some(), first: ran.first_failure }
    };
    Ok(ending.respond(event, unsuccessful, describe)?)
}

/// Handles all records at once with `call`.
pub(crate) async fn handle_batch<S, C, Fut>(
    call: C,
    requirements: Requirements,
    invocation: Invocation,
    options: Options,
    margin: DeadlineMargin,
) -> Result<Reply, BoxError>
where
    S: Source,
    C: FnOnce(CallInput<S, FullBatch>) -> Fut + Send,
    Fut: Future<Output = Result<BatchFailures, BoxError>> + Send,
{
    let (event, buffer) = find::<S>(invocation, &requirements)?;
    let policy = S::policy(&event, None, None);
    let batch = BatchState::new(&event, policy.failure_consequence);
    let returned = call(CallInput::new(batch.clone()));
    let failures = within_deadline(returned, &event, margin, |cut_off| {
        let all = event.entries.len();
        event.context.metrics().record(Automatic::RecordsCutOff, all);
        format!("the handler of the batch was {cut_off}, and was stopped: all {all} records have failed")
    })
    .await?;
    let ending = Ending { requirements, options, margin, reporting: policy.reporting, buffer };
    finish_batch(&batch, &failures, ending).await
}

/// Ends the invocation after the function has handled all records, as [`finish_records`] does for single records.
async fn finish_batch(batch: &BatchState, failures: &BatchFailures, ending: Ending) -> Result<Reply, BoxError> {
    let event = &batch.event;
    let unsuccessful = batch.unsuccessful(failures);
    event.context.metrics().record(Automatic::RecordsSucceeded, event.entries.len() - unsuccessful.len());
    event.context.metrics().record(Automatic::RecordsFailed, unsuccessful.len());
    batch.log(failures, &unsuccessful);
    ending.end_window(event, &unsuccessful).await?;
    let describe = || batch.describe(failures, &unsuccessful);
    Ok(ending.respond(event, unsuccessful.clone(), describe)?)
}

/// The end of an invocation, after its records have run.
struct Ending {
    requirements: Requirements,
    options: Options,
    margin: DeadlineMargin,
    reporting: Reporting,
    buffer: ReplyBuffer,
}

impl Ending {
    /// Calls the function for the end of a tumbling window, if the event is the last one of its window and all of its records
    /// succeeded.
    async fn end_window(&self, event: &Arc<BatchEvent>, unsuccessful: &[usize]) -> Result<(), BoxError> {
        let is_final = event.window.as_ref().is_some_and(|window| window.is_final);
        if !is_final || !unsuccessful.is_empty() {
            return Ok(());
        }
        match &self.requirements.window_end {
            Some(window_end) => {
                within_deadline(window_end.call(Arc::clone(event)), event, self.margin, |cut_off| {
                    format!("the function for the end of the tumbling window was {cut_off}, and was stopped")
                })
                .await
            }
            None if self.requirements.needs.window => {
                let message =
                    "the tumbling window has ended, and its state is discarded (help: set the option `window_end`)";
                log::warn(event.context.request_id(), format_args!("{message}"));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn respond(
        self,
        event: &BatchEvent,
        unsuccessful: Vec<usize>,
        describe: impl FnOnce() -> Failures,
    ) -> Result<Reply, ErrorReport> {
        respond(event, unsuccessful, describe, self.reporting, self.options.on_all_failed, self.buffer)
    }
}

/// Runs a function that is stopped at the cutoff.
async fn within_deadline<T>(
    returned: impl Future<Output = Result<T, BoxError>>,
    event: &BatchEvent,
    margin: DeadlineMargin,
    describe: impl Fn(CutOff) -> String,
) -> Result<T, BoxError> {
    let mut cutoff = cutoff(&event.context, margin);
    let mut returned = pin!(returned);
    poll_fn(|cx| match returned.as_mut().poll(cx) {
        Poll::Ready(returned) => Poll::Ready(returned),
        Poll::Pending => {
            cutoff.poll(cx).map(|cut_off| Err(lrt_core::Error::named("Function.Timeout", describe(cut_off)).into()))
        }
    })
    .await
}

fn find<S: Source>(
    invocation: Invocation,
    requirements: &Requirements,
) -> Result<(Arc<BatchEvent>, ReplyBuffer), ErrorReport> {
    let context = invocation.context().clone();
    let (payload, buffer) = invocation.into_parts();
    let schema = if requirements.needs.changes { S::CHANGES } else { <S as SourceSchema>::SCHEMA };
    let event = BatchEvent::find(payload, context, schema)?;
    let mut event = Arc::new(BatchEvent { decodes_record: requirements.needs.record, ..event });
    if !event.entries.is_empty() {
        (requirements.check)(&RawRecord::new(&event, 0))?;
    }
    match &event.window {
        None if requirements.needs.window => return Err(ErrorReport::unmarshal(NO_WINDOW)),
        Some(_) if !requirements.needs.window && requirements.window_end.is_none() => {
            let message = "the event is from a tumbling window, which the function does not use: its state is returned unchanged \
                           (help: take a `Window<S>`)";
            log::warn(event.context.request_id(), format_args!("{message}"));
        }
        _ => {}
    }
    if let Some(split) = schema.split.filter(|_| !requirements.needs.undivided) {
        split(&mut event);
    }
    Ok((event, buffer))
}
