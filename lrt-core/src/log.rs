//! What the runtime itself has to say: one line each, to stderr, which Lambda brings to CloudWatch.

use std::fmt;

/// Something failed, and somebody has to look.
pub(crate) fn error(request_id: &str, message: fmt::Arguments<'_>) {
    line("ERROR", request_id, message);
}

/// Something is odd, and goes on.
pub(crate) fn warn(request_id: &str, message: fmt::Arguments<'_>) {
    line("WARN", request_id, message);
}

fn line(level: &str, request_id: &str, message: fmt::Arguments<'_>) {
    if request_id.is_empty() {
        eprintln!("{level} {message}");
    } else {
        eprintln!("{level} RequestId: {request_id} {message}");
    }
}
