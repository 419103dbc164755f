//! [authorizers]: mod@crate::authorizer
//! [functions]: crate::guide::functions
//! [layers]: crate::layer
//! [state]: crate::guide::state
//! [streaming]: crate::guide::streaming
#![doc = include_str!("../../docs/guide/http.md")]

// Modules:
//
// 1. `start`: starts a builder, with a function for each kind, and its options.
// 2. `serve`: handles one event: event → request → layers → `handler` or `service_fn` → response → reply or stream.
// 3. `route`: matches the function's route.
// 4. `handler`: calls a function with extractors (`parameter`; `unsupported_extractors`: rejects those that need axum's
//    `Router`). `service_fn`: calls a service that was built by the function.
// 5. `service`: the service between two layers.
// 6. `other`: events that are not HTTP requests.

mod handler;
mod other;
mod parameter;
mod route;
mod serve;
mod service;
mod service_fn;
mod start;
mod unsupported_extractors;

pub use axum_core::body::Body;
pub use axum_core::response::IntoResponse;
pub use handler::{HandlerMode, HttpReply};
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
pub use lrt_http::{
    Allow, AuthRequest, Caller, CognitoIdentity, Deny, Event, Iam, Json, JwtClaims, Origin, Path, PathParams, Problem,
    Query, Request, RequestContext, Response, rejection,
};
pub use parameter::{HttpParameter, RequestInput, ViaParts, ViaRequest};
#[cfg(feature = "idempotency")]
pub(crate) use serve::MAX_BODY_BYTES;
pub use serve::{Collected, Mode, Streaming};
pub use service::HttpService;
pub use service_fn::{BuildService, ServiceMode};
pub use start::{Http, alb, api_gateway, function_url, http, http_api, lattice, rest_api, service, websocket};

use bytes::Bytes;

/// Error of [`to_bytes`].
pub use lrt_http::BodyError;

/// Collects a body of at most `limit` bytes.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use lrt::http::{Body, to_bytes};
///
/// assert_eq!(to_bytes(Body::from("tea"), 1024).await.unwrap(), "tea");
/// assert!(to_bytes(Body::from("tea"), 2).await.is_err());
/// # }
/// ```
///
/// # Errors
///
/// Returns an error if the body has more bytes, or fails itself.
pub async fn to_bytes(body: Body, limit: usize) -> Result<Bytes, BodyError> {
    lrt_http::collect(body, limit).await
}
