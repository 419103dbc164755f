//! Events to invoke a function with.

mod json;

pub use json::{JsonEvent, json};
