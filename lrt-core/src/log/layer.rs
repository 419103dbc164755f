//! The log lines as a layer of tracing-subscriber, next to other layers.

use super::forward;
use super::settings::Settings;
use super::subscriber::LambdaSubscriber;
use std::sync::Arc;
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, LevelFilter, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// Returns a layer that writes the log lines that lrt writes without a subscriber: in the format and with the levels that
/// the environment configures, with the ids of the invocation. For a function that combines them with other layers.
///
/// ```
/// use tracing_subscriber::prelude::*;
///
/// let subscriber = tracing_subscriber::registry().with(lrt_core::log::layer());
/// # tracing::subscriber::with_default(subscriber, || tracing::info!("written"));
/// ```
pub fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let lines = Arc::new(LambdaSubscriber::from_settings(Settings::read(), super::write));
    let max_level = lines.max_level_hint().unwrap_or(LevelFilter::TRACE);
    let enabled = Arc::clone(&lines);
    // lrt writes its own messages itself, since an event lacks the members of an error.
    let filter: FilterFn<_> = filter_fn(move |metadata| !forward::is_forwarded(metadata) && enabled.enabled(metadata));
    LogLayer(lines).with_filter(filter.with_max_level_hint(max_level))
}

/// The layer that [`layer`] returns, without its filter.
pub(super) struct LogLayer(Arc<LambdaSubscriber>);

impl LogLayer {
    pub(super) fn lines(&self) -> &LambdaSubscriber {
        &self.0
    }

    /// Calls `f` with the id of a span in the subscriber of the lines.
    fn with_span<S>(&self, id: &Id, ctx: &Context<'_, S>, f: impl FnOnce(&Id))
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        if let Some(own) = ctx.span(id).and_then(line_span) {
            f(&own);
        }
    }
}

/// The id of a span in the subscriber of the lines.
struct LineSpan(Id);

/// Returns the id of a span in the subscriber of the lines, unless the span was opened without the layer.
fn line_span<'span, S: LookupSpan<'span>>(span: SpanRef<'span, S>) -> Option<Id> {
    span.extensions().get::<LineSpan>().map(|own| own.0.clone())
}

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        let parent = span.parent().and_then(line_span);
        let own = self.0.open(attributes, parent.as_ref());
        span.extensions_mut().insert(LineSpan(own));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        self.with_span(id, &ctx, |own| self.0.record(own, values));
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let own = ctx.event_span(event).and_then(line_span);
        self.0.write_event(event, own.as_ref());
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        self.with_span(id, &ctx, |own| self.0.enter(own));
    }

    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        self.with_span(id, &ctx, |own| self.0.exit(own));
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        self.with_span(&id, &ctx, |own| {
            self.0.try_close(own.clone());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::filter::Filter;
    use crate::log::settings::Format;
    use std::cell::RefCell;
    use tracing_subscriber::prelude::*;

    thread_local! {
        static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    fn lines_of(format: Format, f: impl FnOnce()) -> Vec<String> {
        let write = |line: &str| LINES.with_borrow_mut(|lines| lines.push(line.trim_end().to_owned()));
        let lines = LogLayer(Arc::new(LambdaSubscriber::new(format, Filter::from(LevelFilter::INFO), write)));
        let filter =
            filter_fn(|metadata| !forward::is_forwarded(metadata) && *metadata.level() <= tracing::Level::INFO);
        let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter));
        tracing::subscriber::with_default(subscriber, f);
        LINES.take()
    }

    #[test]
    fn lines_are_those_of_the_subscriber() {
        let lines = lines_of(Format::Text, || {
            let outer = tracing::info_span!("outer", a = 1);
            let inner = tracing::info_span!(parent: &outer, "inner", b = tracing::field::Empty);
            inner.record("b", 2);
            inner.in_scope(|| {
                tracing::info!(c = 3, "inside");
                tracing::debug!("not enabled");
                tracing::info!(parent: &outer, "in the outer span");
            });
            tracing::warn!("outside");
        });
        assert_eq!(
            lines,
            [
                "INFO lrt_core::log::layer::tests: inside c=3 b=2 a=1",
                "INFO lrt_core::log::layer::tests: in the outer span a=1",
                "WARN lrt_core::log::layer::tests: outside"
            ]
        );
    }

    #[test]
    fn messages_of_lrt_are_written_once_and_with_their_ids() {
        let lines = lines_of(Format::Json, || {
            let span = crate::log::Span::record(|| "m-1");
            span.enter(|| crate::log::warn("r-1", format_args!("slow")));
        });
        let [line] = &lines[..] else { panic!("{lines:?}") };
        for part in [r#""level":"WARN""#, r#""message":"slow""#, r#""requestId":"r-1""#, r#""recordId":"m-1""#] {
            assert!(line.contains(part), "{line}");
        }
    }
}
