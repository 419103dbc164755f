//! The subscriber that writes lines.

use super::fields::{Fields, Recorder};
use super::filter::Filter;
use super::line::Entry;
use super::registry::Spans;
use super::settings::{Format, Settings};
use super::span::is_ours;
use std::cell::RefCell;
use std::fmt;
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::subscriber::Interest;
use tracing_core::{Event, LevelFilter, Metadata, Subscriber};

thread_local! {
    /// The spans that this thread is in, the innermost last.
    static ENTERED: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

/// Writes each event in a line, with the fields of the spans that it happens in.
pub(super) struct Lines {
    format: Format,
    filter: Filter,
    spans: Spans,
    write: fn(&str),
}

impl Lines {
    pub(super) fn new(format: Format, filter: Filter, write: fn(&str)) -> Lines {
        Lines { format, filter, spans: Spans::default(), write }
    }

    pub(super) fn of(settings: Settings, write: fn(&str)) -> Lines {
        Lines::new(settings.format, settings.filter, write)
    }

    /// A line of lrt's own.
    ///
    /// `error` are the members of an error in JSON, as [`RenderedError`](crate::RenderedError) has them.
    pub(super) fn own(&self, level: super::Level, request_id: &str, message: fmt::Arguments<'_>, error: Option<&str>) {
        if !self.enables(level.filter(), super::TARGET) {
            return;
        }
        let mut fields = Fields::default();
        fields.put_message(&message, self.format);
        fields.error = error.filter(|_| self.format == Format::Json).map(str::to_owned);
        let level = if self.format == Format::Json { level.in_json() } else { level.in_text() };
        let (target, fields) = (super::TARGET, &fields);
        self.write(&Entry { level, target, fields, request_id, file: None, is_own: true }, entered().as_ref());
    }

    pub(super) fn write(&self, entry: &Entry<'_>, span: Option<&Id>) {
        let line = self.spans.read(span, |spans| entry.line(spans, self.format));
        (self.write)(&line);
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    pub(super) fn enables(&self, level: LevelFilter, target: &str) -> bool {
        self.filter.enables(level, target)
    }

    /// The most detail that is written of anything.
    pub(super) fn most(&self) -> LevelFilter {
        self.filter.most()
    }
}

/// The innermost span that this thread is in.
pub(super) fn entered() -> Option<Id> {
    // A thread that is ending may have none of it left.
    ENTERED.try_with(|entered| entered.borrow().last().cloned()).ok().flatten()
}

impl Subscriber for Lines {
    /// All that a line depends on is known of its place in the code, so it is asked once for each.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The ids are on every line, of whatever level.
        self.filter.enables_all_of(metadata) || is_ours(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.filter.most().max(LevelFilter::ERROR))
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let parent = span.parent().cloned().or_else(|| span.is_contextual().then(entered).flatten());
        let fill = |fields: &mut Fields| span.record(&mut Recorder::new(fields, self.format));
        self.spans.open(span.metadata(), parent.as_ref(), fill)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.spans.record(span, |fields| values.record(&mut Recorder::new(fields, self.format)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut Recorder::new(&mut fields, self.format));
        let span = event.parent().cloned().or_else(|| event.is_contextual().then(entered).flatten());
        let metadata = event.metadata();
        let (level, target, fields) = (metadata.level().as_str(), metadata.target(), &fields);
        self.write(&Entry { level, target, fields, request_id: "", file: None, is_own: false }, span.as_ref());
    }

    fn enter(&self, span: &Id) {
        let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(span.clone()));
    }

    fn exit(&self, span: &Id) {
        let _ = ENTERED.try_with(|entered| {
            let mut entered = entered.borrow_mut();
            // A guard that is held across an await ends out of turn.
            if let Some(at) = entered.iter().rposition(|other| other == span) {
                entered.remove(at);
            }
        });
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.spans.add_handle(id);
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        self.spans.drop_handle(&id)
    }

    fn current_span(&self) -> Current {
        let current = entered().and_then(|id| self.spans.metadata(&id).map(|metadata| Current::new(id, metadata)));
        current.unwrap_or_else(Current::none)
    }
}
