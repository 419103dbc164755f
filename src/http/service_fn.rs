//! Kind of HTTP functions that build a service, once.

use super::route::match_route;
use super::serve::{Mode, serve};
use super::service::HttpService;
use super::start::Http;
use super::{Request, Response};
use crate::builder::OfKind;
use crate::function::output::ErrorReply;
use crate::function::parameters::AsyncFn;
use crate::layer::{BoxedService, Layers};
use axum_core::body::Body;
use bytes::Bytes;
use lrt_core::__private::StateRefs;
use lrt_core::{BoxError, DeadlineMargin, ErrorReport, FunctionService, SharedService, service_fn};
use std::sync::Arc;
use tower_service::Service;

/// The function builds a service.
#[derive(Debug)]
pub struct ServiceMode;

/// A tower `Service` of HTTP requests.
///
/// Implemented for every such service, with any type of response body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service of HTTP requests",
    label = "cannot be returned from a function with `service`",
    note = "return an `axum::Router`, or any tower `Service<lrt::http::Request>` whose response is an `http::Response`, \
            or a `Result` of one",
    note = "call `.with_state(…)` first: a `Router<S>` is not a service",
    note = "the service and its futures are `Send` and `'static`, its errors `Into<lrt::BoxError>`"
)]
pub trait BuildService: Send + 'static {
    /// Boxes the service.
    fn build(self) -> HttpService;
}

#[diagnostic::do_not_recommend]
impl<S, B> BuildService for S
where
    S: Service<Request, Response = http::Response<B>, Error: Into<BoxError>, Future: Send + 'static> + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn build(self) -> HttpService {
        HttpService::new(SharedService::mapped(self, |response| response.map(Body::new)))
    }
}

impl<F, A, Md, S, E> OfKind<Http<ServiceMode, Md>, A, ()> for F
where
    Md: Mode,
    F: AsyncFn<A, Output = Result<S, E>>,
    // All parameters are `&T`s, so they are the references that the function borrows.
    A: Copy + Send + Sync + 'static,
    S: BuildService,
    E: ErrorReply,
{
    type Refs = A;

    async fn service<L: Layers<Request, Response, HttpService<Md>>>(
        &self,
        kind: &Http<ServiceMode, Md>,
        layers: &L,
        refs: StateRefs<A, L::Refs>,
        margin: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        let (options, route) = (Arc::new(kind.options(margin)?), kind.route()?);
        let service = self.call(refs.function).await.map_err(ErrorReport::new)?.build().map_errors();
        let handler = service_fn(move |mut request: Request| {
            let (mut service, route) = (service.clone(), route.clone());
            async move {
                match route.map(|route| match_route(&route, &mut request)) {
                    Some(Err(rejection)) => Ok(*rejection),
                    _ => service.call(request).await,
                }
            }
        });
        let http = layers.around(handler, refs.layers);
        Ok(service_fn(move |invocation| serve::<Md, _>(http.clone(), options.clone(), invocation)))
    }
}
