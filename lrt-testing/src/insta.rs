//! [insta](https://insta.rs), as far as outcomes need it: a crate that uses these need not name it as a dependency.
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

// Not the whole crate: among all that it has is a second `String`, and from then on rustc would write
// `std::string::String` in each message about a function.
pub use ::insta::{
    Settings, allow_duplicates, assert_compact_json_snapshot, assert_debug_snapshot, assert_json_snapshot,
    assert_snapshot, with_settings,
};
