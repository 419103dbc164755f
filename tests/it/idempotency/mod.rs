//! The layer `Idempotency`: its protocol, and what each kind of function gets from it.

mod bad_input;
mod functions;
mod http;
mod model;
mod records;
mod support;
