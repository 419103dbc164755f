use lrt::prelude::*;
use std::task::{Context as Cx, Poll};

struct Strings;
struct StringService<S>(S);

impl<S> tower::Layer<S> for Strings {
    type Service = StringService<S>;

    fn layer(&self, inner: S) -> StringService<S> {
        StringService(inner)
    }
}

impl<S> tower::Service<String> for StringService<S> {
    type Response = String;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<String, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Cx<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, text: String) -> Self::Future {
        std::future::ready(Ok(text))
    }
}

#[lambda(layer = Strings)]
async fn process(name: String) -> String {
    name
}
