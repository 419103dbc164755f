//! Gives tower's errors the names that Lambda uses.

use lrt_core::{BoxError, Error};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;
use tower_service::Service;

/// Returns an error of one of tower's layers with a name, since a boxed error does not have a type name.
pub(crate) fn name_tower_error(error: BoxError) -> BoxError {
    if error.is::<Elapsed>() {
        Error::named("Function.Timeout", error).into()
    } else if error.is::<Overloaded>() {
        Error::named("Overloaded", error).into()
    } else {
        error
    }
}

/// Outermost service, so that the layers inside see each other's errors unchanged.
#[derive(Clone)]
pub(crate) struct NameErrors<S>(pub(crate) S);

impl<S, Request> Service<Request> for NameErrors<S>
where
    S: Service<Request, Error = BoxError, Future: Unpin>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = NameErrorsFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(name_tower_error)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        NameErrorsFuture(self.0.call(request))
    }
}

pub(crate) struct NameErrorsFuture<F>(F);

impl<F, Response> Future for NameErrorsFuture<F>
where
    F: Future<Output = Result<Response, BoxError>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(name_tower_error)
    }
}
