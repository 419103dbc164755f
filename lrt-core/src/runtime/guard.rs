//! Guards calls of the function: catches panics, and stops calls at the deadline and at shutdown.

use crate::error::{BoxError, ErrorReport, RenderedError};
use crate::interrupt::{DeadlineMargin, ShutdownSignal, with_deadline_or_shutdown};
use crate::invocation::{Context, CurrentContext, Invocation};
use crate::panics;
use crate::reply::Reply;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use tower_service::Service;

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
            Err(interrupted) => Err(context.stopped(interrupted)),
        }
    };
    catch_unwind(Some(context), pin!(call)).await.and_then(Reply::within_limit).map_err(panics::render)
}

/// Runs other code of the function: its init and its shutdown.
pub(crate) async fn run<T>(future: impl Future<Output = Result<T, ErrorReport>>) -> Result<T, RenderedError> {
    catch_unwind(None, pin!(future)).await.map_err(panics::render)
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
