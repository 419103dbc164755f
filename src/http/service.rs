//! What stands between two HTTP layers.

use super::{Request, Response};
use crate::layer::{Between, LayerAround};
use axum_core::body::Body;
use bytes::Bytes;
use lrt_core::{BoxError, SharedService};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// The service that an HTTP layer is put around: the function, or the function with the layers inside of this one.
///
/// It takes requests of any body, so that layers that wrap the body fit (`tower_http::limit`), and is `Clone`, whatever
/// is inside. Its errors are those of layers further in: a function has none, since its errors are responses.
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

impl Between<Request, Response> for HttpService {
    fn hide<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Send + 'static,
    {
        HttpService(SharedService::new(service))
    }

    fn outermost(
        self,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static
    {
        self.0
    }
}

#[diagnostic::do_not_recommend]
impl<L, B> LayerAround<HttpService> for L
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
