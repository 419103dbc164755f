//! Kind of HTTP functions whose parameters are extractors.

use super::parameter::RequestInput;
use super::route::match_route;
use super::serve::{Mode, serve};
use super::service::HttpService;
use super::start::Http;
use super::{Request, Response};
use crate::builder::OfKind;
use crate::function::parameters::{Args, AsyncFn};
use crate::layer::Layers;
use axum_core::response::IntoResponse;
use lrt_core::__private::StateRefs;
use lrt_core::{BoxError, DeadlineMargin, ErrorReport, FunctionService, service_fn};
use lrt_http::Route;
use std::sync::Arc;

/// The function's parameters are extracted from each request.
#[derive(Debug)]
pub struct HandlerMode;

/// The return value of an HTTP function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the response: it does not implement `IntoResponse`",
    label = "does not implement `IntoResponse`",
    note = "a reply as JSON is a `Json<T>`, for any `T: serde::Serialize`",
    note = "a `Router`, or another service, needs the option `service`: `#[lambda(http, service)]`"
)]
pub trait HttpReply: IntoResponse {}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse> HttpReply for T {}

impl<F, A, K, Md> OfKind<Http<HandlerMode, Md>, A, K> for F
where
    Md: Mode,
    F: AsyncFn<A>,
    A: Args<RequestInput, K>,
    F::Output: HttpReply,
    K: 'static,
{
    type Refs = A::Refs;

    async fn service<L: Layers<Request, Response, HttpService<Md>>>(
        &self,
        kind: &Http<HandlerMode, Md>,
        layers: &L,
        refs: StateRefs<A::Refs, L::Refs>,
        margin: DeadlineMargin,
    ) -> Result<impl FunctionService, ErrorReport> {
        super::unsupported_extractors::check::<A>()?;
        let (options, route) = (Arc::new(kind.options(margin)?), kind.route()?);
        if let Some(route) = &route {
            A::check_sample(route)?;
        }
        let (function, borrowed) = (self.clone(), refs.function);
        let handler = service_fn(move |request: Request| handle(function.clone(), route.clone(), request, borrowed));
        let http = layers.around(handler, refs.layers);
        Ok(service_fn(move |invocation| serve::<Md, _>(http.clone(), options.clone(), invocation)))
    }
}

/// Route → extract → your function → response.
async fn handle<F, A, K>(
    function: F,
    route: Option<Arc<Route>>,
    mut request: Request,
    state: A::Refs,
) -> Result<Response, BoxError>
where
    F: AsyncFn<A, Output: HttpReply>,
    A: Args<RequestInput, K>,
{
    if let Some(Err(rejection)) = route.map(|route| match_route(&route, &mut request)) {
        return Ok(*rejection);
    }
    let args = {
        let mut input = RequestInput::new(request);
        A::extract(&mut input, state).await
    };
    match args {
        Ok(args) => Ok(function.call(args).await.into_response()),
        Err(rejection) => Ok(*rejection),
    }
}

#[cfg(test)]
mod tests;
