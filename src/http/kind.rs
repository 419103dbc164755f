//! A function of extractors.

use super::route::Enter;
use super::serve::{Mode, serve};
use super::start::Http;
use super::{Request, Response};
use crate::builder::{Kind, Layered};
use crate::function::args::AsyncFn;
use crate::layer::Layers;
use lrt_core::Borrowed;
use lrt_core::{BoxError, DeadlineMargin, Deployment, ErrorReport, Fraction, FunctionService, service_fn};
use lrt_http::function::{HttpArgs, HttpOutput};
use std::sync::Arc;

/// The function's parameters are extracted from each request.
#[derive(Debug)]
pub struct Extracted;

impl<F, A, K, M, Md> Kind<F, A, K, M> for Http<Extracted, Md>
where
    Md: Mode,
    F: AsyncFn<A>,
    A: HttpArgs<K>,
    F::Output: HttpOutput<M>,
    K: 'static,
    M: 'static,
{
    type Refs = A::Refs;

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
        lent: Borrowed<A::Refs, L::Refs>,
        margin: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        super::axums::refuse::<A>()?;
        let (rules, route) = (Arc::new(self.rules(margin)?), self.route()?);
        let refs = lent.function;
        let answer = service_fn(move |request: Request| answer(function.clone(), route.clone(), request, refs));
        let http = layers.around(answer, lent.layers);
        Ok(service_fn(move |invocation| serve::<Md, _>(http.clone(), rules.clone(), invocation)))
    }
}

/// Route → extract → your function → response.
async fn answer<F, A, K, M>(
    function: F,
    route: Option<Enter>,
    mut request: Request,
    refs: A::Refs,
) -> Result<Response, BoxError>
where
    F: AsyncFn<A>,
    A: HttpArgs<K>,
    F::Output: HttpOutput<M>,
{
    if let Some(Err(refusal)) = route.map(|enter| enter(&mut request)) {
        return Ok(*refusal);
    }
    match A::extract(request, refs).await {
        Ok(args) => Ok(function.call(args).await.into_answer()),
        Err(refusal) => Ok(*refusal),
    }
}
