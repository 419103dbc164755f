//! HTTP on axum-core's traits: [`Context`] as an extractor, and errors as responses.
//!
//! They stand here, since only the crate of a type may give it another crate's trait.

use crate::error::{Error, ErrorReport, write_string};
use crate::invocation::Context;
use crate::log;
use axum_core::body::Body;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, MaxSizeReached};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::convert::Infallible;

/// The answer to a request whose function failed: a 500 that shows the request id and nothing else. The whole error is a
/// line in the log.
///
/// The request id is that of the [current](Context::current) context: where an error becomes a response, nothing is known
/// of the request (`IntoResponse` has no other parameter), for example within a router.
///
/// The body is that of [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457).
///
/// ```
/// use axum_core::response::IntoResponse;
/// use lrt_core::{Context, Error, EventHeaders};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let context = Context::new(&EventHeaders { request_id: "7", ..Default::default() }, Default::default(), false);
/// let answer = async { Error::msg("the table is gone").into_response() };
/// assert_eq!(context.scope(answer).await.status(), 500);
/// # }
/// ```
pub fn server_error(report: &ErrorReport) -> Response {
    let mut body = Vec::from(br#"{"status":500,"title":"Internal Server Error""#);
    let current = Context::current();
    let id = current.as_ref().map_or("", Context::request_id);
    let failure = report.render();
    log::error_report(log::Level::Error, id, format_args!("{}", failure.text()), &failure);
    if !id.is_empty() {
        body.extend_from_slice(br#","requestId":"#);
        write_string(&mut body, id, id.len());
    }
    body.push(b'}');
    let problem = HeaderValue::from_static("application/problem+json");
    response(StatusCode::INTERNAL_SERVER_ERROR, problem, body.into()).map(Body::from)
}

/// A response with a body of this type. Apart, so that a binary has it once.
///
/// ```
/// use http::{HeaderValue, StatusCode};
///
/// let tea = lrt_core::http::response(StatusCode::IM_A_TEAPOT, HeaderValue::from_static("text/plain"), "tea".into());
/// assert_eq!(tea.status(), 418);
/// assert_eq!(tea.headers()["content-type"], "text/plain");
/// ```
#[inline(never)]
pub fn response(status: StatusCode, content_type: HeaderValue, body: Bytes) -> http::Response<Bytes> {
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    append(response.headers_mut(), CONTENT_TYPE, content_type).expect("one header is not too many");
    response
}

/// Puts a header into a map, behind those of its name.
///
/// Apart, so that a binary has it once: it is 2 KB, and what would take the place of others is 3 KB.
///
/// ```
/// use http::header::{ALLOW, HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// lrt_core::http::append(&mut headers, ALLOW, HeaderValue::from_static("GET")).unwrap();
/// assert_eq!(headers["allow"], "GET");
/// ```
///
/// # Errors
///
/// When the map is full.
#[inline(never)]
pub fn append(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) -> Result<(), MaxSizeReached> {
    headers.try_append(name, value).map(drop)
}

/// The [`server_error`] of it.
///
/// ```
/// use axum_core::response::{IntoResponse, Response};
///
/// fn answer() -> Result<&'static str, lrt_core::Error> {
///     Err(lrt_core::Error::msg("no password for the database"))
/// }
///
/// let response: Response = answer().into_response();
/// assert_eq!(response.status(), 500);
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// ```
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        server_error(&ErrorReport::from(self))
    }
}

/// The context of the invocation that brought the request, in functions and in the handlers of a router.
///
/// In a request that came from elsewhere (a test of a router, a server) there is none: a 500 that says so in the log.
impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = NoContext;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Context, NoContext> {
        parts.extensions.get().cloned().ok_or(NoContext)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Context {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Context>, Infallible> {
        Ok(parts.extensions.get().cloned())
    }
}

/// A request that no invocation brought, or whose extensions somebody took away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request's extensions have no `lrt::Context`; a test can put one there")]
pub struct NoContext;

impl IntoResponse for NoContext {
    fn into_response(self) -> Response {
        server_error(&ErrorReport::new(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::EventHeaders;
    use http::Request;

    fn context(request_id: &str) -> Context {
        Context::new(&EventHeaders { request_id, ..Default::default() }, Default::default(), false)
    }

    #[tokio::test]
    async fn the_context_comes_from_the_requests_extensions() {
        let (mut parts, ()) = Request::new(()).into_parts();
        let missing = <Context as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
        assert_eq!(missing.unwrap_err().into_response().status(), 500);
        assert!(Option::<Context>::from_request_parts(&mut parts, &()).await.unwrap().is_none());
        parts.extensions.insert(context("7"));
        let found = <Context as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
        assert_eq!(found.unwrap().request_id(), "7");
    }

    #[cfg(feature = "testing")]
    #[tokio::test]
    async fn the_client_sees_the_request_id_and_the_log_all() {
        let error: Error = std::io::Error::other("secret\nsauce").into();
        let answer = context("r-\"1").scope(async { error.into_response() });
        let (response, log) = crate::capture_log(answer).await;
        assert_eq!(log, [r#"ERROR RequestId: r-"1 Error: secret\nsauce"#]);
        let (parts, mut body) = response.into_parts();
        assert_eq!(parts.status, 500);
        let frame =
            std::future::poll_fn(|cx| http_body::Body::poll_frame(std::pin::Pin::new(&mut body), cx)).await.unwrap();
        let bytes = frame.unwrap().into_data().unwrap();
        assert_eq!(bytes, r#"{"status":500,"title":"Internal Server Error","requestId":"r-\"1"}"#);
    }
}
