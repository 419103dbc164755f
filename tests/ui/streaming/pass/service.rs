use lrt::http::{Body, Request, Response};
use lrt::prelude::{Error, lambda};

#[lambda(http, service, streaming)]
async fn app() -> impl tower::Service<Request, Response = Response, Error = Error, Future: Send> + Send + 'static {
    tower::service_fn(|_| async { Ok(Response::new(Body::from("hello"))) })
}
