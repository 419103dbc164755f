//! Warnings about the request that is handled.

use lrt_core::Context;
use std::fmt;

/// Logs a warning with the request id of the [current](Context::current) context.
#[cold]
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    let current = Context::current();
    lrt_core::log::warn(current.as_ref().map_or("", Context::request_id), message);
}
