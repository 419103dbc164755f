//! Implements axum-core's traits: [`Context`] is an extractor, and errors are responses.
//!
//! They are in this crate because of the orphan rule.

use crate::error::{Error, ErrorReport};
use crate::invocation::Context;
use crate::json::escape::write_string;
use crate::log;
use crate::metrics::Automatic;
use axum_core::body::Body;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, MaxSizeReached};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::convert::Infallible;

/// Creates the response for a function that failed: a 500 that contains the request id only. The complete error is
/// logged.
///
/// The request id comes from the [current](Context::current) context, since `IntoResponse` does not have access to the
/// request.
///
/// The body follows [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457).
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
    if let Some(context) = &current {
        context.metrics().record(Automatic::Errors, 1);
    }
    let failure = report.render();
    log::error_report(log::Level::Error, id, format_args!("{}", failure.text()), &failure);
    if !id.is_empty() {
        body.extend_from_slice(br#","requestId":"#);
        write_string(&mut body, id);
    }
    body.push(b'}');
    let problem = HeaderValue::from_static("application/problem+json");
    response(StatusCode::INTERNAL_SERVER_ERROR, problem, body.into()).map(Body::from)
}

/// Creates a response with a body of this content type.
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

/// Appends a header to a map, after those with the same name.
///
/// Never inlined, since it is 2 KB of code.
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
/// Returns an error if the map is full.
#[inline(never)]
pub fn append(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) -> Result<(), MaxSizeReached> {
    headers.try_append(name, value).map(drop)
}

/// Responds with [`server_error`].
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

/// Extracts the context of the invocation, in functions and in handlers of a router.
///
/// A request without one, as in tests of a router, is a 500. The log names the reason.
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

/// The rejection of a request without a [`Context`] among its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("missing request extension `lrt::Context` (a test can insert one)")]
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
    async fn context_is_extracted_from_the_request_extensions() {
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
    async fn response_has_the_request_id_and_the_log_has_the_error() {
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
