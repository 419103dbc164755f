//! The spans that lrt opens: of an invocation, and of each record of a batch. Their fields are the ids on every line.

use crate::invocation::Context;
use std::future::Future;
use std::pin::Pin;
#[cfg(feature = "tracing")]
use {
    std::future::poll_fn,
    tracing_core::callsite::DefaultCallsite,
    tracing_core::field::{FieldSet, Value},
    tracing_core::metadata::Kind,
    tracing_core::span::{Attributes, Id},
    tracing_core::{Dispatch, Level, Metadata, dispatcher, identify_callsite},
};

/// A span of lrt's: what happens while it is entered is told with its fields. Without feature `tracing` it is nothing.
///
/// It is one of the `tracing` crate's, and its subscriber's, whichever that is.
#[derive(Debug, Default)]
pub struct Span(#[cfg(feature = "tracing")] Option<(Dispatch, Id)>);

impl Span {
    /// No span.
    pub fn none() -> Span {
        Span(
            #[cfg(feature = "tracing")]
            None,
        )
    }

    /// The span of an invocation, with its ids.
    #[cfg(feature = "tracing")]
    pub fn invocation(context: &Context) -> Span {
        Span::with_ids(&INVOCATION, context)
    }

    /// The span of what runs after the reply.
    #[cfg(feature = "tracing")]
    pub(crate) fn wait_until(context: &Context) -> Span {
        Span::with_ids(&WAIT_UNTIL, context)
    }

    /// No span.
    #[cfg(not(feature = "tracing"))]
    pub fn invocation(_: &Context) -> Span {
        Span::none()
    }

    #[cfg(not(feature = "tracing"))]
    pub(crate) fn wait_until(_: &Context) -> Span {
        Span::none()
    }

    #[cfg(feature = "tracing")]
    fn with_ids(callsite: &'static Callsite, context: &Context) -> Span {
        let request_id = Some(context.request_id()).filter(|id| !id.is_empty());
        let texts = [&request_id, &context.tenant_id(), &context.trace_id()];
        callsite.open(&texts.map(|text| text.as_ref().map(|text| text as &dyn Value)))
    }

    /// The span of a record, with what identifies it. It is within that of the invocation.
    #[cfg(feature = "tracing")]
    pub fn record<'a>(id: impl FnOnce() -> &'a str) -> Span {
        RECORD.open(&[Some(&id() as &dyn Value)])
    }

    /// No span.
    #[cfg(not(feature = "tracing"))]
    pub fn record<'a>(_: impl FnOnce() -> &'a str) -> Span {
        Span::none()
    }

    /// Ends it, before the place that it stands in ends.
    pub fn end(self) {}

    /// Runs `f` in the span.
    #[cfg(feature = "tracing")]
    pub fn enter<T>(&self, f: impl FnOnce() -> T) -> T {
        let Some((dispatch, id)) = &self.0 else { return f() };
        dispatch.enter(id);
        let _entered = Entered(dispatch, id);
        f()
    }

    /// Runs `f`.
    #[cfg(not(feature = "tracing"))]
    pub fn enter<T>(&self, f: impl FnOnce() -> T) -> T {
        f()
    }

    /// A future that is in the span while it is polled, and only then: others may be polled in between.
    ///
    /// It takes a pinned one, since a future that is moved costs instructions, without feature `tracing` as well.
    #[cfg(feature = "tracing")]
    pub fn around<F: Future + ?Sized>(&self, mut future: Pin<&mut F>) -> impl Future<Output = F::Output> {
        poll_fn(move |cx| self.enter(|| future.as_mut().poll(cx)))
    }

    /// The future.
    #[cfg(not(feature = "tracing"))]
    pub fn around<F: Future + ?Sized>(&self, future: Pin<&mut F>) -> impl Future<Output = F::Output> {
        future
    }
}

#[cfg(feature = "tracing")]
impl Drop for Span {
    fn drop(&mut self) {
        if let Some((dispatch, id)) = self.0.take() {
            dispatch.try_close(id);
        }
    }
}

/// Leaves the span in its destructor, and so after a panic, too.
#[cfg(feature = "tracing")]
struct Entered<'a>(&'a Dispatch, &'a Id);

#[cfg(feature = "tracing")]
impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.exit(self.1);
    }
}

/// A place in the code as the `tracing` crate's macros write one: what is not documented of `tracing-core` is theirs.
#[cfg(feature = "tracing")]
struct Callsite {
    callsite: &'static DefaultCallsite,
    metadata: &'static Metadata<'static>,
}

#[cfg(feature = "tracing")]
impl Callsite {
    fn open<const N: usize>(&'static self, values: &[Option<&dyn Value>; N]) -> Span {
        let interest = self.callsite.interest();
        if interest.is_never() {
            return Span::none();
        }
        let span = dispatcher::get_default(|dispatch| {
            if !dispatch.enabled(self.metadata) {
                return None;
            }
            let mut fields = self.metadata.fields().iter();
            let fields: [_; N] = std::array::from_fn(|_| fields.next().expect("there is a field for each value"));
            let values: [_; N] = std::array::from_fn(|at| (&fields[at], values[at]));
            let id = dispatch.new_span(&Attributes::new(self.metadata, &self.metadata.fields().value_set(&values)));
            Some((dispatch.clone(), id))
        });
        Span(span)
    }
}

/// Whether this is one of the spans here.
#[cfg(feature = "tracing")]
pub(super) fn is_ours(metadata: &Metadata<'_>) -> bool {
    let callsite = metadata.callsite();
    metadata.target() == super::TARGET
        && [&INVOCATION, &WAIT_UNTIL, &RECORD].into_iter().any(|ours| ours.metadata.callsite() == callsite)
}

#[cfg(feature = "tracing")]
macro_rules! callsite {
    ($NAME:ident, $name:literal, $fields:expr) => {
        static $NAME: Callsite = {
            static CALLSITE: DefaultCallsite = DefaultCallsite::new(&METADATA);
            // Of the highest level, since the ids belong to each line.
            static METADATA: Metadata<'static> = Metadata::new(
                $name,
                super::TARGET,
                Level::ERROR,
                None,
                None,
                None,
                FieldSet::new($fields, identify_callsite!(&CALLSITE)),
                Kind::SPAN,
            );
            Callsite { callsite: &CALLSITE, metadata: &METADATA }
        };
    };
}

#[cfg(feature = "tracing")]
callsite!(INVOCATION, "invocation", &["requestId", "tenantId", "xrayTraceId"]);
#[cfg(feature = "tracing")]
callsite!(WAIT_UNTIL, "wait_until", &["requestId", "tenantId", "xrayTraceId"]);
#[cfg(feature = "tracing")]
callsite!(RECORD, "record", &["recordId"]);
