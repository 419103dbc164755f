//! Parameters of HTTP functions: axum-core's extractors.

use super::{Request, Response};
use crate::function::parameters::{Extract, Input, Use};
use axum_core::body::Body;
use axum_core::extract::{FromRequest, FromRequestParts};
use axum_core::response::IntoResponse;
use http::request::Parts;
use lrt_core::ErrorReport;
use lrt_http::Route;
use std::future::Future;

/// Input of an HTTP function: a request, until a parameter takes its body.
pub struct RequestInput(Option<(Parts, Body)>);

impl RequestInput {
    pub(super) fn new(request: Request) -> Self {
        RequestInput(Some(request.into_parts()))
    }

    fn parts(&mut self) -> &mut Parts {
        let (parts, _) = self.0.as_mut().expect("the parameter that takes the body is extracted last");
        parts
    }

    fn take(&mut self) -> Request {
        let (parts, body) = self.0.take().expect("only one parameter takes the body");
        Request::from_parts(parts, body)
    }
}

/// The rejection is a response. It is boxed, because it is moved through the extraction of each parameter.
impl Input for RequestInput {
    type Rejection = Box<Response>;
    type Sample = Route;
}

/// A parameter of an HTTP function that is taken by value: an extractor. `M` is an inferred marker of the trait of
/// axum-core that it implements.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of an HTTP function: it is not an extractor",
    label = "implements neither `FromRequestParts<()>` nor `FromRequest<()>`",
    note = "a JSON body is a `Json<T>`, the query a `Query<T>`, the parameters of the path a `Path<T>`, for any \
            `T: serde::Deserialize`",
    note = "if it is what `init` returns, borrow it: `&{Self}`"
)]
pub trait HttpParameter<M>: Sized {
    /// Its use of the request.
    const USE: Use;

    /// Extracts the parameter.
    ///
    /// # Errors
    ///
    /// Returns the response to a request that the extractor rejects.
    fn from_input(input: &mut RequestInput) -> impl Future<Output = Result<Self, Box<Response>>> + Send;

    /// Checks that the parameter can be extracted from requests of the function's route.
    ///
    /// # Errors
    ///
    /// Returns an error if the path parameters do not fit.
    fn check_route(_: &Route) -> Result<(), ErrorReport> {
        Ok(())
    }
}

/// Marker of an extractor of the request's head: `FromRequestParts`.
#[derive(Debug)]
pub struct ViaParts;

/// Marker of an extractor of the request's body: `FromRequest`.
#[derive(Debug)]
pub struct ViaRequest;

#[cold]
fn reject(rejection: impl IntoResponse) -> Box<Response> {
    Box::new(rejection.into_response())
}

#[diagnostic::do_not_recommend]
impl<T: FromRequestParts<()> + 'static> HttpParameter<ViaParts> for T {
    const USE: Use = Use::Part;

    async fn from_input(input: &mut RequestInput) -> Result<T, Box<Response>> {
        T::from_request_parts(input.parts(), &()).await.map_err(reject)
    }

    fn check_route(route: &Route) -> Result<(), ErrorReport> {
        route.check_extractor::<T>()
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromRequest<()>> HttpParameter<ViaRequest> for T {
    const USE: Use = Use::Whole;

    async fn from_input(input: &mut RequestInput) -> Result<T, Box<Response>> {
        T::from_request(input.take(), &()).await.map_err(reject)
    }
}

impl<T: HttpParameter<M> + Send + 'static, M> Extract<RequestInput, (M,)> for T {
    type Ref = ();
    const USE: Use = T::USE;

    fn extract(input: &mut RequestInput, (): ()) -> impl Future<Output = Result<T, Box<Response>>> + Send {
        T::from_input(input)
    }

    fn check_sample(route: &Route) -> Result<(), ErrorReport> {
        T::check_route(route)
    }
}
