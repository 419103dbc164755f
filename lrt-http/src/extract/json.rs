//! JSON bodies.

use super::impl_deref;
use crate::body::collect;
use crate::event::Event;
use crate::origin::Origin;
use crate::rejection::JsonRejection;
use axum_core::RequestExt;
use axum_core::body::Body;
use axum_core::extract::{FromRequest, OptionalFromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use lrt_core::ErrorReport;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A JSON body: an extractor for any `Deserialize` type, and a response for any `Serialize` type.
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
/// As with axum, a request needs `content-type: application/json` (or `application/…+json`): browsers send requests without
/// it on behalf of other sites. Messages of a WebSocket connection have no content type and do not need one.
/// `Option<Json<T>>` is `None` without a content type, and in a WebSocket function without a message.
///
/// The rejection is a [`JsonRejection`]: 415 for another content type, 400 for invalid JSON, 422 for JSON that is not a `T`
/// (with the path of the value), 413 for a body over the limit that a layer has set. A response that cannot be
/// serialized, such as a map whose keys are not strings, is a 500 and is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Json<T>(pub T);

impl_deref!(Json);

impl<T: DeserializeOwned> Json<T> {
    /// Deserializes a body, regardless of its content type.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not valid JSON, or not a `T`.
    pub fn from_bytes(body: &[u8]) -> Result<Json<T>, JsonRejection> {
        serde_json::from_slice(body).map(Json).map_err(|error| JsonRejection::new(body, error))
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = JsonRejection;

    async fn from_request(request: Request, _: &S) -> Result<Json<T>, JsonRejection> {
        let body = json_body(request)?;
        Json::from_bytes(&collect(body, usize::MAX).await.map_err(JsonRejection::Body)?)
    }
}

impl<S: Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = JsonRejection;

    async fn from_request(request: Request, state: &S) -> Result<Option<Json<T>>, JsonRejection> {
        // CONNECT and DISCONNECT events of a WebSocket API have no body.
        let is_some = request.headers().contains_key(CONTENT_TYPE)
            || is_websocket(&request) && !http_body::Body::is_end_stream(request.body());
        if is_some { <Json<T> as FromRequest<S>>::from_request(request, state).await.map(Some) } else { Ok(None) }
    }
}

/// Returns the body of a request that declares a JSON body.
fn json_body(request: Request) -> Result<Body, JsonRejection> {
    if !is_json(request.headers()) && !is_websocket(&request) {
        return Err(JsonRejection::ContentType);
    }
    // Applies the limit of axum's `DefaultBodyLimit`, a layer that also works with this extractor.
    Ok(request.into_limited_body())
}

/// Returns true for messages of a WebSocket connection. They have no content type, and another site cannot send them.
fn is_websocket(request: &Request) -> bool {
    request.extensions().get::<Event>().is_some_and(|event| event.origin() == Origin::WebSocket)
}

/// Returns true if the content type is `application/json` or `application/…+json`, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    const APPLICATION: &[u8] = b"application/";
    const SUFFIX: &[u8] = b"+json";
    let Some(value) = headers.get(CONTENT_TYPE) else { return false };
    let essence = value.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    let Some((application, subtype)) = essence.split_at_checked(APPLICATION.len()) else { return false };
    let suffix = subtype.len().checked_sub(SUFFIX.len()).map(|start| &subtype[start..]);
    application.eq_ignore_ascii_case(APPLICATION)
        && (subtype.eq_ignore_ascii_case(b"json")
            || subtype.len() > SUFFIX.len() && suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(SUFFIX)))
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(json) => json_response(json),
            Err(error) => lrt_core::http::server_error(&ErrorReport::marshal(error)),
        }
    }
}

fn json_response(json: Vec<u8>) -> Response {
    lrt_core::http::response(StatusCode::OK, HeaderValue::from_static("application/json"), json.into()).map(Body::from)
}
