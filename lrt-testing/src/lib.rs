//! What tests of a function need.
//!
//! [`Harness`] has the function handle an event as in Lambda: the same decode, layers, guard and reply, without a
//! network, and right under tokio's paused clock. It answers with an [`Outcome`], which is JSON for
//! [insta](https://insta.rs) too. `snapshot_tests!` makes a test of each event in a folder.
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
//! async fn connect() -> Result<Limits, Error> { Ok(Limits { max: std::env::var("MAX")?.parse()? }) }
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
//! [`simulate`] has it handle records as an event source mapping would deliver them, again and again where they fail.
//!
//! A level below is [`RuntimeApi`]: Lambda's Runtime API in this process, with faults on request.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "kit")]
mod context;
mod event;
pub mod events;
#[doc(hidden)]
pub mod frontend;
#[cfg(feature = "kit")]
mod harness;
#[cfg(feature = "kit")]
pub mod insta;
#[doc(hidden)]
pub mod json;
#[cfg(feature = "kit")]
mod outcome;
#[cfg_attr(not(feature = "kit"), allow(dead_code))]
mod pattern;
mod runtime_api;
#[cfg(feature = "kit")]
pub mod simulate;
#[cfg(feature = "kit")]
mod snapshots;

pub use event::{EventError, IntoEvent};
pub use runtime_api::{
    Answer, AnswerKind, Builder, Endpoint, Event, Extension, Fault, Framing, Headers, Pending, Request, RuntimeApi,
};
#[doc(hidden)]
pub use runtime_api::{Part, event::uuid};
#[cfg(feature = "kit")]
pub use {
    context::TestContext,
    harness::Harness,
    outcome::{FunctionError, HttpResponse, Outcome},
    snapshots::SnapshotTests,
};
