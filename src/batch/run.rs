//! Runs the records of one batch, with a limited number in flight, until all have ended or the time is up.

use super::event::{BatchEvent, RawRecord};
use super::scheduler::Scheduler;
use lrt_core::__private::WakeFlag;
use lrt_core::log::{self, Level, Span};
use lrt_core::{BoxError, CutOff, Cutoff, ErrorReport};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tower_service::Service;

/// True if each failed record is logged.
pub(crate) const LOGS: bool = cfg!(feature = "tracing");

/// Result of running the records of a batch.
pub(crate) struct BatchRun {
    pub(crate) scheduler: Scheduler,
    /// The error of the first record that failed.
    pub(crate) first_failure: Option<ErrorReport>,
    /// The number of records that failed permanently, and count as successful.
    pub(crate) permanent: usize,
    /// The number of records that were stopped because the time was up, and count as failed.
    pub(crate) cut_off: usize,
}

/// Settings for running the records of a batch.
pub(crate) struct RunPlan {
    pub(crate) scheduler: Scheduler,
    /// Maximum number of records in flight.
    pub(crate) concurrency: usize,
    /// The time at which records in flight are cut off, and no more are started.
    pub(crate) cutoff: Cutoff,
    /// The consequence of a failure in the service, for the log.
    pub(crate) failure_consequence: &'static str,
    /// True if a permanent error acknowledges its record. Otherwise it fails the record, as other errors do.
    pub(crate) acknowledges_permanent: bool,
}

/// Runs the records of an event. A panic, an error or a slow handler only affects its own record.
pub(crate) async fn run<S>(service: S, event: &Arc<BatchEvent>, plan: RunPlan) -> BatchRun
where
    S: Service<RawRecord, Response = (), Error = BoxError, Future: Send> + Send,
{
    let mut calls = Calls { service, futures: Vec::new() };
    let mut runner = Runner {
        calls: &mut calls,
        event,
        plan,
        slots: Vec::new(),
        running: 0,
        first_failure: None,
        permanent: 0,
        cut_off: 0,
    };
    let cut_off = poll_fn(|cx| runner.poll(cx)).await;
    if let Some(cut_off) = cut_off {
        runner.cut_off(cut_off);
    }
    let Runner { plan: RunPlan { scheduler, .. }, first_failure, permanent, cut_off, .. } = runner;
    BatchRun { scheduler, first_failure, permanent, cut_off }
}

/// Runs the records. It does not depend on the function's types, so that it is compiled once.
struct Runner<'a> {
    calls: &'a mut dyn RecordCalls,
    event: &'a Arc<BatchEvent>,
    plan: RunPlan,
    slots: Vec<Slot>,
    running: usize,
    first_failure: Option<ErrorReport>,
    permanent: usize,
    cut_off: usize,
}

/// Holds one record in flight, or none. Slots are reused, so records do not need an allocation.
struct Slot {
    record: Option<InFlight>,
    /// Set if the record was woken, so that the others are not polled each time. A new flag is set.
    wake_flag: Arc<WakeFlag>,
}

struct InFlight {
    record: usize,
    span: Span,
}

impl Slot {
    /// Returns the waker for the next poll.
    fn waker(&self) -> Waker {
        self.wake_flag.clear();
        Waker::from(Arc::clone(&self.wake_flag))
    }
}

/// The calls of a function, one for each record in flight. All of this is the function's code, whose panics are caught.
trait RecordCalls: Send {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ErrorReport>>;

    /// Calls the function and polls its future, which is kept in a slot: a free one, or the next one.
    fn start(&mut self, slot: usize, raw: RawRecord, cx: &mut Context<'_>) -> Poll<Result<(), ErrorReport>>;

    /// Polls the future of a call, and drops it once it is ready.
    fn poll(&mut self, slot: usize, cx: &mut Context<'_>) -> Poll<Result<(), ErrorReport>>;

    /// Drops the future of a call.
    fn stop(&mut self, slot: usize) -> Result<(), ErrorReport>;
}

struct Calls<S: Service<RawRecord>> {
    service: S,
    futures: Vec<Pin<Box<Option<S::Future>>>>,
}

impl<S> RecordCalls for Calls<S>
where
    S: Service<RawRecord, Response = (), Error = BoxError, Future: Send> + Send,
{
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ErrorReport>> {
        match lrt_core::catch_panic(|| self.service.poll_ready(cx)) {
            Ok(ready) => ready.map_err(ErrorReport::from_box),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }

    fn start(&mut self, slot: usize, raw: RawRecord, cx: &mut Context<'_>) -> Poll<Result<(), ErrorReport>> {
        if slot == self.futures.len() {
            self.futures.push(Box::pin(None));
        }
        lrt_core::catch_panic(|| self.futures[slot].set(Some(self.service.call(raw))))?;
        self.poll(slot, cx)
    }

    fn poll(&mut self, slot: usize, cx: &mut Context<'_>) -> Poll<Result<(), ErrorReport>> {
        let polled = lrt_core::catch_panic(|| match self.futures[slot].as_mut().as_pin_mut() {
            Some(future) => future.poll(cx),
            None => Poll::Pending,
        });
        let result = match polled {
            Ok(polled) => ready!(polled).map_err(ErrorReport::from_box),
            Err(panic) => Err(panic),
        };
        // The future's destructor may panic as well.
        let stopped = self.stop(slot);
        Poll::Ready(result.and(stopped))
    }

    fn stop(&mut self, slot: usize) -> Result<(), ErrorReport> {
        lrt_core::catch_panic(|| self.futures[slot].set(None))
    }
}

impl Runner<'_> {
    /// Returns `Ready` when no record runs and none can be started, or when the time is up.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<CutOff>> {
        self.poll_running(cx);
        self.start(cx);
        if self.running == 0 && self.plan.scheduler.peek().is_none() {
            return Poll::Ready(None);
        }
        self.plan.cutoff.poll(cx).map(Some)
    }

    fn poll_running(&mut self, cx: &Context<'_>) {
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            if slot.record.is_none() {
                continue;
            }
            if !slot.wake_flag.wakes(cx) {
                // The batch is now polled by another task, which the registered waker would not wake.
                slot.wake_flag = WakeFlag::new(cx, true);
            }
            if slot.wake_flag.take() {
                self.poll_slot(index);
            }
        }
    }

    /// Starts all records that may start. Most of them end when they are first polled, and free their slot for the next
    /// record.
    fn start(&mut self, cx: &mut Context<'_>) {
        while self.running < self.plan.concurrency && self.plan.scheduler.peek().is_some() {
            // The timer is never polled while handlers do not wait.
            if self.plan.cutoff.is_over() {
                return;
            }
            let Poll::Ready(ready) = self.calls.poll_ready(cx) else { return };
            let Some(record) = self.plan.scheduler.start() else { return };
            let raw = RawRecord::new(self.event, record);
            if let Some(window) = &self.event.window {
                window.start(raw.entry().json.start());
            }
            let span = Span::record(|| &raw.entry().id);
            let index = self.free_slot(cx);
            let slot = &mut self.slots[index];
            let waker = slot.waker();
            let polled = match ready {
                Ok(()) => span.enter(|| self.calls.start(index, raw, &mut Context::from_waker(&waker))),
                Err(report) => Poll::Ready(Err(report)),
            };
            match polled {
                Poll::Ready(result) => self.finish(record, &span, result),
                Poll::Pending => {
                    slot.record = Some(InFlight { record, span });
                    self.running += 1;
                }
            }
        }
    }

    fn free_slot(&mut self, cx: &Context<'_>) -> usize {
        match self.slots.iter().position(|slot| slot.record.is_none()) {
            Some(index) => {
                let slot = &mut self.slots[index];
                // A waker of the slot's previous record may still set the flag, which only causes one extra poll.
                if !slot.wake_flag.wakes(cx) {
                    slot.wake_flag = WakeFlag::new(cx, true);
                }
                index
            }
            None => {
                let wake_flag = WakeFlag::new(cx, true);
                self.slots.push(Slot { record: None, wake_flag });
                self.slots.len() - 1
            }
        }
    }

    fn poll_slot(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let waker = slot.waker();
        let Some(InFlight { span, .. }) = &slot.record else { return };
        let polled = span.enter(|| self.calls.poll(index, &mut Context::from_waker(&waker)));
        if let Poll::Ready(result) = polled
            && let Some(InFlight { record, span }) = slot.record.take()
        {
            self.running -= 1;
            self.finish(record, &span, result);
        }
    }

    fn finish(&mut self, record: usize, span: &Span, result: Result<(), ErrorReport>) {
        match result {
            Ok(()) => self.plan.scheduler.complete(record),
            Err(report) => span.enter(|| self.fail(record, report)),
        }
    }

    fn fail(&mut self, record: usize, report: ErrorReport) {
        if report.is_permanent() && self.plan.acknowledges_permanent {
            if let Some(window) = &self.event.window {
                window.undo_call();
            }
            self.plan.scheduler.complete(record);
            self.permanent += 1;
            let message = |error: &str| format!("failed permanently and was acknowledged: {error}");
            self.log(Level::Warn, record, message, &report);
            return;
        }
        self.plan.scheduler.fail(record);
        #[cfg(feature = "testing")]
        if let Some(delay) = report.retry_delay() {
            lrt_core::__private::offer_retry_delay(&self.event.entries[record].id, delay);
        }
        let message = |error: &str| format!("failed: {error}; {}", self.plan.failure_consequence);
        self.log(Level::Error, record, message, &report);
        self.first_failure.get_or_insert(report);
    }

    /// Drops the records that are still running when the time is up.
    fn cut_off(&mut self, cut_off: CutOff) {
        self.plan.scheduler.stop_starting();
        for index in 0..self.slots.len() {
            let Some(InFlight { record, span }) = self.slots[index].record.take() else { continue };
            self.running -= 1;
            self.cut_off += 1;
            self.plan.scheduler.fail(record);
            let message = format!("the record was {cut_off}, and was stopped");
            let report: ErrorReport = lrt_core::Error::named("Function.Timeout", message).into();
            let message = |error: &str| format!("was cut off: {error}; {}", self.plan.failure_consequence);
            span.enter(|| self.log(Level::Error, record, message, &report));
            self.first_failure.get_or_insert(report);
            if let Err(panic) = span.enter(|| self.calls.stop(index)) {
                let message = |error: &str| format!("was cut off, and dropping its future failed: {error}");
                span.enter(|| self.log(Level::Error, record, message, &panic));
            }
        }
    }

    fn log(&self, level: Level, record: usize, message: impl FnOnce(&str) -> String, report: &ErrorReport) {
        if LOGS {
            // The error's `Display` is user code, and may panic.
            let failure = lrt_core::catch_panic(|| report.render()).unwrap_or_else(|panic| panic.render());
            let record = label(&RawRecord::new(self.event, record));
            let message = message(failure.text());
            log::error_report(level, self.event.context.request_id(), format_args!("{record} {message}"), &failure);
        }
    }
}

/// Returns the name of a record in the log: `record 059f36b4 (delivery 3)`.
pub(crate) fn label(record: &RawRecord) -> String {
    let id = record.id();
    match record.receive_count() {
        Some(n) => format!("record {id} (delivery {n})"),
        None => format!("record {id}"),
    }
}
