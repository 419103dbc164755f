//! Handles one event without a Runtime API, for tests.

use super::guard;
use crate::error::{BoxError, RenderedError};
use crate::interrupt::{DeadlineMargin, ShutdownSignal};
use crate::invocation::Invocation;
use crate::metrics::{Automatic, Recording};
use crate::reply::{Content, Reply};
use crate::{log, panics, stream};
use bytes::Bytes;
use std::pin::pin;
use tower_service::Service;

/// Handles one event as in Lambda: with the same guard around the service, the same log line for an error, and the
/// [`wait_until`](crate::Context::wait_until) work run to completion.
///
/// The chunks of a streamed reply are passed to `sent` as they are produced. The returned reply is empty in that case.
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
/// Returns the error that the Runtime API would receive: the function's own, `Function.Panic`, `Function.Timeout`, or
/// that of a reply above Lambda's limit. For a stream, this can also be the error that it ended with.
pub async fn invoke<S>(
    service: &mut S,
    invocation: Invocation,
    margin: DeadlineMargin,
    sent: &mut dyn FnMut(Bytes),
) -> Result<Reply, RenderedError>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
{
    panics::record_locations();
    let context = invocation.context().clone();
    let mut never = pin!(std::future::pending());
    let mut shutdown = ShutdownSignal::new(never.as_mut());
    let recording = Recording::begin(context.metrics());
    let span = log::Span::invocation(context.ids());
    let mut reply = span.around(pin!(guard::call(service, invocation, &context, margin, &mut shutdown))).await;
    if let Ok(Reply(Content::Stream(stream))) = &reply {
        let stream = stream.take();
        let collected = span.around(pin!(stream::collect(stream, &context, margin, &mut shutdown, sent))).await;
        reply = collected.map(|()| Reply::from_bytes(""));
    }
    if let Err(failure) = &reply {
        context.metrics().record(Automatic::Errors, 1);
        if !failure.logged {
            let id = context.request_id();
            span.enter(|| log::error_report(log::Level::Error, id, format_args!("{}", failure.text), failure));
        }
    }
    recording.end(context.metrics(), &span, context.request_id(), context.cold_start());
    span.end();
    if let Some(run) = context.background().waiting() {
        let span = log::Span::wait_until(context.ids());
        span.around(run(&context, margin, &mut shutdown).as_mut()).await;
        span.enter(|| context.metrics().write_rest(context.request_id()));
    }
    reply
}
