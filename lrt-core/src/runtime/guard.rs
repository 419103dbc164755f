//! Guards calls of the function: catches panics, and stops calls at the deadline and at shutdown.

use super::panics;
use super::wake_tracker::WakeTracked;
use crate::error::{BoxError, ErrorReport, RenderedError};
use crate::invocation::{Context, CurrentContext, DeadlineMargin, FunctionInstance, Invocation};
use crate::reply::Reply;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tower_service::Service;

/// Time for which an invocation may continue after the shutdown signal: half of the 500 ms that Lambda gives to an
/// execution environment with only internal extensions. The other half is for the function's shutdown work.
///
/// See [shutdown phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown).
pub(super) const GRACE: Duration = Duration::from_millis(250);

/// The shutdown signal, and the time at which it was received.
pub(crate) struct ShutdownSignal<'a> {
    signal: WakeTracked<Pin<&'a mut dyn Future<Output = ()>>>,
    received_at: Option<Instant>,
    /// The instance whose invocations are notified of the signal.
    instance: Option<Arc<FunctionInstance>>,
}

impl<'a> ShutdownSignal<'a> {
    pub(crate) fn new(signal: Pin<&'a mut dyn Future<Output = ()>>) -> ShutdownSignal<'a> {
        ShutdownSignal { signal: WakeTracked::new(signal), received_at: None, instance: None }
    }

    /// Forwards the signal to the invocations of `instance`, so that they can respond before the guard stops them.
    pub(super) fn notify(&mut self, instance: &Arc<FunctionInstance>) {
        self.instance = Some(Arc::clone(instance));
    }

    /// Returns the time at which the signal was received.
    pub(super) fn poll(&mut self, cx: &mut task::Context<'_>) -> Option<Instant> {
        if self.received_at.is_none() && self.signal.poll(cx).is_ready() {
            let now = Instant::now();
            self.received_at = Some(now);
            if let Some(instance) = &self.instance {
                instance.shut_down(now);
            }
        }
        self.received_at
    }

    /// Installs the signal handler without waiting for the signal.
    pub(super) async fn watch(&mut self) {
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
pub(super) struct DeadlineTimer {
    /// The time at which the timer elapses, if it was computed.
    due: Option<Option<Instant>>,
    sleep: Option<Pin<Box<Sleep>>>,
    is_shutdown: bool,
}

impl DeadlineTimer {
    pub(super) fn at(due: Instant) -> DeadlineTimer {
        DeadlineTimer { due: Some(Some(due)), ..DeadlineTimer::default() }
    }

    /// Polls a timer that was created by [`DeadlineTimer::at`].
    pub(super) fn poll_elapsed(&mut self, cx: &mut task::Context<'_>) -> Poll<()> {
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

/// Calls the service with its layers. A panic becomes `Function.Panic`. At the margin before the deadline the call is
/// dropped, and the reply is `Function.Timeout`.
///
/// A call is stopped where it awaits. A function that blocks the thread cannot be stopped: such work belongs on
/// `tokio::task::spawn_blocking`.
pub(crate) async fn call<S>(
    service: &mut S,
    invocation: Invocation,
    context: &Context,
    margin: DeadlineMargin,
    shutdown: &mut ShutdownSignal<'_>,
) -> Result<Reply, RenderedError>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
{
    let call = async {
        let call = pin!(async {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(invocation).await
        });
        match with_deadline_or_shutdown(call, || margin.cutoff(context.due()), shutdown).await {
            Ok(answer) => answer.map_err(ErrorReport::from_box),
            Err(interrupted) => Err(ErrorReport::timeout(interrupted, context.due())),
        }
    };
    catch_unwind(Some(context), pin!(call)).await.and_then(Reply::within_limit).map_err(render)
}

/// Runs other code of the function: its init and its shutdown.
pub(crate) async fn run<T>(future: impl Future<Output = Result<T, ErrorReport>>) -> Result<T, RenderedError> {
    catch_unwind(None, pin!(future)).await.map_err(render)
}

/// Converts a panic to a report, in a poll and in the destructors that run when the future is done or dropped. Once it
/// is ready, it no longer holds any value of the function.
///
/// Within the future, `context` is the [current](Context::current) context.
async fn catch_unwind<T>(
    context: Option<&Context>,
    mut future: Pin<&mut impl Future<Output = Result<T, ErrorReport>>>,
) -> Result<T, ErrorReport> {
    let mut current = CurrentContext::new(context);
    poll_fn(|cx| {
        let _entered = current.enter();
        match panics::catch_panic(|| future.as_mut().poll(cx)) {
            Ok(poll) => poll,
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

/// Renders a report. Formatting and dropping the error runs the function's code, which may panic.
pub(super) fn render(report: ErrorReport) -> RenderedError {
    panics::catch_panic(move || report.render()).unwrap_or_else(|panic| panic.render())
}
