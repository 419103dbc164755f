//! Batches, seen from outside: an event goes in; what is done, reported and logged comes out.

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
