//! The service between two HTTP layers.

use super::serve::{Collected, Streaming};
use super::{Request, Response};
use crate::layer::{BoxLayer, BoxedService, LazyLayer, MakeLayer, StaticLayer};
use axum_core::body::Body;
use bytes::Bytes;
use lrt_core::{BoxError, SharedService};
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Service that an HTTP layer wraps: the function, with the layers inside this one around it.
///
/// It accepts requests with any body, so that layers that wrap the body fit (`tower_http::limit`), and is `Clone` for
/// any inner service. Its errors come from inner layers: a function's own errors are responses.
///
/// `Mode` is that of the function. Layers that need complete responses only fit around an `HttpService<Collected>`.
pub struct HttpService<Mode = Collected> {
    pub(super) inner: SharedService<Request, Response>,
    mode: PhantomData<fn(Mode)>,
}

impl<Mode> HttpService<Mode> {
    pub(super) fn new(inner: SharedService<Request, Response>) -> HttpService<Mode> {
        HttpService { inner, mode: PhantomData }
    }
}

impl<Mode> Clone for HttpService<Mode> {
    fn clone(&self) -> HttpService<Mode> {
        HttpService::new(self.inner.clone())
    }
}

impl<Mode> fmt::Debug for HttpService<Mode> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpService")
    }
}

impl<B, Mode> Service<http::Request<B>> for HttpService<Mode>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        self.inner.call(request.map(Body::new))
    }
}

impl<Mode: Send + Sync + 'static> BoxedService<Request, Response> for HttpService<Mode> {
    fn boxed<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Send + 'static,
    {
        HttpService::new(SharedService::new(service))
    }

    fn map_errors(
        self,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static
    {
        self.inner
    }
}

#[diagnostic::do_not_recommend]
impl<L, B, Mode> BoxLayer<HttpService<Mode>> for L
where
    L: Layer<HttpService<Mode>> + Send + Sync + 'static,
    L::Service:
        Service<Request, Response = http::Response<B>, Error: Into<BoxError>, Future: Send + 'static> + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn wrap(&self, inner: HttpService<Mode>) -> HttpService<Mode> {
        HttpService::new(SharedService::mapped(self.layer(inner), |response| response.map(Body::new)))
    }
}

/// A layer that was added before the option `streaming`.
impl<New> MakeLayer<HttpService<Streaming>> for StaticLayer<HttpService, New>
where
    New: BoxLayer<HttpService<Streaming>>,
{
    type Ref = ();

    fn wrap(&self, inner: HttpService<Streaming>, (): ()) -> HttpService<Streaming> {
        HttpService::new(MakeLayer::<HttpService>::wrap(self, HttpService::new(inner.inner), ()).inner)
    }
}

/// A layer that was added before the option `streaming`.
impl<T, New> MakeLayer<HttpService<Streaming>> for LazyLayer<HttpService, T, New>
where
    T: Sync + 'static,
    New: BoxLayer<HttpService<Streaming>>,
{
    type Ref = &'static T;

    fn wrap(&self, inner: HttpService<Streaming>, state: &'static T) -> HttpService<Streaming> {
        HttpService::new(MakeLayer::<HttpService>::wrap(self, HttpService::new(inner.inner), state).inner)
    }
}
