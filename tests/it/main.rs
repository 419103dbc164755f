//! Integration tests of `lrt`: one binary, so that the crate is linked once.

// In tests, `unwrap` is an assertion.
#![allow(clippy::unwrap_used)]

mod authorizers;
mod aws_events;
mod batches;
mod builder;
mod context_current;
mod envelopes;
mod event_builders;
mod eventbridge;
mod faults;
mod harness;
mod http;
mod http_events;
mod http_frontends;
mod http_outcome;
mod http_properties;
mod idempotency;
mod interruptions;
mod invocations;
mod layers;
mod log_redaction;
mod logs;
mod metrics;
mod outcome;
mod samples;
mod simulate;
mod snapshots;
mod sqs;
mod streaming;
mod support;
mod ui;
mod workers;
