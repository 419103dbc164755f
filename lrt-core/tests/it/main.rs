//! Integration tests of the loop: a function and a Runtime API that a test plays over a socket, byte by byte.

// In tests, `unwrap` is an assertion.
#![allow(clippy::unwrap_used)]

mod next;
mod replies;
mod shutdown;
mod streams;
mod support;
mod trace_env;
