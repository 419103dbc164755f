//! The core loop of [`lrt`](https://docs.rs/lrt): small, and without a word about what an event means.
//!
//! # The life of an invocation
//!
//! 1. [`Environment::read`]: where the Runtime API is, which function this is.
//! 2. [`Handler::boot`]: the cold-start work, once; [`Handler::service`]: the function as a tower service.
//! 3. `runtime_api`: `GET /next` over one kept-alive connection brings bytes and headers.
//! 4. [`Invocation`]: the payload, borrowed from the read buffer, and its [`Context`].
//! 5. The guard calls the service and catches what it throws; shortly before the deadline it answers itself.
//! 6. [`Reply`]: serialized once, behind room for its head, posted in one piece. Or an error: a [`ErrorReport`]. Or a stream:
//!    [`Streamed`], posted while it is made.
//! 7. [`Context::wait_until`] work; then the next event.
//!
//! Modules stand in the order of use; data goes one way.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod base64;
mod error;
mod function;
mod handler;
#[cfg(feature = "axum-core")]
pub mod http;
mod invocation;
#[doc(hidden)]
pub mod json;
mod layer;
pub mod log;
mod reply;
mod runtime;
mod runtime_api;
mod state;
mod stream;

#[doc(hidden)]
pub use error::IntoError;
pub use error::{BoxError, Error, ErrorReport, RenderedError};
pub use function::{Borrows, Function};
pub use handler::{Deployment, FunctionService, Handler, Initialized, ServiceFn, Shutdown, ShutdownFn, service_fn};
pub use invocation::{Context, Deadline, DeadlineMargin, EventHeaders, Fraction, FunctionInstance, Invocation};
pub use layer::SharedService;
#[cfg(feature = "testing")]
pub use log::capture::capture_log;
pub use reply::{MAX_REPLY_BYTES, Reply, ReplyBuffer};
pub use runtime::panics::catch_panic;
pub use runtime::{
    CutOff, Cutoff, Environment, EnvironmentError, FunctionInfo, fail_init, init, invoke, run, run_until, serve,
    shutdown_signal, with_deadline,
};
pub use runtime_api::address::AddressError;
#[doc(hidden)]
pub use state::{At, Lent, Nothing, ProvidesLayers, ProvidesOne, Whole};
pub use state::{Borrowed, Has, Provides};
pub use stream::{Chunks, MAX_STREAM_BYTES, Streamed};
