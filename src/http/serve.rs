//! Event → request → layers and function → response → reply.

use super::{Request, Response};
use axum_core::response::IntoResponse;
use bytes::Bytes;
use http::StatusCode;
use http::response::Parts;
use lrt_core::{BoxError, Context, Invocation, Margin, Reply, Report, log};
use lrt_http::{Accepts, Problem, Refused};
use std::future::poll_fn;
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

pub(super) async fn serve<H>(mut http: H, rules: &Rules, invocation: Invocation) -> Result<Reply, BoxError>
where
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
            let (parts, body) = whole(problem.into_response()).await?;
            return Ok(answer.write(parts, &body, room)?);
        }
    };
    lrt_http::lift_limit(&mut request);
    request.extensions_mut().insert(context.clone());
    let answered = lrt_core::http::within(context.clone(), async {
        poll_fn(|cx| http.poll_ready(cx)).await?;
        whole(http.call(request).await?).await
    });
    let (parts, body) = match lrt_core::guarded(answered, &context, rules.margin).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => whole(failed(error, &context)).await?,
        Err(cut) => whole(problem(StatusCode::GATEWAY_TIMEOUT, cut, &context)).await?,
    };
    Ok(answer.write(parts, &body, room)?)
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

/// The response with its whole body. Trailers are left out: no origin carries them.
async fn whole(response: Response) -> Result<(Parts, Bytes), BoxError> {
    let (parts, body) = response.into_parts();
    Ok((parts, lrt_http::collect(body, MAX_BODY_BYTES).await?))
}
