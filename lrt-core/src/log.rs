//! Logging: lines on stderr, which Lambda sends to CloudWatch.
//!
//! Each message of lrt is one line. With feature `tracing`, a subscriber writes these messages and the events of the
//! crates `tracing` and `log` in the format that Lambda requests. Without it, lrt does not install a subscriber, and
//! messages of all levels are written.
//!
//! # Layout
//!
//! `settings` (the environment) and `filter` determine what is written; `subscriber` receives spans (`registry`,
//! `fields`) and events and writes `line`s; `init` installs it, or forwards lrt's messages to the function's own
//! subscriber (`forward`); `layer` combines the lines with other layers of tracing-subscriber; `span` contains the spans
//! that lrt opens, `log_crate` the logger of the crate `log`.

#[cfg(feature = "testing")]
pub(crate) mod capture;
mod escape;
#[cfg(feature = "tracing")]
mod fields;
#[cfg(feature = "tracing")]
pub(crate) mod filter;
#[cfg(feature = "tracing")]
mod forward;
#[cfg(feature = "tracing")]
mod init;
#[cfg(feature = "tracing-subscriber")]
mod layer;
#[cfg(feature = "tracing")]
mod line;
#[cfg(feature = "tracing")]
mod log_crate;
#[cfg(feature = "tracing")]
mod registry;
#[cfg(feature = "tracing")]
pub(crate) mod settings;
mod span;
#[cfg(feature = "tracing")]
pub(crate) mod subscriber;

#[cfg(feature = "tracing")]
pub use init::start;
#[cfg(feature = "tracing")]
pub(crate) use init::{install_global, reports_panics};
#[cfg(feature = "tracing-subscriber")]
pub use layer::layer;
pub(crate) use span::InvocationIds;
pub use span::Span;

use crate::error::RenderedError;
use escape::{Escaped, Escapes};
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};

/// The target of lrt's messages.
#[cfg(feature = "tracing")]
const TARGET: &str = "lrt";

/// The severity of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The process exits.
    Fatal,
    /// An operation failed.
    Error,
    /// An unexpected condition that was handled.
    Warn,
}

/// Logs an error.
pub fn error(request_id: &str, message: fmt::Arguments<'_>) {
    line(Level::Error, request_id, message, None);
}

/// Logs a warning.
pub fn warn(request_id: &str, message: fmt::Arguments<'_>) {
    line(Level::Warn, request_id, message, None);
}

/// Logs an error that ends the process.
pub fn fatal(request_id: &str, message: fmt::Arguments<'_>) {
    line(Level::Fatal, request_id, message, None);
}

/// Logs an error or a panic of the function, whose text is part of the message. In JSON, the line also has its type,
/// its message and its causes.
pub fn error_report(level: Level, request_id: &str, message: fmt::Arguments<'_>, error: &RenderedError) {
    line(level, request_id, message, Some(error));
}

fn line(level: Level, request_id: &str, message: fmt::Arguments<'_>, error: Option<&RenderedError>) {
    #[cfg(feature = "testing")]
    if capture::offer(|| plain(level, request_id, message)) {
        return;
    }
    #[cfg(feature = "tracing")]
    if init::log(level, request_id, message, error) {
        return;
    }
    let _ = error;
    write(&format!("{}\n", plain(level, request_id, message)));
}

fn plain(level: Level, request_id: &str, message: fmt::Arguments<'_>) -> String {
    let id = if request_id.is_empty() { "" } else { " RequestId: " };
    let mut line = String::new();
    // If a `Display` fails, the output up to that point is kept.
    let _ = write!(Escaped::new(&mut line, Escapes::Text), "{}{id}{request_id} {message}", level.in_text());
    line
}

/// Writes a line with one call, so that lines of threads do not mix. Errors of stderr are ignored.
fn write(line: &str) {
    let _ = io::stderr().write_all(line.as_bytes());
}

impl Level {
    /// Returns the name of the level in the text format, which has no FATAL level.
    fn in_text(self) -> &'static str {
        match self {
            Level::Fatal | Level::Error => "ERROR",
            Level::Warn => "WARN",
        }
    }

    /// Returns the name of the level in the JSON format. Lambda drops lines below the configured level, so an error
    /// that ends the process is FATAL.
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

/// Does nothing without a subscriber.
#[cfg(not(feature = "tracing"))]
pub fn start() {}

#[cfg(not(feature = "tracing"))]
pub(crate) fn install_global() {}

#[cfg(all(test, feature = "tracing"))]
mod tests;
