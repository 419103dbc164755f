//! Logger of the crate `log`, which passes records to lrt's subscriber.

use super::fields::Fields;
use super::line::LogEvent;
use super::subscriber::{LambdaSubscriber, entered};
use log::{Level, Log, Metadata, Record};
use tracing_core::LevelFilter;
use tracing_core::dispatcher::{self, Dispatch};

/// The logger: its records are written by lrt's subscriber.
pub(super) struct LogBridge;

/// Calls `f` with the subscriber or the layer that writes log lines, if there is one.
pub(super) fn with_lines<T>(dispatch: &Dispatch, f: impl FnOnce(&LambdaSubscriber) -> T) -> Option<T> {
    if let Some(subscriber) = dispatch.downcast_ref::<LambdaSubscriber>() {
        return Some(f(subscriber));
    }
    #[cfg(feature = "tracing-subscriber")]
    if let Some(layer) = dispatch.downcast_ref::<super::layer::LogLayer>() {
        return Some(f(layer.lines()));
    }
    None
}

/// Calls `f` with the current subscriber or layer that writes log lines, if there is one.
fn with_current_lines<T>(f: impl Fn(&LambdaSubscriber) -> T) -> Option<T> {
    dispatcher::get_default(|dispatch| with_lines(dispatch, &f))
}

impl Log for LogBridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        with_current_lines(|lines| lines.enables(filter(metadata.level()), metadata.target())).unwrap_or(false)
    }

    fn log(&self, record: &Record<'_>) {
        with_current_lines(|lines| {
            if !lines.enables(filter(record.level()), record.target()) {
                return;
            }
            let mut fields = Fields::default();
            fields.put_message(record.args(), lines.format());
            let event = LogEvent {
                level: record.level().as_str(),
                target: record.target(),
                fields: &fields,
                request_id: "",
                file: record.file().zip(record.line()),
                is_own: false,
            };
            lines.write(&event, entered().as_ref());
        });
    }

    fn flush(&self) {}
}

fn filter(level: Level) -> LevelFilter {
    match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    }
}

/// Converts a level to one of the crate `log`, whose macros check it first.
pub(super) fn max_level(level: LevelFilter) -> log::LevelFilter {
    let all = [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace];
    let max_level = all.into_iter().rfind(|candidate| filter(*candidate) <= level);
    max_level.map_or(log::LevelFilter::Off, |max_level| max_level.to_level_filter())
}
