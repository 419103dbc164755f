//! The service between two layers.

use super::map_tower_errors::NameErrors;
use lrt_core::{BoxError, SharedService};
use tower_layer::Layer;
use tower_service::Service;

/// Service between two layers, whose type does not depend on the inner service.
pub trait BoxedService<Request, Response>: Clone + Send + 'static {
    /// Boxes a service.
    fn boxed<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Send + 'static;

    /// Returns the outermost service, in which tower's errors are renamed to Lambda's names for them.
    fn map_errors(
        self,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static;
}

impl<Request: Send + 'static, Response: 'static> BoxedService<Request, Response> for SharedService<Request, Response> {
    fn boxed<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Send + 'static,
    {
        SharedService::new(service)
    }

    fn map_errors(
        self,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static
    {
        NameErrors(self)
    }
}

/// A tower [`Layer`] that fits around an `S`, the service of a function or of one record.
///
/// Implemented for every layer whose service has the same request and the same response.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer that fits around `{S}`",
    label = "not a tower `Layer` for this function",
    note = "a layer of a JSON or batch function makes a `Service<lrt::Invocation, Response = lrt::Reply>`, a record layer a \
            `Service<lrt::batch::RawRecord, Response = ()>`, a layer of an HTTP function a `Service<http::Request<B>>` whose \
            response is an `http::Response`; its error is `Into<lrt::BoxError>`",
    note = "the layer, its service and that service's future are `Send` and `'static`, and the layer is `Sync`",
    note = "an `Idempotency` needs a store, `.store(&app.store)`; `by` is for JSON functions and records, `by_record_id` for \
            records, `by_header` for HTTP functions; none fits around a function with the option `streaming`",
    note = "`axum::middleware` accepts only services that cannot fail: put axum's `HandleErrorLayer` inside it, or use both \
            within a `Router`"
)]
pub trait BoxLayer<S>: Send + Sync + 'static {
    /// Wraps a service in the layer.
    fn wrap(&self, inner: S) -> S;
}

#[diagnostic::do_not_recommend]
impl<L, Request, Response> BoxLayer<SharedService<Request, Response>> for L
where
    L: Layer<SharedService<Request, Response>> + Send + Sync + 'static,
    L::Service: Service<Request, Response = Response, Error: Into<BoxError>, Future: Send + 'static> + Send + 'static,
    Request: 'static,
    Response: 'static,
{
    fn wrap(&self, inner: SharedService<Request, Response>) -> SharedService<Request, Response> {
        SharedService::new(self.layer(inner))
    }
}
