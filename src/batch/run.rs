//! Runs the records of one batch: as many side by side as it may, each to its end, until the time is over.

use super::event::{BatchEvent, RawRecord};
use super::scheduler::{Scheduler, State};
use lrt_core::log::{self, Level, Span};
use lrt_core::{BoxError, ErrorReport};
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use tokio::time::{Instant, Sleep};
use tower_service::Service;

/// Whether records that fail are logged.
pub(crate) const LOGS: bool = cfg!(feature = "tracing");

/// What came of a batch.
pub(crate) struct BatchRun {
    pub(crate) scheduler: Scheduler,
    /// The first failure, for a batch in which nothing was done.
    pub(crate) first_failure: Option<ErrorReport>,
}

/// How the records of a batch are to be run.
pub(crate) struct RunPlan {
    pub(crate) scheduler: Scheduler,
    /// Records in flight at once.
    pub(crate) concurrency: usize,
    /// When no record is started any more, and those in flight are cut off.
    pub(crate) due: Option<Instant>,
    /// What becomes of a record that is not done, for the log.
    pub(crate) failure_consequence: &'static str,
}

/// Runs all records. Each one's panics, errors and slowness are its own.
pub(crate) async fn run<S>(service: S, event: &Arc<BatchEvent>, plan: RunPlan) -> BatchRun
where
    S: Service<RawRecord, Response = (), Error = BoxError, Future: Send>,
{
    let mut batch = Batch { service, event, plan, slots: Vec::new(), running: 0, alarm: None, first_failure: None };
    poll_fn(|cx| batch.poll(cx)).await;
    if batch.running > 0 {
        batch.cut_off();
    }
    batch.log_counts();
    BatchRun { scheduler: batch.plan.scheduler, first_failure: batch.first_failure }
}

struct Batch<'a, S: Service<RawRecord>> {
    service: S,
    event: &'a Arc<BatchEvent>,
    plan: RunPlan,
    slots: Vec<Slot<S::Future>>,
    running: usize,
    alarm: Option<Pin<Box<Sleep>>>,
    first_failure: Option<ErrorReport>,
}

/// A place for one record in flight; it is used again and again, so that records cost no allocation.
struct Slot<F> {
    record: usize,
    /// What the record's lines in the log are told with.
    span: Span,
    future: Pin<Box<Option<F>>>,
    wake_flag: Arc<WakeFlag>,
}

/// Tells which record was woken, so that not all are polled each time.
struct WakeFlag {
    woken: AtomicBool,
    task: Waker,
}

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

impl<S> Batch<'_, S>
where
    S: Service<RawRecord, Response = (), Error = BoxError>,
{
    /// Ready when nothing runs and nothing can be started, or when the time is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_running(cx);
        self.start(cx);
        if self.running == 0 && self.plan.scheduler.peek().is_none() {
            return Poll::Ready(());
        }
        match self.plan.due {
            Some(due) => self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due))).as_mut().poll(cx),
            None => Poll::Pending,
        }
    }

    fn poll_running(&mut self, cx: &Context<'_>) {
        for at in 0..self.slots.len() {
            let slot = &mut self.slots[at];
            if slot.future.is_none() {
                continue;
            }
            if !slot.wake_flag.task.will_wake(cx.waker()) {
                // The task has moved: what was registered would wake nobody.
                slot.wake_flag = wake_flag(cx);
            }
            if slot.wake_flag.woken.swap(false, Ordering::Acquire) {
                self.poll_slot(at);
            }
        }
    }

    /// Starts all records that may start. Most are done at their first poll and leave their place to the next.
    fn start(&mut self, cx: &mut Context<'_>) {
        while self.running < self.plan.concurrency && self.plan.scheduler.peek().is_some() {
            // A handler that never waits gives the alarm no chance to ring.
            if self.plan.due.is_some_and(|due| Instant::now() >= due) {
                return;
            }
            let ready = lrt_core::catch_panic(|| self.service.poll_ready(cx));
            let ready = match ready {
                Ok(Poll::Pending) => return,
                Ok(Poll::Ready(ready)) => ready.map_err(ErrorReport::from_box),
                Err(panic) => Err(panic),
            };
            let Some(record) = self.plan.scheduler.start() else { return };
            let raw = RawRecord::new(self.event, record);
            let span = Span::record(|| &raw.entry().id);
            match ready.and_then(|()| span.enter(|| lrt_core::catch_panic(|| self.service.call(raw)))) {
                Ok(future) => {
                    let at = self.free_slot(record, cx);
                    self.slots[at].span = span;
                    if let Err(panic) = lrt_core::catch_panic(|| self.slots[at].future.set(Some(future))) {
                        let span = mem::take(&mut self.slots[at].span);
                        span.enter(|| self.failed(record, panic));
                        continue;
                    }
                    self.running += 1;
                    self.poll_slot(at);
                }
                Err(report) => span.enter(|| self.failed(record, report)),
            }
        }
    }

    fn free_slot(&mut self, record: usize, cx: &Context<'_>) -> usize {
        match self.slots.iter().position(|slot| slot.future.is_none()) {
            Some(at) => {
                let slot = &mut self.slots[at];
                slot.record = record;
                // A waker of the record that was here before may still be woken: that is but a poll too many.
                if !slot.wake_flag.task.will_wake(cx.waker()) {
                    slot.wake_flag = wake_flag(cx);
                }
                at
            }
            None => {
                self.slots.push(Slot { record, span: Span::none(), future: Box::pin(None), wake_flag: wake_flag(cx) });
                self.slots.len() - 1
            }
        }
    }

    fn poll_slot(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        slot.wake_flag.woken.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&slot.wake_flag));
        let mut cx = Context::from_waker(&waker);
        let future = &mut slot.future;
        let polled = slot.span.enter(|| {
            lrt_core::catch_panic(|| match future.as_mut().as_pin_mut() {
                Some(future) => future.poll(&mut cx),
                None => Poll::Pending,
            })
        });
        let ended = match polled {
            Ok(Poll::Pending) => return,
            Ok(Poll::Ready(ended)) => ended.map_err(ErrorReport::from_box),
            Err(panic) => Err(panic),
        };
        // Its destructor is the handler's own code as much as its polls are.
        let span = mem::take(&mut slot.span);
        let dropped = span.enter(|| lrt_core::catch_panic(|| slot.future.set(None)));
        let record = slot.record;
        self.running -= 1;
        match ended.and(dropped) {
            Ok(()) => self.plan.scheduler.complete(record),
            Err(report) => span.enter(|| self.failed(record, report)),
        }
    }

    fn failed(&mut self, record: usize, report: ErrorReport) {
        if report.is_permanent() {
            self.plan.scheduler.complete(record);
            self.log(Level::Warn, record, |line| format!("failed permanently and was acknowledged: {line}"), &report);
            return;
        }
        self.plan.scheduler.fail(record);
        self.log(Level::Error, record, |line| format!("failed: {line}; {}", self.plan.failure_consequence), &report);
        self.first_failure.get_or_insert(report);
    }

    /// The time is over: what runs is dropped.
    fn cut_off(&mut self) {
        self.plan.scheduler.stop_starting();
        for at in 0..self.slots.len() {
            if self.slots[at].future.is_none() {
                continue;
            }
            let record = self.slots[at].record;
            self.running -= 1;
            self.plan.scheduler.fail(record);
            let left = self.event.context.remaining().as_millis() as u64;
            let message = format!("the record was still running {left} ms before the deadline, and was stopped");
            let report: ErrorReport = lrt_core::Error::named("Function.Timeout", message).into();
            let says = |line: &str| format!("was cut off: {line}; {}", self.plan.failure_consequence);
            let span = mem::take(&mut self.slots[at].span);
            span.enter(|| self.log(Level::Error, record, says, &report));
            self.first_failure.get_or_insert(report);
            if let Err(panic) = span.enter(|| lrt_core::catch_panic(|| self.slots[at].future.set(None))) {
                let says = |line: &str| format!("was cut off, and its end failed: {line}");
                span.enter(|| self.log(Level::Error, record, says, &panic));
            }
        }
    }

    fn log(&self, level: Level, record: usize, says: impl FnOnce(&str) -> String, report: &ErrorReport) {
        if LOGS {
            // The error's own text is the handler's code as well.
            let failure = lrt_core::catch_panic(|| report.render()).unwrap_or_else(|panic| panic.render());
            let record = named(&RawRecord::new(self.event, record));
            let says = says(failure.text());
            log::error_report(level, self.event.context.request_id(), format_args!("{record} {says}"), &failure);
        }
    }

    /// Says how the batch ended, if something in it was not done.
    fn log_counts(&self) {
        if !LOGS {
            return;
        }
        let scheduler = &self.plan.scheduler;
        let (done, failed) = (scheduler.count(State::Done), scheduler.count(State::Failed));
        let waiting = scheduler.count(State::Waiting);
        if failed + waiting > 0 {
            let all = scheduler.states().len();
            log::error(
                self.event.context.request_id(),
                format_args!("{done} of {all} records succeeded, {failed} failed, {waiting} not started"),
            );
        }
    }
}

/// `record 059f36b4 (delivery 3)`
pub(crate) fn named(record: &RawRecord) -> String {
    let id = record.id();
    match record.receive_count() {
        Some(n) => format!("record {id} (delivery {n})"),
        None => format!("record {id}"),
    }
}

fn wake_flag(cx: &Context<'_>) -> Arc<WakeFlag> {
    // It rings at first, so that a record whose task has moved is polled.
    Arc::new(WakeFlag { woken: AtomicBool::new(true), task: cx.waker().clone() })
}
