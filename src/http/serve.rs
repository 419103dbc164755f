//! Handles one event: event → request → layers and function → response → reply.

use super::{Request, Response};
use crate::layer::name_tower_error;
use bytes::Bytes;
use http::response::Parts;
use http::{HeaderName, StatusCode};
use http_body::Body as _;
use lrt_core::__private::metrics::Automatic;
use lrt_core::{BoxError, Context, DeadlineMargin, ErrorReport, Invocation, Reply, ReplyBuffer, log};
use lrt_http::{AcceptedOrigins, EventError, Problem, ResponseFormat, StreamingResponse};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;
use tower_service::Service;

/// Limit for a body of unknown size: twice the size of the largest reply, so that the error for a reply that is too
/// large contains its size, and an endless body fails.
pub(crate) const MAX_BODY_BYTES: usize = 2 * lrt_core::MAX_REPLY_BYTES;

/// Options that apply to each event.
pub(super) struct ServeOptions {
    pub(super) accepts: AcceptedOrigins,
    pub(super) base_path: Option<String>,
    /// Time between the deadline and the response for a function that is still running.
    pub(super) margin: DeadlineMargin,
    /// Handles events that are not HTTP requests.
    pub(super) other: Option<OtherHandler>,
}

pub(super) type OtherHandler = Arc<dyn Fn(Bytes, ReplyBuffer) -> OtherFuture + Send + Sync>;

pub(super) type OtherFuture = Pin<Box<dyn Future<Output = Result<Reply, ErrorReport>> + Send>>;

/// Mode of sending the responses of a function: [`Collected`] or [`Streaming`].
pub trait Mode: Send + Sync + 'static {
    /// True if replies are streamed.
    const STREAMING: bool;
    /// A response with the part of its body that the reply depends on.
    type Prepared: Send;

    /// Restricts the accepted origins to those that this mode supports; `None` if nothing remains.
    fn accepts(accepts: AcceptedOrigins) -> Option<AcceptedOrigins>;

    /// Reads the part of a response's body that the reply depends on.
    ///
    /// # Errors
    ///
    /// Returns the error of the body.
    fn prepare(
        format: &ResponseFormat,
        response: Response,
    ) -> impl Future<Output = Result<Self::Prepared, BoxError>> + Send;

    /// Prepares a response with a complete body.
    fn from_complete(response: CompleteResponse) -> Self::Prepared;

    /// Returns the reply. A stream is cut off at this margin.
    ///
    /// # Errors
    ///
    /// Returns an error if the origin does not accept the response.
    fn reply(
        format: &ResponseFormat,
        response: Self::Prepared,
        buffer: ReplyBuffer,
        context: &Context,
        margin: DeadlineMargin,
    ) -> Result<Reply, ErrorReport>;
}

/// Each response is sent when its body is complete.
#[derive(Debug)]
pub struct Collected;

/// The head of each response is sent at once, and the body as it is produced.
#[derive(Debug)]
pub struct Streaming;

impl Mode for Collected {
    const STREAMING: bool = false;
    /// The response, or the error if the origin does not accept it.
    type Prepared = Result<CompleteResponse, ErrorReport>;

    fn accepts(accepts: AcceptedOrigins) -> Option<AcceptedOrigins> {
        Some(accepts)
    }

    /// Collects the body. Trailers are dropped with a warning, because no origin supports them.
    async fn prepare(format: &ResponseFormat, response: Response) -> Result<Self::Prepared, BoxError> {
        let (parts, body) = response.into_parts();
        if !format.has_body(parts.status) {
            return Ok(Ok((parts, Bytes::new())));
        }
        let size = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if let Err(too_large) = format.check_size("body", size) {
            return Ok(Err(too_large));
        }
        let body = lrt_http::collect(body, MAX_BODY_BYTES).await.map_err(lrt_http::root_cause)?;
        Ok(Ok((parts, body)))
    }

    fn from_complete(response: CompleteResponse) -> Self::Prepared {
        Ok(response)
    }

    fn reply(
        format: &ResponseFormat,
        response: Self::Prepared,
        buffer: ReplyBuffer,
        _: &Context,
        _: DeadlineMargin,
    ) -> Result<Reply, ErrorReport> {
        let (parts, body) = response?;
        format.write(parts, &body, buffer)
    }
}

impl Mode for Streaming {
    const STREAMING: bool = true;
    type Prepared = StreamingResponse;

    fn accepts(accepts: AcceptedOrigins) -> Option<AcceptedOrigins> {
        accepts.streaming()
    }

    async fn prepare(_: &ResponseFormat, response: Response) -> Result<StreamingResponse, BoxError> {
        StreamingResponse::start(response).await
    }

    fn from_complete((parts, body): CompleteResponse) -> StreamingResponse {
        StreamingResponse::from(Response::from_parts(parts, body.into()))
    }

    fn reply(
        format: &ResponseFormat,
        response: StreamingResponse,
        _: ReplyBuffer,
        context: &Context,
        margin: DeadlineMargin,
    ) -> Result<Reply, ErrorReport> {
        let streamed = format.stream(response, margin).or_else(|report| {
            let problem = Self::from_complete(problem(StatusCode::INTERNAL_SERVER_ERROR, &report, context));
            format.stream(problem, margin)
        });
        streamed.map(Reply::from)
    }
}

pub(super) async fn serve<M, H>(
    mut http: H,
    options: Arc<ServeOptions>,
    invocation: Invocation,
) -> Result<Reply, BoxError>
where
    M: Mode,
    H: Service<Request, Response = Response, Error = BoxError, Future: Send>,
{
    let (request, pending) = match begin(&options, invocation) {
        Ok(converted) => converted,
        Err(rejected) => match *rejected {
            Rejected::Event(report) => return Err(report.into()),
            Rejected::Other(other, context) => {
                return Ok(lrt_core::with_deadline(other, &context, options.margin).await??);
            }
            Rejected::Request(pending, response) => {
                return end::<M>(pending, Ok(Ok(M::from_complete(response))), options.margin);
            }
        },
    };
    let outcome = {
        // Pinned here, since the future around it would be larger if it were passed by value.
        let response = pin!(async {
            poll_fn(|cx| http.poll_ready(cx)).await?;
            M::prepare(&pending.format, http.call(request).await?).await
        });
        lrt_core::with_deadline(response, &pending.context, options.margin).await
    };
    end::<M>(pending, outcome, options.margin)
}

/// Parts of an event that its reply needs.
struct Pending {
    context: Context,
    format: ResponseFormat,
    buffer: ReplyBuffer,
}

/// A response with a complete body.
type CompleteResponse = (Parts, Bytes);

/// An event that cannot be converted to a request.
enum Rejected {
    Event(ErrorReport),
    /// The reply to an event that is not an HTTP request.
    Other(OtherFuture, Context),
    /// The response to the client.
    Request(Pending, CompleteResponse),
}

/// Converts an event to a request.
///
/// This and [`end`] are separate from `serve`, so that they are compiled once instead of once per service type.
#[inline(never)]
fn begin(options: &ServeOptions, invocation: Invocation) -> Result<(Request, Pending), Box<Rejected>> {
    let context = invocation.context().clone();
    let (payload, buffer) = invocation.into_parts();
    match lrt_http::read(&payload, options.accepts, options.base_path.as_deref()) {
        Ok((mut request, format)) => {
            lrt_http::disable_body_limit(&mut request);
            set_trace_id(&mut request, &context);
            request.extensions_mut().insert(context.clone());
            Ok((request, Pending { context, format, buffer }))
        }
        Err(EventError::NotHttp(report)) => Err(Box::new(match &options.other {
            Some(other) => Rejected::Other(other(payload, buffer), context),
            None => Rejected::Event(report),
        })),
        Err(EventError::Unexpected(report)) => Err(Box::new(Rejected::Event(report))),
        Err(EventError::Invalid { format, field, reason }) => {
            let response = bad_request(field, reason, &context);
            Err(Box::new(Rejected::Request(Pending { context, format, buffer }, response)))
        }
    }
}

/// Replaces the tracing header of the request with the header of the invocation. The header of the event contains
/// neither Lambda's segment (`Parent`) nor the sampling decision (`Sampled`), so a function that passes it on would
/// break the trace.
fn set_trace_id(request: &mut Request, context: &Context) {
    const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
    let Some(id) = context.trace_id().filter(|id| !id.is_empty()) else { return };
    if let (Some(header), Ok(id)) = (request.headers_mut().get_mut(X_AMZN_TRACE_ID), id.parse()) {
        *header = id;
    }
}

/// Logs an invalid field of an event, and returns the response.
#[cold]
fn bad_request(field: String, reason: String, context: &Context) -> CompleteResponse {
    log::warn(context.request_id(), format_args!("cannot convert event to an HTTP request: invalid {field}: {reason}"));
    Problem::new(StatusCode::BAD_REQUEST).detail(reason).field(field).to_response().into_parts()
}

/// Returns the reply for the outcome of a request.
#[inline(never)]
fn end<M: Mode>(
    Pending { context, format, buffer }: Pending,
    outcome: Result<Result<M::Prepared, BoxError>, ErrorReport>,
    margin: DeadlineMargin,
) -> Result<Reply, BoxError> {
    let response = match outcome {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => M::from_complete(failed(Ok(error), &context)),
        Err(timeout) => M::from_complete(failed(Err(timeout), &context)),
    };
    Ok(M::reply(&format, response, buffer, &context, margin)?)
}

/// Returns the response to an error of a layer or of a body, or to a timeout. The function's own errors are already
/// responses.
#[cold]
#[inline(never)]
fn failed(error: Result<BoxError, ErrorReport>, context: &Context) -> CompleteResponse {
    let status = match &error {
        Ok(error) if error.is::<Overloaded>() => StatusCode::SERVICE_UNAVAILABLE,
        Ok(error) if !error.is::<Elapsed>() => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::GATEWAY_TIMEOUT,
    };
    problem(
        status,
        &error.map_or_else(|timeout| timeout, |error| ErrorReport::from_box(name_tower_error(error))),
        context,
    )
}

/// Logs an error. The client only receives the request id.
#[cold]
#[inline(never)]
fn problem(status: StatusCode, error: &ErrorReport, context: &Context) -> CompleteResponse {
    let failure = error.render();
    context.metrics().record(Automatic::Errors, 1);
    log::error_report(log::Level::Error, context.request_id(), format_args!("{}", failure.text()), &failure);
    Problem::new(status).request_id(context.request_id()).to_response().into_parts()
}
