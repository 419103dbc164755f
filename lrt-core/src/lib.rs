//! The core loop of [`lrt`](https://docs.rs/lrt). It does not depend on the contents of events.
//!
//! # Life of an invocation
//!
//! 1. [`Environment::read`]: the address of the Runtime API, and the name of the function.
//! 2. [`Handler::init`]: the cold-start work, once. [`Handler::service`]: the function as a tower service.
//! 3. `runtime_api`: `GET /next` over one kept-alive connection returns the event and its headers.
//! 4. [`Invocation`]: the payload, which is a slice of the read buffer, and its [`Context`].
//! 5. The guard calls the service and catches panics. Shortly before the deadline it replies itself.
//! 6. [`Reply`]: serialized once, after space for its head, and posted in one piece. An error is posted as an
//!    [`ErrorReport`], a stream ([`Streamed`]) while it is produced.
//! 7. [`Context::wait_until`] work, then the next event.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod decimal;
mod dynamodb_item;
mod error;
mod function;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod handler;
#[cfg(feature = "axum-core")]
pub mod http;
#[cfg(feature = "idempotency")]
pub mod idempotency;
mod interrupt;
mod invocation;
mod json;
mod layer;
pub mod log;
mod metrics;
mod panics;
mod reply;
mod reply_buffer;
mod runtime;
mod runtime_api;
mod state;
mod stream;
mod time;
mod wake_tracker;

pub use error::{BoxError, Error, ErrorReport, OrError, RenderedError};
pub use function::Function;
pub use handler::{
    AuthorizerSettings, Deployment, FunctionService, Handler, Initialized, ServiceFn, Shutdown, ShutdownFn, service_fn,
};
pub use interrupt::{Deadline, DeadlineMargin, Fraction};
pub use invocation::{Context, EventHeaders, FunctionInfo, FunctionInstance, Invocation};
pub use layer::SharedService;
#[cfg(feature = "testing")]
pub use log::capture::capture_log;
pub use panics::catch_panic;
pub use reply::{MAX_REPLY_BYTES, Reply};
pub use reply_buffer::ReplyBuffer;
pub use runtime::{
    CutOff, Cutoff, Environment, EnvironmentError, fail_init, init, invoke, run, run_until, serve, shutdown_signal,
    with_deadline,
};
pub use runtime_api::address::AddressError;
pub use stream::{Chunks, MAX_STREAM_BYTES, Streamed};

/// Items that the crates of lrt share. They are not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub mod json {
        pub use crate::json::*;
    }
    pub mod dynamodb_item {
        pub use crate::dynamodb_item::*;
    }
    pub use crate::error::{IntoError, display};
    pub use crate::function::WithState;
    #[cfg(feature = "testing")]
    pub use crate::log::capture::{Captured, capture, offer_retry_delay};
    pub mod metrics {
        pub use crate::metrics::{Automatic, FunctionMetrics, InstanceMetrics, check_namespace};
    }
    pub use crate::state::{HasRef, ProvideState, RefAt, StateRefs};
    pub use crate::time::{date, rfc3339_seconds, write_rfc3339};
    pub use crate::wake_tracker::WakeFlag;
}
