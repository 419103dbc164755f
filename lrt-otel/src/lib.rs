//! OpenTelemetry traces of functions on [lrt](https://docs.rs/lrt).
//!
//! [`layer`] puts the spans of each invocation into the trace of its caller, and exports them after the reply.
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `tls` | no | collectors with `https` endpoints |
//!
//! [logging]: https://docs.rs/lrt/latest/lrt/guide/logging
#![doc = include_str!("../../docs/guide/traces.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod conventions;
mod layer;
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
