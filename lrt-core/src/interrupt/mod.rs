//! Interruptions of a function: the deadline of its invocation, and the shutdown signal.

mod deadline;
mod shutdown_notice;

pub use deadline::{Deadline, DeadlineMargin, Fraction};
pub(crate) use shutdown_notice::ShutdownNotice;

use crate::error::ErrorReport;
use crate::wake_tracker::WakeTracked;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// Time for which an invocation may continue after the shutdown signal: half of the 500 ms that Lambda gives to an
/// execution environment with only internal extensions. The other half is for the function's shutdown work.
///
/// See [shutdown phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown).
pub(crate) const GRACE: Duration = Duration::from_millis(250);

/// The shutdown signal, and the time at which it was received.
pub(crate) struct ShutdownSignal<'a> {
    signal: WakeTracked<Pin<&'a mut dyn Future<Output = ()>>>,
    received_at: Option<Instant>,
    /// Notifies the invocations of an execution environment.
    notice: Option<Arc<ShutdownNotice>>,
}

impl<'a> ShutdownSignal<'a> {
    pub(crate) fn new(signal: Pin<&'a mut dyn Future<Output = ()>>) -> ShutdownSignal<'a> {
        ShutdownSignal { signal: WakeTracked::new(signal), received_at: None, notice: None }
    }

    /// Forwards the signal to invocations, so that they can respond before the guard stops them.
    pub(crate) fn notify(&mut self, notice: &Arc<ShutdownNotice>) {
        self.notice = Some(Arc::clone(notice));
    }

    /// Returns the time at which the signal was received.
    pub(crate) fn poll(&mut self, cx: &mut task::Context<'_>) -> Option<Instant> {
        if self.received_at.is_none() && self.signal.poll(cx).is_ready() {
            let now = Instant::now();
            self.received_at = Some(now);
            if let Some(notice) = &self.notice {
                notice.receive(now);
            }
        }
        self.received_at
    }

    /// Installs the signal handler without waiting for the signal.
    pub(crate) async fn watch(&mut self) {
        poll_fn(|cx| Poll::Ready(self.poll(cx))).await;
    }

    /// Waits for `future` or for the signal, in which case it returns `None`. After the signal, `future` is not polled
    /// at all.
    pub(crate) async fn or<T>(&mut self, mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        if self.received_at.is_some() {
            return None;
        }
        // The future is polled first, so that a ready event is not lost, and the signal handler is not installed before
        // the loop waits for the first time.
        poll_fn(|cx| match (future.as_mut().poll(cx), self.received_at) {
            (_, Some(_)) => Poll::Ready(None),
            (Poll::Ready(value), None) => Poll::Ready(Some(value)),
            (Poll::Pending, None) => self.poll(cx).map_or(Poll::Pending, |_| Poll::Ready(None)),
        })
        .await
    }
}

/// The reason why a future was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Interrupted {
    #[error("deadline reached")]
    Deadline,
    #[error("shutting down")]
    Shutdown,
}

impl Interrupted {
    /// Creates a `Function.Timeout`: the function was still running when it had to be stopped.
    pub(crate) fn report(self, deadline: Option<Deadline>) -> ErrorReport {
        let message = match (self, deadline) {
            (Interrupted::Deadline, Some(deadline)) => {
                let left = deadline.remaining().as_millis() as u64;
                format!("function stopped: still running {left} ms before its deadline")
            }
            _ => format!("function stopped: {self}"),
        };
        ErrorReport::with_message("Function.Timeout", message)
    }
}

/// Waits for `future` until `due`, or until [`GRACE`] after the shutdown signal. `due` is called at most once: most
/// futures are ready when they are first polled, and need neither the clock nor a timer.
pub(crate) async fn with_deadline_or_shutdown<T>(
    mut future: Pin<&mut impl Future<Output = T>>,
    due: impl Fn() -> Option<Instant>,
    shutdown: &mut ShutdownSignal<'_>,
) -> Result<T, Interrupted> {
    let mut timer = DeadlineTimer::default();
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Ok(value)),
        Poll::Pending => timer.poll(cx, &due, Some(shutdown)).map(Err),
    })
    .await
}

/// The timer of a guarded future. Not generic, so that a binary contains it once.
#[derive(Default)]
pub(crate) struct DeadlineTimer {
    /// The time at which the timer elapses, if it was computed.
    due: Option<Option<Instant>>,
    sleep: Option<Pin<Box<Sleep>>>,
    is_shutdown: bool,
}

impl DeadlineTimer {
    pub(crate) fn at(due: Instant) -> DeadlineTimer {
        DeadlineTimer { due: Some(Some(due)), ..DeadlineTimer::default() }
    }

    /// Polls a timer that was created by [`DeadlineTimer::at`].
    pub(crate) fn poll_elapsed(&mut self, cx: &mut task::Context<'_>) -> Poll<()> {
        self.poll(cx, &|| None, None).map(drop)
    }

    /// Polls the timer and the shutdown signal.
    #[inline(never)]
    fn poll(
        &mut self,
        cx: &mut task::Context<'_>,
        due: &dyn Fn() -> Option<Instant>,
        shutdown: Option<&mut ShutdownSignal<'_>>,
    ) -> Poll<Interrupted> {
        let due = self.due.get_or_insert_with(due);
        if let Some(grace_over) = shutdown.and_then(|shutdown| shutdown.poll(cx)).map(|received_at| received_at + GRACE)
            && due.is_none_or(|due| grace_over < due)
        {
            (*due, self.is_shutdown) = (Some(grace_over), true);
            self.sleep = None;
        }
        let Some(due) = *due else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        sleep.as_mut().poll(cx).map(|()| if self.is_shutdown { Interrupted::Shutdown } else { Interrupted::Deadline })
    }
}
