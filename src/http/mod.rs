//! [layers]: crate::layer
//! [state]: crate::guide::state
//! [streaming]: crate::guide::streaming
#![doc = include_str!("../../docs/guide/http.md")]

// Modules:
//
// 1. `start`: starts a builder, with a function for each kind, and its options.
// 2. `serve`: handles one event: event → request → layers → `kind` or `built` → response → reply or stream.
// 3. `route`: matches the function's route.
// 4. `kind`: calls a function with extractors (`axums`: rejects those that need axum's `Router`). `built`: calls a service that
//    the function has built.
// 5. `service`: the service between two layers.

mod axums;
mod built;
mod kind;
mod route;
mod serve;
mod service;
mod start;

pub use axum_core::body::Body;
pub use axum_core::response::IntoResponse;
pub use built::{BuildService, Built, ServiceOutput};
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
pub use kind::Extracted;
pub use lrt_http::{
    Event, Json, Origin, Path, PathParams, Problem, Query, Request, RequestContext, Response, rejection,
};
pub use serve::{Collected, Mode, Streaming};
pub use service::HttpService;
pub use start::{Http, alb, api_gateway, function_url, http, http_api, lattice, rest_api, service, websocket};

use bytes::Bytes;

/// What reading a body failed with.
pub use lrt_http::BodyError;

/// Collects a body: at most `limit` bytes of it.
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
/// When the body has more bytes, or fails itself.
pub async fn to_bytes(body: Body, limit: usize) -> Result<Bytes, BodyError> {
    lrt_http::collect(body, limit).await
}
