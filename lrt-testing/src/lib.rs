//! Tests of Lambda functions.
//!
//! [`Harness`] invokes a function as Lambda does, with the same decoding, layers, deadline and reply, but without a network. It
//! works with tokio's paused clock. The result is an [`Outcome`], which serializes as a stable snapshot for
//! [insta](https://insta.rs). `snapshot_tests!` generates a test for each event in a folder.
//!
//! ```
//! use lrt::prelude::*;
//! use lrt::testing::{Harness, events};
//!
//! #[lambda(init = connect)]
//! async fn add((a, b): (i64, i64), limits: &Limits) -> Result<i64, Error> {
//!     a.checked_add(b).filter(|sum| *sum <= limits.max).ok_or_else(|| Error::named("Overflow", "the sum is too large"))
//! }
//!
//! struct Limits { max: i64 }
//! async fn connect() -> Result<Limits, Error> { Ok(Limits { max: lrt::env("MAX")? }) }
//!
//! // A `#[tokio::test]`.
//! async fn sums_have_a_limit() {
//!     let harness = Harness::<add>::with_state(Limits { max: 9 });
//!     assert_eq!(harness.invoke("[4, 5]").await.reply::<i64>(), 9);
//!     let outcome = harness.invoke(events::json(&(5, 5))).await;
//!     assert_eq!(outcome.error().unwrap().error_type(), "Overflow");
//! }
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(sums_have_a_limit());
//! # std::io::Result::Ok(())
//! ```
//!
//! [`simulate`] delivers records like an event source mapping, which retries failed records.
//!
//! [`RuntimeApi`] is a fake of Lambda's Runtime API in the test process, with fault injection.
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `kit` | no | [`Harness`], [`Outcome`], [`simulate`] and snapshot tests; enabled by lrt's feature `testing` |
//!
//! [`Harness`]: https://docs.rs/lrt-testing/latest/lrt_testing/struct.Harness.html
//! [`Outcome`]: https://docs.rs/lrt-testing/latest/lrt_testing/struct.Outcome.html
//! [`simulate`]: https://docs.rs/lrt-testing/latest/lrt_testing/simulate/index.html

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "kit")]
mod context;
mod event;
pub mod events;
mod frontend;
#[cfg(feature = "kit")]
mod harness;
#[cfg(feature = "kit")]
pub mod insta;
mod json;
#[cfg(feature = "kit")]
mod outcome;
#[cfg_attr(not(feature = "kit"), allow(dead_code))]
mod pattern;
mod runtime_api;
#[cfg(feature = "kit")]
pub mod simulate;
#[cfg(feature = "kit")]
mod snapshots;

/// 2026-01-01T00:00:00Z, the default time of events and the start of simulations.
const START: std::time::Duration = std::time::Duration::from_secs(1_767_225_600);

pub use event::{EventError, IntoEvent};
#[cfg(feature = "kit")]
pub use frontend::Authorization;
pub use runtime_api::{
    Answer, AnswerKind, Builder, Endpoint, Event, Extension, Fault, Framing, Headers, Pending, Request, RuntimeApi,
};
#[cfg(feature = "kit")]
pub use {
    context::TestContext,
    harness::Harness,
    outcome::{FunctionError, HttpResponse, Metrics, Outcome},
    snapshots::SnapshotTests,
};

/// Items for `lrt-local`, which may change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::frontend::{
        Authorization, AuthorizerType, ErrorResponse, HeaderMode, Object, Origin, Phase, Reply, Request,
        RequestContext, authorizer_of_claims, authorizer_of_decision, percent_decode, query_decode, route,
    };
    pub use crate::json::check as check_json;
    pub use crate::runtime_api::{ReplyPart, event::uuid};
}
