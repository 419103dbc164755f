//! The loop: next event → function → answer → `wait_until` work → next event.

use super::guard::{self, Stop};
use super::trace_env::TraceEnv;
use crate::error::{BoxError, ErrorReport, RenderedError};
use crate::invocation::{Context, DeadlineMargin, FunctionInstance, Invocation};
use crate::log;
use crate::reply::{Content, Reply};
use crate::runtime_api::{Client, Fatal, Posted};
use crate::stream::AnyStream;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tower_service::Service;

/// Handles events until the process is told to end (`Ok`) or cannot go on. `cold_start` is whether none came to this
/// process yet, to whichever of its workers.
pub(crate) async fn work<S>(
    client: &mut Client,
    service: &mut S,
    instance: &Arc<FunctionInstance>,
    margin: DeadlineMargin,
    cold_start: &AtomicBool,
    mut trace_env: TraceEnv,
    stop: &mut Stop<'_>,
) -> Result<(), Fatal>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
{
    stop.inform(instance);
    loop {
        {
            let next = pin!(client.next());
            match stop.or(next).await {
                Some(next) => next?,
                None => return Ok(()),
            }
        }
        let is_first = cold_start.load(Ordering::Relaxed) && cold_start.swap(false, Ordering::Relaxed);
        let context = Context::new(&client.headers(), Arc::clone(instance), is_first);
        trace_env.set(context.trace_id());
        let (payload, room) = client.take();
        let invocation = Invocation::with_reply_buffer(payload, context.clone(), room);
        let span = log::Span::invocation(&context);
        let rare = match span.around(pin!(guard::call(service, invocation, &context, margin, stop))).await {
            Ok(Reply(Content::Whole(room))) => match client.reply(&context, room).await? {
                Posted::Accepted => None,
                posted => Some(Rare::Posted(posted)),
            },
            Ok(Reply(Content::Stream(stream))) => Some(Rare::Stream(stream)),
            Err(failure) => Some(Rare::Failed(failure)),
        };
        if let Some(rare) = rare {
            span.around(Box::pin(answer(rare, client, &context, margin, stop)).as_mut()).await?;
        }
        // It ends before the work after the reply, which may be to send it somewhere.
        span.end();
        if let Some(run) = context.background().waiting() {
            let span = log::Span::wait_until(&context);
            span.around(run(&context, margin, stop).as_mut()).await;
        }
    }
}

/// What is not just a reply that is accepted.
pub(super) enum Rare {
    Failed(RenderedError),
    Stream(Box<dyn AnyStream>),
    /// A reply was posted, and this is what the service said to it.
    Posted(Posted),
}

/// Posts it, if that is still to be done, and says what became of it.
pub(super) async fn answer(
    mut rare: Rare,
    client: &mut Client,
    context: &Context,
    margin: DeadlineMargin,
    stop: &mut Stop<'_>,
) -> Result<(), Fatal> {
    let id = context.request_id();
    loop {
        let (what, posted) = match rare {
            Rare::Failed(failure) => {
                if !failure.logged {
                    log::error_report(log::Level::Error, id, format_args!("{}", failure.text), &failure);
                }
                ("error", client.error(Some(context), &failure).await?)
            }
            Rare::Stream(stream) => return stream.send(client, context, margin, stop).await,
            Rare::Posted(posted) => ("reply", posted),
        };
        match posted {
            // The service may have ended the invocation itself; where it has not, it would hand the event out again.
            Posted::TooLarge { size } if what == "reply" => {
                rare = Rare::Failed(ErrorReport::refused_size(size).render());
            }
            posted => {
                posted.log(id, what);
                return Ok(());
            }
        }
    }
}
