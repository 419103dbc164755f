//! Batches, seen from outside: an event goes in; what is done, reported and logged comes out.

// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod dynamodb;
mod fixtures;
mod full_batch;
mod guard;
mod kafka;
mod kinesis;
mod log;
mod properties;
mod record_layers;
mod support;
