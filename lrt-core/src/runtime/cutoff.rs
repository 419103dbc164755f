//! Time limit of a part of an invocation, for kinds of functions that respond in their own way when the time is up.

use crate::error::ErrorReport;
use crate::interrupt::{DeadlineMargin, GRACE, Interrupted};
use crate::invocation::Context;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{self, Poll};
use std::time::Duration;
use tokio::sync::futures::OwnedNotified;
use tokio::time::{Instant, Sleep};

/// The part of [`GRACE`] that is left for the response.
const TIME_TO_RESPOND: Duration = Duration::from_millis(50);

/// Ends a part of an invocation at a margin before its deadline, or soon after SIGTERM, whichever is earlier.
///
/// It leaves time to respond before the guard, which ends the entire invocation.
pub struct Cutoff {
    context: Context,
    margin: DeadlineMargin,
    /// The time of the cutoff and its reason, computed on first use.
    at: Option<Option<(Instant, Interrupted)>>,
    // Both are created on the first poll, since most functions are ready before they are needed.
    sleep: Option<Pin<Box<Sleep>>>,
    signal: Option<Pin<Box<OwnedNotified>>>,
    signal_received: bool,
}

/// The reason why a part of an invocation was ended: `the deadline is 100 ms away` or `the process is shutting down`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOff {
    reason: Interrupted,
    remaining: Duration,
}

impl Cutoff {
    /// Returns the cutoff of a part of an invocation.
    pub fn new(context: &Context, margin: DeadlineMargin) -> Cutoff {
        Cutoff { context: context.clone(), margin, at: None, sleep: None, signal: None, signal_received: false }
    }

    fn at(&mut self) -> &mut Option<(Instant, Interrupted)> {
        let Cutoff { context, margin, at, .. } = self;
        at.get_or_insert_with(|| Some((margin.cutoff(context.due())?, Interrupted::Deadline)))
    }

    /// Returns `Ready` when the time is up.
    #[inline(never)] // one copy for all kinds
    pub fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<CutOff> {
        if !self.signal_received {
            self.poll_signal(cx);
        }
        let Some((at, reason)) = *self.at() else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        sleep.as_mut().poll(cx).map(|()| {
            self.context.count_stop(reason);
            CutOff { reason, remaining: self.context.remaining() }
        })
    }

    fn poll_signal(&mut self, cx: &mut task::Context<'_>) {
        let notice = self.context.shutdown();
        let signal = self.signal.get_or_insert_with(|| Box::pin(notice.notified()));
        // Registers the task before the notice is read, so that no signal is missed in between.
        let _ = signal.as_mut().poll(cx);
        let Some(received_at) = notice.received_at() else { return };
        (self.signal, self.signal_received) = (None, true);
        let end = received_at + (GRACE - TIME_TO_RESPOND);
        let at = self.at();
        if at.is_none_or(|(deadline, _)| end < deadline) {
            *at = Some((end, Interrupted::Shutdown));
            self.sleep = None;
        }
    }

    /// Returns true if the time is up. For work that never waits, so that [`poll`](Cutoff::poll) is not called.
    pub fn is_over(&mut self) -> bool {
        self.at().is_some_and(|(at, _)| Instant::now() >= at)
    }
}

impl fmt::Debug for Cutoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cutoff").field("margin", &self.margin).finish_non_exhaustive()
    }
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Interrupted::Deadline => write!(f, "still running {} ms before the deadline", self.remaining.as_millis()),
            Interrupted::Shutdown => f.write_str("still running when the process had to shut down"),
        }
    }
}

/// Waits for a part of an invocation until its [`Cutoff`].
///
/// ```
/// use lrt_core::{Context, Deadline, DeadlineMargin, EventHeaders};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let context = Context::new(&EventHeaders::default(), Default::default(), false);
/// let context = context.with_deadline(Deadline::after(Duration::from_millis(10)));
/// assert_eq!(lrt_core::with_deadline(async { 7 }, &context, DeadlineMargin::Default).await.unwrap(), 7);
/// let cut_off = lrt_core::with_deadline(std::future::pending::<()>(), &context, DeadlineMargin::Default).await;
/// assert_eq!(cut_off.unwrap_err().name(), "Function.Timeout");
/// # }
/// ```
///
/// # Errors
///
/// Returns `Function.Timeout` when the time is up. In that case, the future is dropped.
pub async fn with_deadline<T>(
    future: impl Future<Output = T>,
    context: &Context,
    margin: DeadlineMargin,
) -> Result<T, ErrorReport> {
    let mut future = pin!(future);
    let mut cutoff = Cutoff::new(context, margin);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Ok(value)),
        Poll::Pending => cutoff.poll(cx).map(|cut_off| Err(cut_off.reason.report(context.due()))),
    })
    .await
}
