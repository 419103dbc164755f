//! The service between two HTTP layers.

use super::{Request, Response};
use crate::layer::{BoxLayer, BoxedService};
use axum_core::body::Body;
use bytes::Bytes;
use lrt_core::{BoxError, SharedService};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Service that an HTTP layer wraps: the function, with the layers inside this one around it.
///
/// It accepts requests with any body, so that layers that wrap the body fit (`tower_http::limit`), and is `Clone` for
/// any inner service. Its errors come from inner layers: a function's own errors are responses.
#[derive(Clone, Debug)]
pub struct HttpService(pub(super) SharedService<Request, Response>);

impl<B> Service<http::Request<B>> for HttpService
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        self.0.call(request.map(Body::new))
    }
}

impl BoxedService<Request, Response> for HttpService {
    fn boxed<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Send + 'static,
    {
        HttpService(SharedService::new(service))
    }

    fn map_errors(
        self,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static
    {
        self.0
    }
}

#[diagnostic::do_not_recommend]
impl<L, B> BoxLayer<HttpService> for L
where
    L: Layer<HttpService> + Send + Sync + 'static,
    L::Service:
        Service<Request, Response = http::Response<B>, Error: Into<BoxError>, Future: Send + 'static> + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn wrap(&self, inner: HttpService) -> HttpService {
        HttpService(SharedService::mapped(self.layer(inner), |response| response.map(Body::new)))
    }
}
