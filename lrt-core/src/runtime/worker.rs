//! The loop: next event → function → answer → `wait_until` work → next event.

use super::guard::{self, Stop};
use crate::error::{BoxError, Report};
use crate::invocation::{Context, Instance, Invocation, Margin};
use crate::log;
use crate::reply::{Content, Reply};
use crate::runtime_api::{Client, Fatal, Posted};
use std::pin::pin;
use std::sync::Arc;
use tower_service::Service;

/// Handles events until the process is told to end (`Ok`) or cannot go on.
pub(crate) async fn work<S>(
    client: &mut Client,
    service: &mut S,
    instance: &Arc<Instance>,
    margin: Margin,
    stop: &mut Stop<'_>,
) -> Result<(), Fatal>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
{
    let mut cold_start = true;
    loop {
        {
            let next = pin!(client.next());
            match stop.or(next).await {
                Some(next) => next?,
                None => return Ok(()),
            }
        }
        let context = Context::new(&client.headers(), Arc::clone(instance), cold_start);
        cold_start = false;
        let (payload, room) = client.take();
        let invocation = Invocation::with_room(payload, context.clone(), room);
        let (what, posted) = match guard::call(service, invocation, &context, margin, stop).await {
            Ok(Reply(Content::Whole(room))) => ("reply", client.reply(&context, room).await?),
            Ok(Reply(Content::Stream(stream))) => stream.send(client, &context, margin, stop).await?,
            Err(failure) => {
                log::error(context.request_id(), format_args!("{}", failure.line));
                ("error", Box::pin(client.error(&context, &failure)).await?)
            }
        };
        if !matches!(posted, Posted::Accepted) {
            Box::pin(note(client, &context, what, posted)).await?;
        }
        if context.background().has_work() {
            Box::pin(context.background().run(&context, margin, stop)).await;
        }
    }
}

/// Says what became of an answer.
async fn note(client: &mut Client, context: &Context, what: &str, posted: Posted) -> Result<(), Fatal> {
    let id = context.request_id();
    if let Posted::TooLarge { size } = posted {
        let failure = Report::refused_size(size).render();
        log::error(id, format_args!("{}", failure.line));
        // The service may have ended the invocation itself; where it has not, it would hand the event out again.
        client.error(context, &failure).await?;
    } else {
        posted.log(id, what);
    }
    Ok(())
}
