//! Integration tests of the public API.

#![allow(clippy::unwrap_used)]

mod as_axum;
mod conformance;
mod event_extractors;
mod json;
mod path;
mod query;
mod requests;
mod responses;
mod round_trip;
mod route;
mod support;
mod with_axum;
