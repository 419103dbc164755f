//! A function that builds a service, once.

use super::serve::{Mode, serve};
use super::service::HttpService;
use super::start::Http;
use super::{Request, Response};
use crate::builder::{Kind, Layered};
use crate::function::args::AsyncFn;
use crate::function::output::{Fallible, Plain};
use crate::layer::{Between, Layers};
use axum_core::body::Body;
use bytes::Bytes;
use lrt_core::Borrowed;
use lrt_core::{
    BoxError, DeadlineMargin, Deployment, ErrorReport, Fraction, FunctionService, SharedService, service_fn,
};
use std::sync::Arc;
use tower_service::Service;

/// The function builds a service.
#[derive(Debug)]
pub struct Built;

/// A tower `Service` of HTTP requests. Every one is, whatever the body of its responses; nobody else needs to implement
/// this.
pub trait BuildService: Send + 'static {
    /// Puts it behind the type that stands between layers.
    fn build(self) -> HttpService;
}

#[diagnostic::do_not_recommend]
impl<S, B> BuildService for S
where
    S: Service<Request, Response = http::Response<B>, Error: Into<BoxError>, Future: Send + 'static> + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn build(self) -> HttpService {
        HttpService(SharedService::mapped(self, |response| response.map(Body::new)))
    }
}

/// What such a function returns: a service, or a `Result` of one. `M` says which.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no service of HTTP requests",
    label = "not what a function of `service` returns",
    note = "return an `axum::Router`, or any tower `Service<lrt::http::Request>` whose response is an `http::Response`"
)]
pub trait ServiceOutput<M> {
    /// That service.
    ///
    /// # Errors
    ///
    /// The function's own error, which is one of the cold start.
    fn into_service(self) -> Result<HttpService, ErrorReport>;
}

#[diagnostic::do_not_recommend]
impl<S: BuildService, E: Into<BoxError>> ServiceOutput<Fallible> for Result<S, E> {
    fn into_service(self) -> Result<HttpService, ErrorReport> {
        Ok(self.map_err(ErrorReport::new)?.build())
    }
}

#[diagnostic::do_not_recommend]
impl<S: BuildService> ServiceOutput<Plain> for S {
    fn into_service(self) -> Result<HttpService, ErrorReport> {
        Ok(self.build())
    }
}

impl<F, A, M, Md> Kind<F, A, (), M> for Http<Built, Md>
where
    Md: Mode,
    F: AsyncFn<A>,
    // All parameters are `&T`s, so they are what the function borrows.
    A: Copy + Send + Sync + 'static,
    F::Output: ServiceOutput<M>,
{
    type Refs = A;

    const STREAMING: bool = Md::STREAMING;

    fn name(&self) -> &'static str {
        self.kind_name()
    }

    fn written_route(&self) -> Option<&str> {
        self.route_text()
    }

    fn deployment(&self) -> Deployment<'_> {
        self.deployed()
    }

    fn guard(&self, margin: DeadlineMargin) -> DeadlineMargin {
        margin.inner(Fraction::DEFAULT)
    }

    async fn service<L: Layers<Request, Response, <Self as Layered>::Between>>(
        &self,
        function: F,
        layers: &L,
        lent: Borrowed<A, L::Refs>,
        margin: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        let (rules, route) = (Arc::new(self.rules(margin)?), self.route()?);
        let built = function.call(lent.function).await.into_service()?.outermost();
        let answer = service_fn(move |mut request: Request| {
            let (mut built, route) = (built.clone(), route.clone());
            async move {
                match route.map(|enter| enter(&mut request)) {
                    Some(Err(refusal)) => Ok(*refusal),
                    _ => built.call(request).await,
                }
            }
        });
        let http = layers.around(answer, lent.layers);
        Ok(service_fn(move |invocation| serve::<Md, _>(http.clone(), rules.clone(), invocation)))
    }
}
