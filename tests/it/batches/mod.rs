//! Complete batch functions: the records of an event that succeed, are reported and are logged.

mod bad_input;
mod duplicates;
mod dynamodb;
mod firehose;
mod full_batch;
mod guard;
mod hints;
mod kafka;
mod kinesis;
mod log;
mod payloads;
mod pipes;
mod properties;
mod record_layers;
mod s3;
mod samples;
mod support;
mod window;
