//! The macros of [insta](https://insta.rs) for outcomes, so that a crate does not need insta as a dependency.
//!
//! ```no_run
//! use lrt::testing::insta;
//!
//! # async fn test(harness: lrt::testing::Harness<()>) {
//! let outcome = harness.invoke("events/ada.json").await;
//! insta::assert_json_snapshot!(outcome, @r#"
//! {
//!   "reply": "hello Ada"
//! }
//! "#);
//! # }
//! ```

// The crate is not re-exported as a whole: it exports a second `String`, because of which rustc writes
// `std::string::String` in its messages about functions.
pub use ::insta::{
    Settings, allow_duplicates, assert_compact_json_snapshot, assert_debug_snapshot, assert_json_snapshot,
    assert_snapshot, with_settings,
};
