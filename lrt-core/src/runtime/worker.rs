//! The loop: next event → function → reply → `wait_until` work → next event.

use super::guard;
use super::trace_env::TraceEnv;
use super::workers::{InFlight, WorkerShared};
use crate::error::{BoxError, ErrorReport, RenderedError};
use crate::interrupt::{DeadlineMargin, ShutdownSignal};
use crate::invocation::{Context, FunctionInstance, Invocation};
use crate::log;
use crate::metrics::Recording;
use crate::reply::{Content, Reply};
use crate::runtime_api::{Client, Fatal, PostOutcome};
use crate::stream::AnyStream;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tower_service::Service;

/// Handles events until shutdown (`Ok`) or a fatal error. `in_flight` receives the invocation that is being handled.
pub(super) async fn run<S>(
    shared: &WorkerShared,
    client: &mut Client,
    service: &mut S,
    mut trace_env: TraceEnv,
    in_flight: Option<&InFlight>,
    shutdown: &mut ShutdownSignal<'_>,
) -> Result<(), Fatal>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
{
    let WorkerShared { environment, margin, cold_start, .. } = shared;
    let margin = *margin;
    // Each worker has its own, so that it runs the background work of its own invocations.
    let instance = FunctionInstance::shared(Arc::clone(&environment.function)).with_metrics(&shared.metrics);
    let instance = Arc::new(instance);
    shutdown.notify(instance.shutdown());
    loop {
        let next = {
            let next = pin!(client.next());
            shutdown.or(next).await
        };
        match next {
            Some(next) => next?,
            // An event that is arriving is handled as well.
            None if Box::pin(client.finish_next(shutdown)).await? => {}
            None => return Ok(()),
        }
        let is_first = cold_start.load(Ordering::Relaxed) && cold_start.swap(false, Ordering::Relaxed);
        let context = Context::new(&client.headers(), Arc::clone(&instance), is_first);
        trace_env.set(context.trace_id());
        if let Some(in_flight) = in_flight {
            in_flight.begin(&context);
        }
        let recording = Recording::begin(context.metrics());
        let (payload, buffer) = client.take();
        let invocation = Invocation::with_reply_buffer(payload, context.clone(), buffer);
        let span = log::Span::invocation(context.ids());
        let slow_path = match span.around(pin!(guard::call(service, invocation, &context, margin, shutdown))).await {
            Ok(Reply(Content::Buffered(buffer))) => match client.reply(&context, buffer).await? {
                PostOutcome::Accepted => None,
                posted => Some(SlowPath::Posted(posted)),
            },
            Ok(Reply(Content::Stream(stream))) => Some(SlowPath::Stream(stream)),
            Err(failure) => Some(SlowPath::Failed(failure)),
        };
        if let Some(slow_path) = slow_path {
            span.around(Box::pin(finish(slow_path, client, &context, margin, shutdown)).as_mut()).await?;
        }
        if let Some(in_flight) = in_flight {
            in_flight.end();
        }
        recording.end(context.metrics(), &span, context.request_id(), context.cold_start());
        // The span ends before the background work, which may export it.
        span.end();
        if let Some(run) = context.background().waiting() {
            let span = log::Span::wait_until(context.ids());
            span.around(run(&context, margin, shutdown).as_mut()).await;
            span.enter(|| context.metrics().write_rest(context.request_id()));
        }
    }
}

/// Outcomes other than an accepted reply.
enum SlowPath {
    Failed(RenderedError),
    Stream(Box<dyn AnyStream>),
    /// A reply that was posted, but not accepted.
    Posted(PostOutcome),
}

/// Posts a reply or error that was not posted yet, and logs the outcome.
async fn finish(
    slow_path: SlowPath,
    client: &mut Client,
    context: &Context,
    margin: DeadlineMargin,
    shutdown: &mut ShutdownSignal<'_>,
) -> Result<(), Fatal> {
    match slow_path {
        SlowPath::Failed(failure) => client.fail(context, &failure).await,
        SlowPath::Stream(stream) => stream.send(client, context, margin, shutdown).await,
        // The service may or may not have ended the invocation. If it has not, it would deliver the event again.
        SlowPath::Posted(PostOutcome::TooLarge { size }) => {
            client.fail(context, &ErrorReport::rejected_size(size).render()).await
        }
        SlowPath::Posted(posted) => {
            posted.log(context.request_id(), "reply");
            Ok(())
        }
    }
}
