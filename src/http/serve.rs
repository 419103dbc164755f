//! Event → request → layers and function → response → reply.

use super::{Request, Response};
use bytes::Bytes;
use http::StatusCode;
use http::response::Parts;
use lrt_core::{BoxError, Context, Invocation, Margin, Reply, Report, Room, log};
use lrt_http::{Accepts, Answer, Problem, Refused};
use std::future::poll_fn;
use std::sync::Arc;
use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;
use tower_service::Service;

/// The most bytes of a body that are collected: twice what the largest answer takes, so that an answer that is too large is
/// told with its size, and a body without an end comes to one.
const MAX_BODY_BYTES: usize = 2 * lrt_core::MAX_REPLY_BYTES;

/// What is asked of each event.
pub(super) struct Rules {
    pub(super) accepts: Accepts,
    pub(super) base_path: Option<String>,
    /// When it is answered for a function that is still running.
    pub(super) margin: Margin,
}

pub(super) async fn serve<H>(mut http: H, rules: Arc<Rules>, invocation: Invocation) -> Result<Reply, BoxError>
where
    H: Service<Request, Response = Response, Error = BoxError, Future: Send>,
{
    let (request, pending) = match begin(&rules, invocation) {
        Ok(begun) => begun,
        Err(refused) => return *refused,
    };
    let answered = lrt_core::http::within(pending.context.clone(), async {
        poll_fn(|cx| http.poll_ready(cx)).await?;
        whole(http.call(request).await?).await
    });
    let outcome = lrt_core::guarded(answered, &pending.context, rules.margin).await;
    pending.end(outcome)
}

/// What is kept of an event until there is its response.
struct Pending {
    context: Context,
    answer: Answer,
    room: Room,
}

/// A response whose body is there.
type Whole = (Parts, Bytes);

/// The request of an event, or what the event is answered with at once.
///
/// This and [`Pending::end`] are apart from `serve`, so that they are in a binary once and not for each way to be polled.
#[inline(never)]
fn begin(rules: &Rules, invocation: Invocation) -> Result<(Request, Pending), Box<Result<Reply, BoxError>>> {
    let context = invocation.context().clone();
    let (payload, room) = invocation.into_parts();
    match lrt_http::read(&payload, rules.accepts, rules.base_path.as_deref()) {
        Ok((mut request, answer)) => {
            lrt_http::lift_limit(&mut request);
            request.extensions_mut().insert(context.clone());
            Ok((request, Pending { context, answer, room }))
        }
        Err(refused) => Err(Box::new(refusal(refused, &context, room))),
    }
}

#[cold]
fn refusal(refused: Refused, context: &Context, room: Room) -> Result<Reply, BoxError> {
    match refused {
        Refused::Event(report) => Err(report.into()),
        Refused::Request { answer, field, reason } => {
            log::warn(context.request_id(), format_args!("the event is no request: {field}: {reason}"));
            let (parts, body) = Problem::new(StatusCode::BAD_REQUEST).detail(reason).field(field).answer().into_parts();
            Ok(answer.write(parts, &body, room)?)
        }
    }
}

impl Pending {
    /// The reply, whatever became of the request.
    #[inline(never)]
    fn end(self, outcome: Result<Result<Whole, BoxError>, Report>) -> Result<Reply, BoxError> {
        let (parts, body) = match outcome {
            Ok(Ok(whole)) => whole,
            Ok(Err(error)) => failed(error, &self.context),
            Err(cut) => problem(StatusCode::GATEWAY_TIMEOUT, &cut, &self.context),
        };
        Ok(self.answer.write(parts, &body, self.room)?)
    }
}

/// What a layer's error, or one of a body, is answered with. The function's own are responses already.
fn failed(error: BoxError, context: &Context) -> Whole {
    let status = if error.is::<Elapsed>() {
        StatusCode::GATEWAY_TIMEOUT
    } else if error.is::<Overloaded>() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    problem(status, &Report::from_box(error), context)
}

/// What the client is told is the request's id; the log tells the rest.
#[cold]
#[inline(never)]
fn problem(status: StatusCode, why: &Report, context: &Context) -> Whole {
    log::error(context.request_id(), format_args!("{}", why.line()));
    Problem::new(status).request_id(context.request_id()).answer().into_parts()
}

/// The response with its whole body. Trailers are left out: no origin carries them.
async fn whole(response: Response) -> Result<Whole, BoxError> {
    let (parts, body) = response.into_parts();
    Ok((parts, lrt_http::collect(body, MAX_BODY_BYTES).await?))
}
