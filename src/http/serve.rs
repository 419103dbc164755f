//! Event → request → layers and function → response → reply.

use super::{Request, Response};
use crate::layer::told;
use bytes::Bytes;
use http::StatusCode;
use http::response::Parts;
use http_body::Body as _;
use lrt_core::{BoxError, Context, DeadlineMargin, ErrorReport, Invocation, Reply, ReplyBuffer, log};
use lrt_http::{AcceptedOrigins, EventError, Problem, ResponseFormat, StreamingResponse};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;
use tower_service::Service;

/// The most bytes that are collected of a body that does not say how many it has: twice what the largest answer takes, so
/// that an answer that is too large is told with its size, and a body without an end comes to one.
const MAX_BODY_BYTES: usize = 2 * lrt_core::MAX_REPLY_BYTES;

/// What is asked of each event.
pub(super) struct Rules {
    pub(super) accepts: AcceptedOrigins,
    pub(super) base_path: Option<String>,
    /// When it is answered for a function that is still running.
    pub(super) margin: DeadlineMargin,
}

/// How the responses of a function go out: [`Collected`] or [`Streaming`].
pub trait Mode: Send + Sync + 'static {
    /// Whether it is in parts.
    const STREAMING: bool;
    /// A response of whose body is known what has to be before it is answered.
    type Held: Send;

    /// What a function of this mode takes, of what it takes otherwise; `None` if there is nothing.
    fn accepts(accepts: AcceptedOrigins) -> Option<AcceptedOrigins>;

    /// Takes of a response's body what has to be known.
    ///
    /// # Errors
    ///
    /// That of the body.
    fn hold(answer: &ResponseFormat, response: Response) -> impl Future<Output = Result<Self::Held, BoxError>> + Send;

    /// The same of a response whose body is there.
    fn of(whole: Whole) -> Self::Held;

    /// The reply, whose stream is cut off at this margin.
    ///
    /// # Errors
    ///
    /// The origin does not take it.
    fn reply(
        answer: &ResponseFormat,
        held: Self::Held,
        buffer: ReplyBuffer,
        context: &Context,
        margin: DeadlineMargin,
    ) -> Result<Reply, ErrorReport>;
}

/// Each response is answered when its whole body is there.
#[derive(Debug)]
pub struct Collected;

/// Each response is answered at once, and its body sent as it is made.
#[derive(Debug)]
pub struct Streaming;

impl Mode for Collected {
    const STREAMING: bool = false;
    /// Or why the origin does not take it.
    type Held = Result<Whole, ErrorReport>;

    fn accepts(accepts: AcceptedOrigins) -> Option<AcceptedOrigins> {
        Some(accepts)
    }

    /// The response with its whole body. Trailers are left out: no origin carries them.
    async fn hold(answer: &ResponseFormat, response: Response) -> Result<Self::Held, BoxError> {
        let (parts, body) = response.into_parts();
        if !answer.has_body(parts.status) {
            return Ok(Ok((parts, Bytes::new())));
        }
        let size = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if let Err(too_large) = answer.check_size("body", size) {
            return Ok(Err(too_large));
        }
        let body = lrt_http::collect(body, MAX_BODY_BYTES).await.map_err(lrt_http::root_cause)?;
        Ok(Ok((parts, body)))
    }

    fn of(whole: Whole) -> Self::Held {
        Ok(whole)
    }

    fn reply(
        answer: &ResponseFormat,
        held: Self::Held,
        buffer: ReplyBuffer,
        _: &Context,
        _: DeadlineMargin,
    ) -> Result<Reply, ErrorReport> {
        let (parts, body) = held?;
        answer.write(parts, &body, buffer)
    }
}

impl Mode for Streaming {
    const STREAMING: bool = true;
    type Held = StreamingResponse;

    fn accepts(accepts: AcceptedOrigins) -> Option<AcceptedOrigins> {
        accepts.streaming()
    }

    async fn hold(_: &ResponseFormat, response: Response) -> Result<StreamingResponse, BoxError> {
        StreamingResponse::start(response).await
    }

    fn of((parts, body): Whole) -> StreamingResponse {
        StreamingResponse::from(Response::from_parts(parts, body.into()))
    }

    fn reply(
        answer: &ResponseFormat,
        started: StreamingResponse,
        _: ReplyBuffer,
        context: &Context,
        margin: DeadlineMargin,
    ) -> Result<Reply, ErrorReport> {
        let streamed = answer.stream(started, margin).or_else(|report| {
            let problem = Self::of(problem(StatusCode::INTERNAL_SERVER_ERROR, &report, context));
            answer.stream(problem, margin)
        });
        streamed.map(Reply::from)
    }
}

pub(super) async fn serve<M, H>(mut http: H, rules: Arc<Rules>, invocation: Invocation) -> Result<Reply, BoxError>
where
    M: Mode,
    H: Service<Request, Response = Response, Error = BoxError, Future: Send>,
{
    let (request, pending) = match begin(&rules, invocation) {
        Ok(begun) => begun,
        Err(refusal) => match *refusal {
            Refusal::Event(report) => return Err(report.into()),
            Refusal::Request(pending, whole) => return end::<M>(pending, Ok(Ok(M::of(whole))), rules.margin),
        },
    };
    let outcome = {
        // Pinned here: handed on by value, it would have room in the future around it as well, and be moved there.
        let answered = pin!(async {
            poll_fn(|cx| http.poll_ready(cx)).await?;
            M::hold(&pending.answer, http.call(request).await?).await
        });
        lrt_core::with_deadline(answered, &pending.context, rules.margin).await
    };
    end::<M>(pending, outcome, rules.margin)
}

/// What is kept of an event until there is its response.
struct Pending {
    context: Context,
    answer: ResponseFormat,
    buffer: ReplyBuffer,
}

/// A response whose body is there.
type Whole = (Parts, Bytes);

/// Why an event did not become a request.
enum Refusal {
    Event(ErrorReport),
    /// It is answered at once.
    Request(Pending, Whole),
}

/// The request of an event.
///
/// This and [`end`] are apart from `serve`, so that they are in a binary once and not for each way to be polled.
#[inline(never)]
fn begin(rules: &Rules, invocation: Invocation) -> Result<(Request, Pending), Box<Refusal>> {
    let context = invocation.context().clone();
    let (payload, buffer) = invocation.into_parts();
    match lrt_http::read(&payload, rules.accepts, rules.base_path.as_deref()) {
        Ok((mut request, answer)) => {
            lrt_http::disable_body_limit(&mut request);
            request.extensions_mut().insert(context.clone());
            Ok((request, Pending { context, answer, buffer }))
        }
        Err(refused) => Err(Box::new(refusal(refused, context, buffer))),
    }
}

#[cold]
fn refusal(refused: EventError, context: Context, buffer: ReplyBuffer) -> Refusal {
    match refused {
        EventError::Unexpected(report) => Refusal::Event(report),
        EventError::Invalid { format: answer, field, reason } => {
            log::warn(
                context.request_id(),
                format_args!("cannot convert event to an HTTP request: invalid {field}: {reason}"),
            );
            let problem = Problem::new(StatusCode::BAD_REQUEST).detail(reason).field(field);
            Refusal::Request(Pending { context, answer, buffer }, problem.to_response().into_parts())
        }
    }
}

/// The reply, whatever became of the request.
#[inline(never)]
fn end<M: Mode>(
    Pending { context, answer, buffer }: Pending,
    outcome: Result<Result<M::Held, BoxError>, ErrorReport>,
    margin: DeadlineMargin,
) -> Result<Reply, BoxError> {
    let held = match outcome {
        Ok(Ok(held)) => held,
        Ok(Err(error)) => M::of(failed(Ok(error), &context)),
        Err(cut) => M::of(failed(Err(cut), &context)),
    };
    Ok(M::reply(&answer, held, buffer, &context, margin)?)
}

/// What a layer's error, or one of a body, is answered with, or that the time is over. The function's own are responses
/// already.
#[cold]
#[inline(never)]
fn failed(why: Result<BoxError, ErrorReport>, context: &Context) -> Whole {
    let status = match &why {
        Ok(error) if error.is::<Overloaded>() => StatusCode::SERVICE_UNAVAILABLE,
        Ok(error) if !error.is::<Elapsed>() => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::GATEWAY_TIMEOUT,
    };
    problem(status, &why.map_or_else(|cut| cut, |error| ErrorReport::from_box(told(error))), context)
}

/// What the client is told is the request's id; the log tells the rest.
#[cold]
#[inline(never)]
fn problem(status: StatusCode, why: &ErrorReport, context: &Context) -> Whole {
    let failure = why.render();
    log::error_report(log::Level::Error, context.request_id(), format_args!("{}", failure.text()), &failure);
    Problem::new(status).request_id(context.request_id()).to_response().into_parts()
}
