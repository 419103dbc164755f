//! The subscriber that writes log lines.

use super::fields::{Fields, Recorder};
use super::filter::Filter;
use super::line::LogEvent;
use super::registry::SpanRegistry;
use super::settings::{Format, Settings};
use super::span::is_own_span;
use std::cell::RefCell;
use std::fmt;
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::subscriber::Interest;
use tracing_core::{Event, LevelFilter, Metadata, Subscriber};

thread_local! {
    /// The spans that this thread has entered, the innermost last.
    static ENTERED: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

/// A subscriber that writes each event on a line, with the fields of its spans.
pub(crate) struct LambdaSubscriber {
    format: Format,
    filter: Filter,
    spans: SpanRegistry,
    write: fn(&str),
}

impl LambdaSubscriber {
    pub(crate) fn new(format: Format, filter: Filter, write: fn(&str)) -> LambdaSubscriber {
        LambdaSubscriber { format, filter, spans: SpanRegistry::default(), write }
    }

    pub(super) fn from_settings(settings: Settings, write: fn(&str)) -> LambdaSubscriber {
        LambdaSubscriber::new(settings.format, settings.filter, write)
    }

    /// Writes a message of lrt.
    ///
    /// `error` contains the members of an error in JSON, as returned by `RenderedError`.
    pub(crate) fn write_own(
        &self,
        level: super::Level,
        request_id: &str,
        message: fmt::Arguments<'_>,
        error: Option<&str>,
    ) {
        if !self.enables(level.filter(), super::TARGET) {
            return;
        }
        let mut fields = Fields::default();
        fields.put_message(&message, self.format);
        fields.error = error.filter(|_| self.format == Format::Json).map(str::to_owned);
        let level = if self.format == Format::Json { level.in_json() } else { level.in_text() };
        let (target, fields) = (super::TARGET, &fields);
        self.write(&LogEvent { level, target, fields, request_id, file: None, is_own: true }, entered().as_ref());
    }

    /// Opens a span.
    pub(super) fn open(&self, span: &Attributes<'_>, parent: Option<&Id>) -> Id {
        let fill = |fields: &mut Fields| span.record(&mut Recorder::new(fields, self.format));
        self.spans.open(span.metadata(), parent, fill)
    }

    /// Writes an event within a span.
    pub(super) fn write_event(&self, event: &Event<'_>, span: Option<&Id>) {
        let mut fields = Fields::default();
        event.record(&mut Recorder::new(&mut fields, self.format));
        let metadata = event.metadata();
        let (level, target, fields) = (metadata.level().as_str(), metadata.target(), &fields);
        self.write(&LogEvent { level, target, fields, request_id: "", file: None, is_own: false }, span);
    }

    pub(super) fn write(&self, event: &LogEvent<'_>, span: Option<&Id>) {
        let line = self.spans.read(span, |spans| event.line(spans, self.format));
        (self.write)(&line);
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    pub(super) fn enables(&self, level: LevelFilter, target: &str) -> bool {
        self.filter.enables(level, target)
    }

    /// Returns the maximum level of all targets.
    pub(super) fn max_level(&self) -> LevelFilter {
        self.filter.max_level()
    }
}

/// Returns the innermost span that this thread has entered.
pub(super) fn entered() -> Option<Id> {
    // The thread-local may be destroyed already while the thread ends.
    ENTERED.try_with(|entered| entered.borrow().last().cloned()).ok().flatten()
}

impl Subscriber for LambdaSubscriber {
    /// Filtering depends on the callsite only, so it is decided once per callsite.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The ids are part of lines of any level.
        self.filter.enables_metadata(metadata) || is_own_span(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.filter.max_level().max(LevelFilter::ERROR))
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let parent = span.parent().cloned().or_else(|| span.is_contextual().then(entered).flatten());
        self.open(span, parent.as_ref())
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.spans.record(span, |fields| values.record(&mut Recorder::new(fields, self.format)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let span = event.parent().cloned().or_else(|| event.is_contextual().then(entered).flatten());
        self.write_event(event, span.as_ref());
    }

    fn enter(&self, span: &Id) {
        let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(span.clone()));
    }

    fn exit(&self, span: &Id) {
        let _ = ENTERED.try_with(|entered| {
            let mut entered = entered.borrow_mut();
            // Guards that are held across an await may be dropped out of order.
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
