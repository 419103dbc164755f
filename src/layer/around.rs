use super::told::Told;
use lrt_core::{BoxError, SharedService};
use tower_layer::Layer;
use tower_service::Service;

/// What stands between two layers: a service of one type, whatever is inside.
pub trait Between<Request, Response>: Clone + Send + 'static {
    /// Puts a service behind this type.
    fn hide<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Send + 'static;

    /// The service that stands outside of all layers: there tower's errors get the names that Lambda has for them.
    fn outermost(
        self,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static;
}

impl<Request: Send + 'static, Response: 'static> Between<Request, Response> for SharedService<Request, Response> {
    fn hide<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Send + 'static,
    {
        SharedService::new(service)
    }

    fn outermost(
        self,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static
    {
        Told(self)
    }
}

/// A tower [`Layer`] that fits around an `S`, the service of a function or of one record. Every layer whose service
/// takes the same request and gives the same response does; nobody else needs to implement this.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no layer that fits around this function",
    label = "not a tower `Layer` around `{S}`",
    note = "its service has to be a `Service` of the same request and the same response, with an error that is `Into<BoxError>` and a future that is `Send`",
    note = "the layer and its service are `Send` and `'static`, the layer is `Sync` as well"
)]
pub trait LayerAround<S>: Send + Sync + 'static {
    /// Puts the layer around a service.
    fn wrap(&self, inner: S) -> S;
}

#[diagnostic::do_not_recommend]
impl<L, Request, Response> LayerAround<SharedService<Request, Response>> for L
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
