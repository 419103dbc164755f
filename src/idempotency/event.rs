//! The service around a JSON function.

use super::error::IdempotencyError;
use super::execution::{Start, replayed_error, start};
use super::key::By;
use super::layer::Idempotent;
use lrt_core::{BoxError, Invocation, Reply, SharedService};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

impl Service<Invocation> for Idempotent<SharedService<Invocation, Reply>, By> {
    type Response = Reply;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Reply, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        // A clone shares the readiness of the service.
        let mut inner = self.inner.clone();
        let (key, settings) = (self.key.clone(), self.settings.clone());
        Box::pin(async move {
            let (key, fingerprint) = (key.of_event)(invocation.payload(), settings.compares_payloads)?;
            let started = start(&settings, invocation.context(), &key, fingerprint).await;
            match started.map_err(IdempotencyError::into_box)? {
                Start::Replay(stored) if stored.is_error => Err(replayed_error(&stored.data)),
                Start::Replay(stored) => Ok(Reply::from_bytes(stored.data)),
                Start::Run(execution) => {
                    let result = inner.call(invocation).await;
                    execution.finish(result, |reply| text(reply).map(Some)).await
                }
            }
        })
    }
}

/// Returns a reply as text.
fn text(reply: &Reply) -> Result<String, BoxError> {
    if reply.is_stream() {
        return Err("a streamed reply cannot be stored".into());
    }
    match std::str::from_utf8(reply.body()) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(format!("the reply is not UTF-8: {error}").into()),
    }
}
