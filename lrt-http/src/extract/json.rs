//! JSON in a body.

use super::{collect, derefs};
use crate::bytes::{is_same, shared};
use crate::event::Event;
use crate::origin::Origin;
use crate::rejection::JsonRejection;
use axum_core::RequestExt;
use axum_core::body::Body;
use axum_core::extract::{FromRequest, OptionalFromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use lrt_core::Report;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A body of JSON: of a request as any `Deserialize` type, of an answer from any `Serialize`.
///
/// ```
/// use lrt_http::Json;
///
/// #[derive(serde::Deserialize, serde::Serialize)]
/// struct Order {
///     items: Vec<String>,
/// }
///
/// async fn tidy(Json(mut order): Json<Order>) -> Json<Order> {
///     order.items.sort();
///     Json(order)
/// }
/// ```
///
/// A request needs `content-type: application/json` (or `application/…+json`), as with axum: what comes without one may
/// be a page of another site that a browser sends without asking. The message of a WebSocket connection has none, and needs
/// none. `Option<Json<T>>` is `None` where there is no content type; of a WebSocket connection, where there is no message.
///
/// What does not fit is a [`JsonRejection`]: 415, 400 for what is no JSON, 422 for JSON that is no `T`, with the path of
/// the value, 413 for what is over a limit that a layer has set. An answer that cannot be JSON (a map whose keys are no strings) is a 500, told in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Json<T>(pub T);

derefs!(Json);

impl<T: DeserializeOwned> Json<T> {
    /// The value of a body, whatever its content type.
    ///
    /// # Errors
    ///
    /// The body is no JSON, or not what `T` takes.
    pub fn from_bytes(body: &[u8]) -> Result<Json<T>, JsonRejection> {
        serde_json::from_slice(body).map(Json).map_err(|error| JsonRejection::of(body, error))
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = JsonRejection;

    async fn from_request(request: Request, _: &S) -> Result<Json<T>, JsonRejection> {
        let body = body_of(request)?;
        Json::from_bytes(&collect(body, usize::MAX).await.map_err(JsonRejection::Body)?)
    }
}

impl<S: Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = JsonRejection;

    async fn from_request(request: Request, state: &S) -> Result<Option<Json<T>>, JsonRejection> {
        // What opens or ends a connection has no body.
        let is_some = request.headers().contains_key(CONTENT_TYPE)
            || is_message(&request) && !http_body::Body::is_end_stream(request.body());
        if is_some { <Json<T> as FromRequest<S>>::from_request(request, state).await.map(Some) } else { Ok(None) }
    }
}

/// The body, if it is said to be JSON. Apart, so that it is there once and not for each type.
fn body_of(request: Request) -> Result<Body, JsonRejection> {
    if !is_json(request.headers()) && !is_message(&request) {
        return Err(JsonRejection::ContentType);
    }
    // As axum's do, so that its `DefaultBodyLimit` is a layer for this one, too.
    Ok(request.into_limited_body())
}

/// Whether it is a message of a WebSocket connection, which has no content type, and which no browser sends unasked.
fn is_message(request: &Request) -> bool {
    request.extensions().get::<Event>().is_some_and(|event| event.origin() == Origin::WebSocket)
}

/// Whether the content type is `application/json` or `application/…+json`, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    const APPLICATION: &[u8] = b"application/";
    const SUFFIX: &[u8] = b"+json";
    let Some(value) = headers.get(CONTENT_TYPE) else { return false };
    let essence = value.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    let Some((application, subtype)) = essence.split_at_checked(APPLICATION.len()) else { return false };
    let suffix = subtype.len().checked_sub(SUFFIX.len()).map(|start| &subtype[start..]);
    is_same(application, APPLICATION)
        && (is_same(subtype, b"json")
            || subtype.len() > SUFFIX.len() && suffix.is_some_and(|suffix| is_same(suffix, SUFFIX)))
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(json) => answer(json),
            Err(error) => lrt_core::http::server_error(&Report::marshal(error)),
        }
    }
}

/// Apart, so that it is there once and not for each type.
fn answer(json: Vec<u8>) -> Response {
    lrt_core::http::response(StatusCode::OK, HeaderValue::from_static("application/json"), shared(json)).map(Body::from)
}
