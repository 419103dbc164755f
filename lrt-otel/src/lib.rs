//! OpenTelemetry traces of functions on [lrt](https://docs.rs/lrt).
//!
//! [`layer`] puts the spans of each invocation into the trace of its caller, and exports them after the reply:
//!
//! ```no_run
//! use lrt::prelude::*;
//!
//! #[lambda(http_api, route = "GET /orders/{id}", layer = lrt_otel::layer())]
//! async fn get_order(Path(id): Path<u64>) -> Result<Json<String>, Error> {
//!     Ok(Json(format!("order {id}")))
//! }
//! ```
//!
//! The environment variables of OpenTelemetry name the collector. The
//! [guide](https://github.com/lrt-rs/lrt/blob/main/docs/guide/traces.md) describes them, and the attributes of the spans.
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `tls` | no | collectors with `https` endpoints |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod conventions;
mod env;
mod layer;
mod local;
mod parent;
mod pipeline;
mod records;

#[doc(hidden)]
pub use layer::Responded;
pub use layer::{OtelFuture, OtelLayer, OtelService, layer};

/// Exports the spans that were not exported yet, for the option `shutdown` of a function.
///
/// Spans are exported after each reply. This is for those of an invocation that was in flight when the process had to exit, and of
/// `shutdown` itself. It takes at most 200 ms, since Lambda ends the process soon. What cannot be sent is logged.
///
/// ```no_run
/// # struct Db;
/// async fn shutdown(db: &Db) {
///     lrt_otel::flush().await;
/// }
/// ```
pub async fn flush() {
    if let Some(pipeline) = pipeline::current() {
        pipeline.flush_at_shutdown().await;
    }
}

/// Compiles the examples of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/traces.md")]
struct Guide;
