//! Runs functions that were written for [`lambda_runtime`](mod@::lambda_runtime) and `lambda_http` on
//! [lrt](https://docs.rs/lrt).
//!
//! One line of `main` changes, and the handler does not:
//!
//! ```no_run
//! use lambda_runtime::{Error, LambdaEvent, service_fn};
//! use serde_json::{Value, json};
//!
//! async fn greet(event: LambdaEvent<Value>) -> Result<Value, Error> {
//!     let name = event.payload["name"].as_str().unwrap_or("world");
//!     Ok(json!({ "message": format!("hello {name}") }))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     // lambda_runtime::run(service_fn(greet)).await
//!     lrt_compat::lambda_runtime(service_fn(greet)).serve().await
//! }
//! ```
//!
//! | lambda_runtime, lambda_http | lrt-compat |
//! |---|---|
//! | `lambda_runtime::run(service).await` | [`lambda_runtime(service)`](lambda_runtime())`.serve().await` |
//! | `lambda_http::run(service).await` | `lambda_http(service).serve().await` |
//! | `lambda_http::run_with_streaming_response(service).await` | `lambda_http_streaming(service).serve().await` |
//! | `run_concurrent`, `run_with_streaming_response_concurrent` | the same as without `concurrent` |
//!
//! [`Compat::serve`] runs on the runtime of `#[tokio::main]`, with the clients that were created there. [`Compat::run`] is
//! for a `main` that is not async.
//!
//! The service is any tower service that is `Send` and `'static` and whose future is `Send` and `'static`. It need not be
//! `Clone`: workers on Lambda Managed Instances share it. Replies are plain values, `FunctionResponse` or `StreamResponse`; errors are
//! anything that converts to `Diagnostic`.
//!
//! The function also gets what every lrt function has: the [local Lambda](https://docs.rs/lrt/latest/lrt/guide/local)
//! behind `cargo run`, the [`harness`](https://docs.rs/lrt/latest/lrt/testing) for tests (feature `testing`), the
//! deployment template, the [deadline margin](Compat::deadline_margin), [layers](Compat::layer), and
//! [`lrt::Context::current`] with [`wait_until`](lrt::Context::wait_until).
//!
//! [`into_service`] is the opposite direction: a function of lrt as a `Service<LambdaEvent<Value>>`.
//!
//! # Differences
//!
//! Replies and errors have the same bytes on both loops, except as listed here.
//!
//! Answers:
//!
//! - A stream that fails ends with the trailers `Lambda-Runtime-Function-Error-Type: Runtime.StreamError` and
//!   `Lambda-Runtime-Function-Error-Body`. lambda_runtime writes the text of these trailers into the body and continues.
//! - `Lambda-Runtime-Function-Error-Type` contains the type of the error, as AWS documents it, instead of `unhandled`.
//! - In error messages, backspace and form feed are escaped as `\u0008` and `\u000c`, and messages are cut off after
//!   64 KB, because Lambda rejects errors above its size limit.
//! - A reply above Lambda's limit of 6 MB is the error `Function.ResponseSizeTooLarge`.
//! - Shortly before the deadline, the error `Function.Timeout` is reported for a function that is still running. Disable
//!   it with `.deadline_margin(DeadlineMargin::Off)`. For a stream, the error is in the trailers.
//! - An empty event is `{}`.
//!
//! Conditions that end the process in lambda_runtime, and fail one invocation here: a response that cannot be serialized,
//! an error of `poll_ready`, and an event that is not UTF-8. Missing and invalid headers do not fail an invocation:
//! without `Lambda-Runtime-Deadline-Ms`, the deadline is in 15 minutes; without `Lambda-Runtime-Invoked-Function-Arn`,
//! the ARN is empty; an invalid client context or identity is `None`. The variables `AWS_LAMBDA_FUNCTION_NAME`,
//! `_VERSION` and `_MEMORY_SIZE` are optional.
//!
//! Process:
//!
//! - lrt's subscriber is installed unless the program has installed one before. lambda_runtime installs none. Each failure
//!   is one line, with the `Debug` form of the error.
//! - The span of an invocation has the same fields (`requestId`, `xrayTraceId`, `tenantId`), but is called `invocation`
//!   instead of `Lambda runtime invoke`.
//! - `_X_AMZN_TRACE_ID` is not set, since changing the environment is not safe in all programs. Enable the feature
//!   `trace-env` if the program uses the AWS SDK without [lrt-aws](https://docs.rs/lrt-aws). Without it, Lambda cannot
//!   detect recursive calls.
//! - After SIGTERM and SIGINT, the invocation in flight has 250 ms to finish, and `serve` returns.
//! - `AWS_LAMBDA_MAX_CONCURRENCY` is respected without a feature.
//! - A lost connection to the Runtime API is retried. lambda_runtime returns the error.
//!
//! Not supported:
//!
//! - Services that borrow from `main`, such as `let client = &client;` before `service_fn`. Leak the value
//!   (`let client: &'static Client = Box::leak(Box::new(client));`), or share it with `Arc`.
//! - `Runtime::layer` with layers around `LambdaInvocation`, among them `OpenTelemetryLayer`. Put a layer around the
//!   `LambdaEvent` instead, or use [`Compat::layer`].
//! - `spawn_graceful_shutdown_handler`: the process may exit before its hook has ended. Functions of lrt have the option
//!   `shutdown`.
//! - `SnapStartResource`.
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `http` | yes | `lambda_http` and `lambda_http_streaming` |
//! | `local` | yes | the local Lambda, in debug builds only |
//! | `testing` | no | `Compat::harness`, for `[dev-dependencies]` |
//! | `trace-env` | no | the X-Ray trace of each invocation in the environment |
//! | `multi-thread` | no | one thread per worker on Managed Instances, for `Compat::run` |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod compat;
mod context;
mod error;
#[cfg(feature = "http")]
mod http;
mod into_service;
mod reply;
mod service;

pub use compat::Compat;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub use http::{lambda_http, lambda_http_streaming};
pub use into_service::into_service;

use ::lambda_runtime::{Diagnostic, IntoFunctionResponse, LambdaEvent};
use lrt::BoxError;
use serde::{Deserialize, Serialize};
use tower_service::Service;

/// Compiles the examples of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/migrating.md")]
struct Guide;

/// Creates a function from a service of lambda_runtime: from `service_fn`, or any other tower service.
///
/// ```
/// use lambda_runtime::{Error, LambdaEvent, service_fn};
///
/// async fn double(event: LambdaEvent<i64>) -> Result<i64, Error> {
///     event.payload.checked_mul(2).ok_or_else(|| "the number is too large".into())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let harness = lrt_compat::lambda_runtime(service_fn(double)).harness();
/// assert_eq!(harness.invoke("21").await.reply::<i64>(), 42);
/// let outcome = harness.invoke("9223372036854775807").await;
/// assert_eq!(outcome.error().unwrap().message(), "the number is too large");
/// # }
/// ```
pub fn lambda_runtime<Svc, T, B, S, D, E>(service: Svc) -> Compat
where
    Svc: Service<LambdaEvent<T>> + Send + 'static,
    Svc::Future: Send + 'static,
    Svc::Response: IntoFunctionResponse<B, S>,
    Svc::Error: Into<Diagnostic> + std::fmt::Debug,
    T: for<'de> Deserialize<'de> + 'static,
    B: Serialize + 'static,
    S: futures_core::Stream<Item = Result<D, E>> + Unpin + Send + 'static,
    D: Into<bytes::Bytes>,
    E: Into<BoxError>,
{
    Compat::new("json", service)
}
