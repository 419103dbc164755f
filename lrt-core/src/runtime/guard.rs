//! One call of the function: its panics, its time, and the end of the process.

use super::panics;
use super::wake_tracker::Quiet;
use crate::error::{BoxError, ErrorReport, RenderedError};
use crate::invocation::{Context, DeadlineMargin, FunctionInstance, Invocation, Own};
use crate::reply::Reply;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tower_service::Service;

/// How long an invocation may go on once the process has to end: half of the 500 ms that Lambda leaves a sandbox whose
/// only extension is an internal one. The other half is for the function's own shutdown.
///
/// See [shutdown phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown).
pub(super) const GRACE: Duration = Duration::from_millis(250);

/// The signal to end the process, and when it came.
pub(crate) struct Stop<'a> {
    signal: Quiet<Pin<&'a mut dyn Future<Output = ()>>>,
    came: Option<Instant>,
    /// The instance whose invocations learn of the signal.
    instance: Option<Arc<FunctionInstance>>,
}

impl<'a> Stop<'a> {
    pub(crate) fn new(signal: Pin<&'a mut dyn Future<Output = ()>>) -> Stop<'a> {
        Stop { signal: Quiet::new(signal), came: None, instance: None }
    }

    /// Forwards the signal to the invocations of `instance`, so that they can respond before the guard ends them.
    pub(super) fn inform(&mut self, instance: &Arc<FunctionInstance>) {
        self.instance = Some(Arc::clone(instance));
    }

    /// When the signal came, if it has.
    pub(super) fn poll(&mut self, cx: &mut task::Context<'_>) -> Option<Instant> {
        if self.came.is_none() && self.signal.poll(cx).is_ready() {
            let now = Instant::now();
            self.came = Some(now);
            if let Some(instance) = &self.instance {
                instance.shut_down(now);
            }
        }
        self.came
    }

    /// Has the signal handled from here on, and does not wait for it.
    pub(super) async fn watch(&mut self) {
        poll_fn(|cx| Poll::Ready(self.poll(cx))).await;
    }

    /// Waits for `future`, or for the signal: then `None`. After the signal, it is not begun.
    pub(crate) async fn or<T>(&mut self, mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        if self.came.is_some() {
            return None;
        }
        // The future comes first, so that nothing that is ready is lost, and the handler of the signal is installed
        // only once there is time for it.
        poll_fn(|cx| match (future.as_mut().poll(cx), self.came) {
            (_, Some(_)) => Poll::Ready(None),
            (Poll::Ready(value), None) => Poll::Ready(Some(value)),
            (Poll::Pending, None) => self.poll(cx).map_or(Poll::Pending, |_| Poll::Ready(None)),
        })
        .await
    }
}

/// Why something was not waited for any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cut {
    #[error("the invocation's time is over")]
    Deadline,
    #[error("the process has to end")]
    Stop,
}

/// Waits for `future` until `due`, or until [`GRACE`] after the process was told to end. `due` is asked once, if at
/// all: most futures are ready at their first poll, and need neither a clock nor a timer.
pub(crate) async fn in_time<T>(
    mut future: Pin<&mut impl Future<Output = T>>,
    due: impl Fn() -> Option<Instant>,
    stop: &mut Stop<'_>,
) -> Result<T, Cut> {
    let mut alarm = Alarm::default();
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Ok(value)),
        Poll::Pending => alarm.poll(cx, &due, Some(stop)).map(Err),
    })
    .await
}

/// The timer beside a future. It is apart, so that a binary has it once and not beside each future.
#[derive(Default)]
pub(super) struct Alarm {
    /// When it rings, as far as that was asked.
    due: Option<Option<Instant>>,
    sleep: Option<Pin<Box<Sleep>>>,
    is_stop: bool,
}

impl Alarm {
    pub(super) fn at(due: Instant) -> Alarm {
        Alarm { due: Some(Some(due)), ..Alarm::default() }
    }

    /// Whether it rings, where it is for itself.
    pub(super) fn rings(&mut self, cx: &mut task::Context<'_>) -> Poll<()> {
        self.poll(cx, &|| None, None).map(drop)
    }

    /// Whether it rings, and why.
    #[inline(never)]
    fn poll(
        &mut self,
        cx: &mut task::Context<'_>,
        due: &dyn Fn() -> Option<Instant>,
        stop: Option<&mut Stop<'_>>,
    ) -> Poll<Cut> {
        let due = self.due.get_or_insert_with(due);
        if let Some(grace_over) = stop.and_then(|stop| stop.poll(cx)).map(|came| came + GRACE)
            && due.is_none_or(|due| grace_over < due)
        {
            (*due, self.is_stop) = (Some(grace_over), true);
            self.sleep = None;
        }
        let Some(due) = *due else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        sleep.as_mut().poll(cx).map(|()| if self.is_stop { Cut::Stop } else { Cut::Deadline })
    }
}

/// Calls the service, layers and all. A panic becomes `Function.Panic`; at the margin before the deadline the call is
/// dropped, and the answer is `Function.Timeout`.
///
/// The guard acts where the call waits. A function that blocks the thread cannot be interrupted: such work belongs
/// on `tokio::task::spawn_blocking`.
pub(crate) async fn call<S>(
    service: &mut S,
    invocation: Invocation,
    context: &Context,
    margin: DeadlineMargin,
    stop: &mut Stop<'_>,
) -> Result<Reply, RenderedError>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
{
    let call = async {
        let call = pin!(async {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(invocation).await
        });
        match in_time(call, || margin.cutoff(context.due()), stop).await {
            Ok(answer) => answer.map_err(ErrorReport::from_box),
            Err(cut) => Err(ErrorReport::timeout(cut, context.due())),
        }
    };
    caught(Some(context), pin!(call)).await.and_then(Reply::within_limit).map_err(rendered)
}

/// Runs what else is the function's own code: its init, its shutdown.
pub(crate) async fn run<T>(future: impl Future<Output = Result<T, ErrorReport>>) -> Result<T, RenderedError> {
    caught(None, pin!(future)).await.map_err(rendered)
}

/// Makes a report of a panic, in a poll as well as in the destructors that run when the future is done or cut: it must
/// hold on to nothing of the function's once it is ready.
///
/// In the future, the context is the [current](Context::current) one.
async fn caught<T>(
    context: Option<&Context>,
    mut future: Pin<&mut impl Future<Output = Result<T, ErrorReport>>>,
) -> Result<T, ErrorReport> {
    let mut own = Own::new(context);
    poll_fn(|cx| {
        let _entered = own.enter();
        match panics::catch_panic(|| future.as_mut().poll(cx)) {
            Ok(poll) => poll,
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

/// Writes a report down. That is the error's own code as well, and so is its end.
pub(super) fn rendered(report: ErrorReport) -> RenderedError {
    panics::catch_panic(move || report.render()).unwrap_or_else(|panic| panic.render())
}
