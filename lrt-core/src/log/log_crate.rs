//! Records of the `log` crate, as lines.

use super::fields::Fields;
use super::line::Entry;
use super::subscriber::{Lines, entered};
use log::{Level, Log, Metadata, Record};
use tracing_core::{LevelFilter, dispatcher};

/// The logger whose records are lines of the subscriber.
pub(super) struct Records;

fn with_lines(f: impl FnOnce(&Lines)) {
    let mut f = Some(f);
    dispatcher::get_default(|dispatch| {
        if let Some(lines) = dispatch.downcast_ref::<Lines>()
            && let Some(f) = f.take()
        {
            f(lines);
        }
    });
}

impl Log for Records {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let mut is_enabled = false;
        with_lines(|lines| is_enabled = lines.enables(filter(metadata.level()), metadata.target()));
        is_enabled
    }

    fn log(&self, record: &Record<'_>) {
        with_lines(|lines| {
            if !lines.enables(filter(record.level()), record.target()) {
                return;
            }
            let mut fields = Fields::default();
            fields.put_message(record.args(), lines.format());
            let entry = Entry {
                level: record.level().as_str(),
                target: record.target(),
                fields: &fields,
                request_id: "",
                file: record.file().zip(record.line()),
                is_own: false,
            };
            lines.write(&entry, entered().as_ref());
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

/// What `log`'s macros ask before anything else.
pub(super) fn most(level: LevelFilter) -> log::LevelFilter {
    let all = [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace];
    let most = all.into_iter().rfind(|candidate| filter(*candidate) <= level);
    most.map_or(log::LevelFilter::Off, |most| most.to_level_filter())
}
