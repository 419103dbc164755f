//! The layer around a function.

use crate::conventions::{self, Attributes};
use crate::pipeline::{self, Pipeline};
use lrt_core::{BoxError, Context, ErrorReport, Invocation, Reply};
use opentelemetry::trace::{SpanContext, Status, TraceContextExt};
use pin_project_lite::pin_project;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{self, Poll, ready};
use tower_layer::Layer;
use tower_service::Service;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Returns a layer that traces each invocation of a function of any kind.
///
/// ```no_run
/// use lrt::prelude::*;
///
/// #[lambda(http_api, route = "GET /orders/{id}", layer = lrt_otel::layer())]
/// async fn get_order(Path(id): Path<u64>) -> Result<Json<String>, Error> {
///     Ok(Json(format!("order {id}")))
/// }
/// ```
///
/// It must be the outermost layer. If the environment names no collector, it passes invocations on and costs nothing.
pub fn layer() -> OtelLayer {
    OtelLayer { _private: () }
}

/// The layer that [`layer`] returns.
#[derive(Clone, Debug)]
pub struct OtelLayer {
    _private: (),
}

impl<S> Layer<S> for OtelLayer {
    type Service = OtelService<S>;

    /// Wraps the function at the cold start. Before that, in `init`, the function may install a subscriber of its own.
    fn layer(&self, inner: S) -> OtelService<S> {
        OtelService { inner, pipeline: pipeline::start() }
    }
}

/// The service of an [`OtelLayer`].
#[derive(Clone)]
pub struct OtelService<S> {
    inner: S,
    pipeline: Option<&'static Pipeline>,
}

impl<S> Service<Invocation> for OtelService<S>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
{
    type Response = Reply;
    type Error = BoxError;
    type Future = OtelFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        let span = self.pipeline.map(|pipeline| {
            let context = invocation.context();
            let (attributes, parent, links) = conventions::of_event(invocation.payload(), context);
            begin(pipeline, context, attributes, parent, links)
        });
        OtelFuture::new(self.inner.call(invocation), span)
    }
}

impl<S, B, R> Service<http::Request<B>> for OtelService<S>
where
    S: Service<http::Request<B>, Response = http::Response<R>, Error = BoxError>,
{
    type Response = http::Response<R>;
    type Error = BoxError;
    type Future = OtelFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        // Requests of lrt have a context.
        let context = request.extensions().get::<Context>();
        let span = self.pipeline.zip(context).map(|(pipeline, context)| {
            let (attributes, parent) = conventions::of_request(&request, context);
            begin(pipeline, context, attributes, parent, Vec::new())
        });
        OtelFuture::new(self.inner.call(request), span)
    }
}

/// Sets parent, links and attributes of lrt's span of the invocation, and exports it after the reply.
fn begin(
    pipeline: &'static Pipeline,
    context: &Context,
    attributes: Attributes,
    parent: Option<SpanContext>,
    links: Vec<SpanContext>,
) -> Span {
    let span = Span::current();
    if let Some(parent) = parent {
        let parent = opentelemetry::Context::new().with_remote_span_context(parent);
        if let Err(error) = span.set_parent(parent) {
            let message = "failed to set the parent of the invocation's span";
            lrt_core::log::warn(context.request_id(), format_args!("{message}: {error}"));
        }
    }
    links.into_iter().for_each(|link| span.add_link(link));
    attributes.into_iter().for_each(|attribute| span.set_attribute(attribute.key, attribute.value));
    let exported = context.clone();
    context.wait_until(async move { pipeline.flush_after(&exported).await });
    span
}

pin_project! {
    /// The future of an [`OtelService`], which sets the status of the span.
    pub struct OtelFuture<F> {
        #[pin]
        inner: F,
        open: OpenSpan,
    }
}

impl<F> OtelFuture<F> {
    fn new(inner: F, span: Option<Span>) -> OtelFuture<F> {
        OtelFuture { inner, open: OpenSpan(span) }
    }
}

impl<F, T> Future for OtelFuture<F>
where
    F: Future<Output = Result<T, BoxError>>,
    T: Responded,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Result<T, BoxError>> {
        let this = self.project();
        if this.open.0.is_none() {
            return this.inner.poll(cx);
        }
        // lrt converts the panic to an error outside of this layer.
        let polled = match catch_unwind(AssertUnwindSafe(|| this.inner.poll(cx))) {
            Ok(polled) => polled,
            Err(panic) => {
                this.open.end(|span| fail(span, "Function.Panic"));
                resume_unwind(panic)
            }
        };
        let result = ready!(polled);
        this.open.end(|span| match &result {
            Ok(response) => response.describe(span),
            Err(error) => fail(span, error.downcast_ref::<ErrorReport>().map_or("Error", ErrorReport::name)),
        });
        Poll::Ready(result)
    }
}

/// A span without a status. `None` without a collector, and when the status is set.
struct OpenSpan(Option<Span>);

impl OpenSpan {
    fn end(&mut self, set_status: impl FnOnce(&Span)) {
        if let Some(span) = self.0.take() {
            set_status(&span);
        }
    }
}

/// A future that is dropped before it is ready was stopped, at its deadline or at shutdown.
impl Drop for OpenSpan {
    fn drop(&mut self) {
        self.end(|span| fail(span, "Function.Timeout"));
    }
}

/// Marks the span as failed. lrt's log line about the error is an event of the span.
fn fail(span: &Span, error_type: &str) {
    span.set_attribute("error.type", error_type.to_owned());
    span.set_status(Status::error(error_type.to_owned()));
}

/// A response, with what the span contains of it.
#[doc(hidden)]
pub trait Responded {
    /// Sets the attributes and the status of the span.
    fn describe(&self, span: &Span);
}

impl Responded for Reply {
    fn describe(&self, _: &Span) {}
}

impl<B> Responded for http::Response<B> {
    fn describe(&self, span: &Span) {
        let status = self.status();
        span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
        // As for all spans of servers, the errors of clients are not errors of the function.
        if status.is_server_error() {
            fail(span, status.as_str());
        }
    }
}
