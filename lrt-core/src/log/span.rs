//! The spans that lrt opens for invocations and records. Their fields are the ids on every line.

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

/// The ids of an invocation that are on each of its lines.
#[cfg_attr(not(feature = "tracing"), allow(dead_code))]
#[derive(Clone, Copy)]
pub(crate) struct InvocationIds<'a> {
    /// The request id, or empty.
    pub(crate) request_id: &'a str,
    pub(crate) tenant_id: Option<&'a str>,
    pub(crate) trace_id: Option<&'a str>,
}

/// A span of the crate `tracing`, whose fields are added to events within it. Without feature `tracing` it does
/// nothing.
///
/// It belongs to the current subscriber, even if that is not lrt's.
#[derive(Debug)]
pub struct Span(#[cfg(feature = "tracing")] Option<(Dispatch, Id)>);

impl Span {
    /// Creates a span that does nothing.
    pub fn none() -> Span {
        Span(
            #[cfg(feature = "tracing")]
            None,
        )
    }

    /// Creates the span of an invocation, with its ids.
    #[cfg(feature = "tracing")]
    pub(crate) fn invocation(ids: InvocationIds<'_>) -> Span {
        INVOCATION.open_with_ids(ids)
    }

    /// Creates the span of the work after the reply.
    #[cfg(feature = "tracing")]
    pub(crate) fn wait_until(ids: InvocationIds<'_>) -> Span {
        WAIT_UNTIL.open_with_ids(ids)
    }

    /// Creates a span that does nothing.
    #[cfg(not(feature = "tracing"))]
    pub(crate) fn invocation(_: InvocationIds<'_>) -> Span {
        Span::none()
    }

    #[cfg(not(feature = "tracing"))]
    pub(crate) fn wait_until(_: InvocationIds<'_>) -> Span {
        Span::none()
    }

    /// Creates the span of a record, with its id. It is a child of the span of the invocation.
    #[cfg(feature = "tracing")]
    pub fn record<'a>(id: impl FnOnce() -> &'a str) -> Span {
        RECORD.open(&[Some(&id() as &dyn Value)])
    }

    /// Creates a span that does nothing.
    #[cfg(not(feature = "tracing"))]
    pub fn record<'a>(_: impl FnOnce() -> &'a str) -> Span {
        Span::none()
    }

    /// Closes the span before the end of its scope.
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

    /// Wraps a future, so that it is in the span while it is polled.
    ///
    /// It takes a pinned future, since moving a future has a cost even without the feature `tracing`.
    #[cfg(feature = "tracing")]
    pub fn around<F: Future + ?Sized>(&self, mut future: Pin<&mut F>) -> impl Future<Output = F::Output> {
        poll_fn(move |cx| self.enter(|| future.as_mut().poll(cx)))
    }

    /// Returns the future.
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

/// Leaves the span when it is dropped, so that the span is also left after a panic.
#[cfg(feature = "tracing")]
struct Entered<'a>(&'a Dispatch, &'a Id);

#[cfg(feature = "tracing")]
impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.exit(self.1);
    }
}

/// A callsite, as the macros of the crate `tracing` create it. (They use items of `tracing-core` that are not
/// documented.)
#[cfg(feature = "tracing")]
struct Callsite {
    callsite: &'static DefaultCallsite,
    metadata: &'static Metadata<'static>,
}

#[cfg(feature = "tracing")]
impl Callsite {
    fn open_with_ids(&'static self, ids: InvocationIds<'_>) -> Span {
        let request_id = Some(ids.request_id).filter(|id| !id.is_empty());
        let texts = [&request_id, &ids.tenant_id, &ids.trace_id];
        self.open(&texts.map(|text| text.as_ref().map(|text| text as &dyn Value)))
    }

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

/// Returns true for the spans of this module.
#[cfg(feature = "tracing")]
pub(super) fn is_own_span(metadata: &Metadata<'_>) -> bool {
    let callsite = metadata.callsite();
    metadata.target() == super::TARGET
        && [&INVOCATION, &WAIT_UNTIL, &RECORD].into_iter().any(|own| own.metadata.callsite() == callsite)
}

#[cfg(feature = "tracing")]
macro_rules! callsite {
    ($NAME:ident, $name:literal, $fields:expr) => {
        static $NAME: Callsite = {
            static CALLSITE: DefaultCallsite = DefaultCallsite::new(&METADATA);
            // The most severe level, since the ids are part of each line.
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
