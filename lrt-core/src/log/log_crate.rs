//! Logger of the crate `log`, which passes records to lrt's subscriber.

use super::fields::Fields;
use super::init;
use super::line::LogEvent;
use super::subscriber::{LambdaSubscriber, entered};
use log::{Level, Log, Metadata, Record};
use tracing_core::{LevelFilter, dispatcher};

/// The logger: its records are written by lrt's subscriber.
pub(super) struct LogBridge;

fn with_subscriber(f: impl FnOnce(&LambdaSubscriber)) {
    let mut f = Some(f);
    dispatcher::get_default(|dispatch| {
        if let Some(f) = f.take() {
            init::with_lines(dispatch, f);
        }
    });
}

impl Log for LogBridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let mut is_enabled = false;
        with_subscriber(|subscriber| is_enabled = subscriber.enables(filter(metadata.level()), metadata.target()));
        is_enabled
    }

    fn log(&self, record: &Record<'_>) {
        with_subscriber(|subscriber| {
            if !subscriber.enables(filter(record.level()), record.target()) {
                return;
            }
            let mut fields = Fields::default();
            fields.put_message(record.args(), subscriber.format());
            let event = LogEvent {
                level: record.level().as_str(),
                target: record.target(),
                fields: &fields,
                request_id: "",
                file: record.file().zip(record.line()),
                is_own: false,
            };
            subscriber.write(&event, entered().as_ref());
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
