//! Event → request → layers and function → response → reply.

use super::{Request, Response};
use axum_core::response::IntoResponse;
use bytes::Bytes;
use http::StatusCode;
use http::response::Parts;
use lrt_core::{BoxError, Context, Invocation, Margin, Reply, Report, Room, log};
use lrt_http::{Accepts, Answer, Problem, Refused, Started};
use std::future::{Future, poll_fn};
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

/// How the responses of a function go out: [`Collected`] or [`Streaming`].
pub trait Mode: Send + Sync + 'static {
    /// Whether it is in parts.
    const STREAMING: bool;
    /// A response of whose body is known what has to be before it is answered.
    type Held: Send;

    /// What a function of this mode takes, of what it takes otherwise; `None` if there is nothing.
    fn accepts(accepts: Accepts) -> Option<Accepts>;

    /// Takes of a response's body what has to be known.
    ///
    /// # Errors
    ///
    /// That of the body.
    fn hold(response: Response) -> impl Future<Output = Result<Self::Held, BoxError>> + Send;

    /// The reply, whose stream is cut off at this margin.
    ///
    /// # Errors
    ///
    /// The origin does not take it.
    fn reply(answer: &Answer, held: Self::Held, room: Room, context: &Context, margin: Margin)
    -> Result<Reply, Report>;
}

/// Each response is answered when its whole body is there.
#[derive(Debug)]
pub struct Collected;

/// Each response is answered at once, and its body sent as it is made.
#[derive(Debug)]
pub struct Streaming;

impl Mode for Collected {
    const STREAMING: bool = false;
    type Held = (Parts, Bytes);

    fn accepts(accepts: Accepts) -> Option<Accepts> {
        Some(accepts)
    }

    /// The response with its whole body. Trailers are left out: no origin carries them.
    async fn hold(response: Response) -> Result<(Parts, Bytes), BoxError> {
        let (parts, body) = response.into_parts();
        Ok((parts, lrt_http::collect(body, MAX_BODY_BYTES).await?))
    }

    fn reply(
        answer: &Answer,
        (parts, body): (Parts, Bytes),
        room: Room,
        _: &Context,
        _: Margin,
    ) -> Result<Reply, Report> {
        answer.write(parts, &body, room)
    }
}

impl Mode for Streaming {
    const STREAMING: bool = true;
    type Held = Started;

    fn accepts(accepts: Accepts) -> Option<Accepts> {
        accepts.streaming()
    }

    async fn hold(response: Response) -> Result<Started, BoxError> {
        Started::of(response).await
    }

    fn reply(answer: &Answer, started: Started, _: Room, context: &Context, margin: Margin) -> Result<Reply, Report> {
        let streamed = answer.stream(started, margin).or_else(|report| {
            let problem = problem(StatusCode::INTERNAL_SERVER_ERROR, report, context);
            answer.stream(Started::from(problem), margin)
        });
        streamed.map(Reply::from)
    }
}

pub(super) async fn serve<M, H>(mut http: H, rules: &Rules, invocation: Invocation) -> Result<Reply, BoxError>
where
    M: Mode,
    H: Service<Request, Response = Response, Error = BoxError, Future: Send>,
{
    let context = invocation.context().clone();
    let (payload, room) = invocation.into_parts();
    let (mut request, answer) = match lrt_http::read(&payload, rules.accepts, rules.base_path.as_deref()) {
        Ok(read) => read,
        Err(Refused::Event(report)) => return Err(report.into()),
        Err(Refused::Request { answer, field, reason }) => {
            log::warn(context.request_id(), format_args!("the event is no request: {field}: {reason}"));
            let problem = Problem::new(StatusCode::BAD_REQUEST).detail(reason).field(field);
            let held = M::hold(problem.into_response()).await?;
            return Ok(M::reply(&answer, held, room, &context, rules.margin)?);
        }
    };
    lrt_http::lift_limit(&mut request);
    request.extensions_mut().insert(context.clone());
    let answered = lrt_core::http::within(context.clone(), async {
        poll_fn(|cx| http.poll_ready(cx)).await?;
        M::hold(http.call(request).await?).await
    });
    let held = match lrt_core::guarded(answered, &context, rules.margin).await {
        Ok(Ok(held)) => held,
        Ok(Err(error)) => M::hold(failed(error, &context)).await?,
        Err(cut) => M::hold(problem(StatusCode::GATEWAY_TIMEOUT, cut, &context)).await?,
    };
    Ok(M::reply(&answer, held, room, &context, rules.margin)?)
}

/// What a layer's error, or one of a body, is answered with. The function's own are responses already.
fn failed(error: BoxError, context: &Context) -> Response {
    let status = if error.is::<Elapsed>() {
        StatusCode::GATEWAY_TIMEOUT
    } else if error.is::<Overloaded>() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    problem(status, Report::from_box(error), context)
}

/// What the client is told is the request's id; the log tells the rest.
fn problem(status: StatusCode, why: Report, context: &Context) -> Response {
    log::error(context.request_id(), format_args!("{}", why.line()));
    Problem::new(status).request_id(context.request_id()).into_response()
}
