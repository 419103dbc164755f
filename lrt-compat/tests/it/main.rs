//! Runs the same programs on the loop of lambda_runtime and on lrt's, with the same events, and compares the answers.

// In tests, `unwrap` is an assertion.
#![allow(clippy::unwrap_used)]

mod differences;
mod emulator;
mod functions;
mod http;
mod into_service;
mod process;
mod programs;
mod same_answers;
mod under_emulators;
