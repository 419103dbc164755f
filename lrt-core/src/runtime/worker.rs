//! The loop: next event → function → answer → `wait_until` work → next event.

use super::environment::FunctionInfo;
use super::guard::{self, Stop};
use crate::error::{BoxError, Report};
use crate::invocation::{Context, Invocation, Margin};
use crate::log;
use crate::reply::Reply;
use crate::runtime_api::{Client, Fatal, Posted, To};
use std::sync::Arc;
use tower_service::Service;

/// Handles events until the process is told to end (`Ok`) or cannot go on.
pub(crate) async fn work<S>(
    client: &mut Client,
    service: &mut S,
    function: &Arc<FunctionInfo>,
    margin: Margin,
    stop: &mut Stop<'_>,
) -> Result<(), Fatal>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
{
    let mut cold_start = true;
    while let Some(event) = stop.or(client.next()).await {
        let event = event?;
        let context = Context::new(&event.headers(), Arc::clone(function), cold_start);
        cold_start = false;
        let due = margin.guard(context.due());
        let invocation = Invocation::with_room(event.payload(), context.clone(), client.room());
        let to = To { request_id: context.request_id(), invocation_id: event.invocation_id() };
        let (what, posted) = match guard::call(service, invocation, due, stop).await {
            Ok(reply) => ("reply", client.reply(to, reply).await?),
            Err(failure) => {
                log::error(to.request_id, format_args!("{}", failure.line));
                ("error", client.error(to, &failure).await?)
            }
        };
        if !matches!(posted, Posted::Accepted) {
            note(client, to, what, posted).await?;
        }
        context.background().run(to.request_id, due, stop).await;
    }
    Ok(())
}

/// Says what became of an answer.
async fn note(client: &mut Client, to: To<'_>, what: &str, posted: Posted) -> Result<(), Fatal> {
    let id = to.request_id;
    match posted {
        Posted::Accepted => {}
        Posted::Late => log::warn(id, format_args!("the {what} came too late: the invocation had timed out (410)")),
        Posted::Refused { status, body } => {
            log::error(id, format_args!("the Runtime API refused the {what}: status {status}: {body}"));
        }
        Posted::Lost(error) => {
            log::error(id, format_args!("the Runtime API gave no answer to the {what}, sent twice: {error}"));
        }
        Posted::TooLarge { size } => {
            let failure = Report::refused_size(size).render();
            log::error(id, format_args!("{}", failure.line));
            // The service may have ended the invocation itself; where it has not, it would hand the event out again.
            client.error(to, &failure).await?;
        }
    }
    Ok(())
}
