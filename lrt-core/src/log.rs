//! What the runtime itself has to say: one line each, to stderr, which Lambda brings to CloudWatch.

#[cfg(feature = "testing")]
pub(crate) mod capture;

use std::fmt;
use std::io::{self, Write};

/// Something failed, and somebody has to look.
pub fn error(request_id: &str, message: fmt::Arguments<'_>) {
    line("ERROR", request_id, message);
}

/// Something is odd, and goes on.
pub fn warn(request_id: &str, message: fmt::Arguments<'_>) {
    line("WARN", request_id, message);
}

fn line(level: &str, request_id: &str, message: fmt::Arguments<'_>) {
    let id = if request_id.is_empty() { "" } else { " RequestId: " };
    let line = format!("{level}{id}{request_id} {message}\n");
    #[cfg(feature = "testing")]
    let Some(line) = capture::offer(line) else { return };
    // In one write, so that nothing else comes between. Where nobody reads it, there is nobody to tell.
    let _ = io::stderr().write_all(line.as_bytes());
}
