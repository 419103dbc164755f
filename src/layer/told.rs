//! tower's own errors, by the names that Lambda has for them.

use lrt_core::{BoxError, Error};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;
use tower_service::Service;

/// A box has no type to take a name from, so those that tower's layers make are named here.
pub(crate) fn told(error: BoxError) -> BoxError {
    if error.is::<Elapsed>() {
        Error::named("Function.Timeout", error).into()
    } else if error.is::<Overloaded>() {
        Error::named("Overloaded", error).into()
    } else {
        error
    }
}

/// Stands outside of all layers, so that these see each other's errors as they are.
#[derive(Clone)]
pub(crate) struct Told<S>(pub(crate) S);

impl<S, Request> Service<Request> for Told<S>
where
    S: Service<Request, Error = BoxError, Future: Unpin>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ToldFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(told)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        ToldFuture(self.0.call(request))
    }
}

pub(crate) struct ToldFuture<F>(F);

impl<F, Response> Future for ToldFuture<F>
where
    F: Future<Output = Result<Response, BoxError>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(told)
    }
}
