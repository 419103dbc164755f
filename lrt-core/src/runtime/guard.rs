//! One call of the function: its panics, its time, and the end of the process.

use super::panics;
use crate::error::{BoxError, Failure, Report};
use crate::invocation::Invocation;
use crate::reply::Reply;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tower_service::Service;

/// How long an invocation may go on once the process has to end: half of the 500 ms that Lambda leaves a sandbox whose
/// only extension is an internal one. The other half is for the function's own shutdown.
///
/// See [shutdown phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown).
const GRACE: Duration = Duration::from_millis(250);

/// The signal to end the process, and when it came.
pub(crate) struct Stop<'a> {
    signal: Pin<&'a mut dyn Future<Output = ()>>,
    came: Option<Instant>,
}

impl<'a> Stop<'a> {
    pub(crate) fn new(signal: Pin<&'a mut dyn Future<Output = ()>>) -> Stop<'a> {
        Stop { signal, came: None }
    }

    /// When the signal came, if it has.
    fn poll(&mut self, cx: &mut Context<'_>) -> Option<Instant> {
        if self.came.is_none() && self.signal.as_mut().poll(cx).is_ready() {
            self.came = Some(Instant::now());
        }
        self.came
    }

    /// Waits for `future`, or for the signal: then `None`.
    pub(crate) async fn or<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
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

/// Waits for `future` until `due`, or until [`GRACE`] after the process was told to end.
pub(crate) async fn in_time<T>(
    mut future: Pin<&mut impl Future<Output = T>>,
    mut due: Option<Instant>,
    stop: &mut Stop<'_>,
) -> Result<T, Cut> {
    let mut alarm = pin!(None::<Sleep>);
    let mut cut = Cut::Deadline;
    poll_fn(|cx| {
        if let Poll::Ready(value) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(value));
        }
        if let Some(grace_over) = stop.poll(cx).map(|came| came + GRACE)
            && due.is_none_or(|due| grace_over < due)
        {
            (due, cut) = (Some(grace_over), Cut::Stop);
            alarm.set(None);
        }
        let Some(due) = due else { return Poll::Pending };
        // Most futures are ready at their first poll and never need the timer.
        if alarm.is_none() {
            alarm.set(Some(tokio::time::sleep_until(due)));
        }
        match alarm.as_mut().as_pin_mut().map(|alarm| alarm.poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Err(cut)),
            _ => Poll::Pending,
        }
    })
    .await
}

/// Calls the service, layers and all. A panic becomes `Function.Panic`; when `due` comes, the call is dropped and the
/// answer is `Function.Timeout`.
///
/// The guard acts where the call waits. A function that blocks the thread cannot be interrupted: such work belongs
/// on `tokio::task::spawn_blocking`.
pub(crate) async fn call<S>(
    service: &mut S,
    invocation: Invocation,
    due: Option<Instant>,
    stop: &mut Stop<'_>,
) -> Result<Reply, Failure>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
{
    let deadline = invocation.context().due();
    let mut call = pin!(Some(async move {
        poll_fn(|cx| service.poll_ready(cx)).await?;
        service.call(invocation).await
    }));
    let caught = poll_fn(|cx| {
        let call = call.as_mut().as_pin_mut().expect("the call is dropped after its last poll");
        match panics::catch(|| call.poll(cx)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(answer)) => Poll::Ready(answer.map_err(Report::from_box)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    });
    let answer = match in_time(pin!(caught), due, stop).await {
        Ok(answer) => answer,
        Err(cut) => Err(Report::timeout(cut, deadline)),
    };
    // The function's destructors and its errors' `Display` are its own code too, and may panic as well.
    let dropped = panics::catch(|| call.set(None));
    answer.and_then(|reply| dropped.map(|()| reply)).and_then(Reply::within_limit).map_err(rendered)
}

/// Runs the boot; a panic in it becomes a report as well.
pub(crate) async fn boot<B>(boot: impl Future<Output = Result<B, Report>>) -> Result<B, Failure> {
    let mut boot = pin!(boot);
    poll_fn(|cx| match panics::catch(|| boot.as_mut().poll(cx)) {
        Ok(poll) => poll,
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
    .map_err(rendered)
}

pub(crate) fn rendered(report: Report) -> Failure {
    panics::catch(move || {
        let failure = report.render();
        drop(report);
        failure
    })
    .unwrap_or_else(|panic| panic.render())
}
