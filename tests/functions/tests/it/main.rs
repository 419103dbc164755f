//! Runs the functions of this package as processes: under the local Lambda, the Runtime Interface Emulator and cargo-lambda.

// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

mod access;
mod authorizers;
mod boto3;
mod browser;
mod cargo_lambda;
mod environments;
mod event_stream;
mod http;
mod invoke;
mod invoke_streams;
mod local;
mod logs;
mod managed;
mod many_functions;
mod memory;
mod metrics;
mod page;
mod process;
mod record;
mod rie;
mod sample;
mod shutdown;
mod streams;
mod support;
mod template;
mod trace_env;
mod web;
