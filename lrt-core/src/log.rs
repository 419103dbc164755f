//! The log: lines on stderr, which Lambda brings to CloudWatch.
//!
//! What lrt itself has to say is a line each. With feature `tracing` a subscriber of lrt's writes these, and those of the
//! `tracing` and `log` crates, in the format that Lambda asks for; without it, there is nothing of that, and all levels are
//! written.
//!
//! # Layout
//!
//! `settings` (the environment) and `filter` say what is written how; `subscriber` gets spans (`spans`, `fields`) and events and
//! writes `line`s; `install` decides whether it is asked at all; `span` are the spans that lrt opens, `records` what comes from
//! `log`.

#[cfg(feature = "testing")]
pub(crate) mod capture;
#[cfg(feature = "tracing")]
mod escape;
#[cfg(feature = "tracing")]
mod fields;
#[cfg(feature = "tracing")]
mod filter;
#[cfg(feature = "tracing")]
mod forward;
#[cfg(feature = "tracing")]
mod init;
#[cfg(feature = "tracing")]
mod line;
#[cfg(feature = "tracing")]
mod log_crate;
#[cfg(feature = "tracing")]
mod registry;
#[cfg(feature = "tracing")]
mod settings;
mod span;
#[cfg(feature = "tracing")]
mod subscriber;
#[cfg(feature = "tracing")]
mod time;

#[cfg(feature = "tracing")]
pub use init::start;
#[cfg(feature = "tracing")]
pub(crate) use init::{settle, tells_panics};
pub use span::Span;

use crate::error::RenderedError;
use std::fmt;
use std::io::{self, Write};

/// The target of what lrt says.
#[cfg(feature = "tracing")]
const TARGET: &str = "lrt";

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The process ends.
    Fatal,
    /// Something failed, and somebody has to look.
    Error,
    /// Something is odd, and goes on.
    Warn,
}

/// Something failed, and somebody has to look.
pub fn error(request_id: &str, message: fmt::Arguments<'_>) {
    line(Level::Error, request_id, message, None);
}

/// Something is odd, and goes on.
pub fn warn(request_id: &str, message: fmt::Arguments<'_>) {
    line(Level::Warn, request_id, message, None);
}

/// The process ends.
pub fn fatal(request_id: &str, message: fmt::Arguments<'_>) {
    line(Level::Fatal, request_id, message, None);
}

/// An error was returned, or a panic was caught; the message has its text. In JSON, the line has its type, its message and
/// its causes as well.
pub fn error_report(level: Level, request_id: &str, message: fmt::Arguments<'_>, failure: &RenderedError) {
    line(level, request_id, message, Some(failure));
}

fn line(level: Level, request_id: &str, message: fmt::Arguments<'_>, failure: Option<&RenderedError>) {
    #[cfg(feature = "testing")]
    if capture::offer(|| plain(level, request_id, message)) {
        return;
    }
    #[cfg(feature = "tracing")]
    if init::tell(level, request_id, message, failure) {
        return;
    }
    let _ = failure;
    write(&format!("{}\n", plain(level, request_id, message)));
}

fn plain(level: Level, request_id: &str, message: fmt::Arguments<'_>) -> String {
    let id = if request_id.is_empty() { "" } else { " RequestId: " };
    one_line(&format!("{}{id}{request_id} {message}", level.in_text()))
}

/// Line ends as they are written in strings, since a line in the log is an event.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'\n' | b'\r')) {
        line.push_str(&rest[..at]);
        line.push_str(if rest.as_bytes()[at] == b'\n' { "\\n" } else { "\\r" });
        rest = &rest[at + 1..];
    }
    line.push_str(rest);
    line
}

/// In one write, so that nothing else comes between. Where nobody reads it, there is nobody to tell.
fn write(line: &str) {
    let _ = io::stderr().write_all(line.as_bytes());
}

impl Level {
    /// In text, an error is an error.
    fn in_text(self) -> &'static str {
        match self {
            Level::Fatal | Level::Error => "ERROR",
            Level::Warn => "WARN",
        }
    }

    /// In JSON, Lambda leaves out what is below the level that was set, so what has to be seen at `FATAL` says so.
    #[cfg(feature = "tracing")]
    fn in_json(self) -> &'static str {
        match self {
            Level::Fatal => "FATAL",
            level => level.in_text(),
        }
    }

    #[cfg(feature = "tracing")]
    fn filter(self) -> tracing_core::LevelFilter {
        match self {
            // Always written.
            Level::Fatal => tracing_core::LevelFilter::OFF,
            Level::Error => tracing_core::LevelFilter::ERROR,
            Level::Warn => tracing_core::LevelFilter::WARN,
        }
    }
}

/// Nothing is to be set up without a subscriber.
#[cfg(not(feature = "tracing"))]
pub fn start() {}

#[cfg(not(feature = "tracing"))]
pub(crate) fn settle() {}

#[cfg(all(test, feature = "tracing"))]
mod tests;
