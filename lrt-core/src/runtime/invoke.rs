//! What the loop does with one event, for those who have no Runtime API: tests.

use super::guard::{self, Stop};
use super::{panics, stream};
use crate::error::{BoxError, RenderedError};
use crate::invocation::{DeadlineMargin, Invocation};
use crate::log;
use crate::reply::{Content, Reply};
use bytes::Bytes;
use std::pin::pin;
use tower_service::Service;

/// Has one event handled as in Lambda: the same guard around the service, the same line in the log for a failure, and
/// the [`wait_until`](crate::Context::wait_until) work run to its end.
///
/// The chunks of a reply that is streamed are handed to `sent` as they are made; the reply is empty then.
///
/// ```
/// use lrt_core::{BoxError, Context, EventHeaders, Invocation, DeadlineMargin, Reply, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut service = service_fn(|invocation: Invocation| async move {
///     match invocation.payload() {
///         b"1" => Ok(Reply::from_bytes("2")),
///         _ => Err(BoxError::from("not 1")),
///     }
/// });
/// let context = Context::new(&EventHeaders::default(), Default::default(), true);
/// let reply = lrt_core::invoke(&mut service, Invocation::new("1", context.clone()), DeadlineMargin::Default, &mut |_| {}).await;
/// assert_eq!(reply.unwrap().body(), b"2");
/// let failure = lrt_core::invoke(&mut service, Invocation::new("3", context), DeadlineMargin::Default, &mut |_| {}).await;
/// assert_eq!(failure.unwrap_err().text(), "Error: not 1");
/// # }
/// ```
///
/// # Errors
///
/// What the Runtime API would be told: the function's own error, `Function.Panic`, `Function.Timeout`, a reply that is
/// over Lambda's limit. Of a stream, also what it ended in after the chunks that were handed out.
pub async fn invoke<S>(
    service: &mut S,
    invocation: Invocation,
    margin: DeadlineMargin,
    sent: &mut dyn FnMut(Bytes),
) -> Result<Reply, RenderedError>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
{
    panics::note_locations();
    let context = invocation.context().clone();
    let mut never = pin!(std::future::pending());
    let mut stop = Stop::new(never.as_mut());
    let span = log::Span::invocation(&context);
    let mut answer = span.around(pin!(guard::call(service, invocation, &context, margin, &mut stop))).await;
    if let Ok(Reply(Content::Stream(stream))) = &answer {
        let stream = stream.take();
        let collected = span.around(pin!(stream::collect(stream, &context, margin, &mut stop, sent))).await;
        answer = collected.map(|()| Reply::from_bytes(""));
    }
    if let Err(failure) = &answer
        && !failure.logged
    {
        let id = context.request_id();
        span.enter(|| log::error_report(log::Level::Error, id, format_args!("{}", failure.text), failure));
    }
    span.end();
    if let Some(run) = context.background().waiting() {
        let span = log::Span::wait_until(&context);
        span.around(run(&context, margin, &mut stop).as_mut()).await;
    }
    answer
}
