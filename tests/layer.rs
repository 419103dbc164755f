//! A hand-written tower `Layer` fits around a function.

// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

mod support;

use lrt::{Boot, BoxError, Handler, Invocation, Reply, Report};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use support::with;
use tower_layer::Layer;
use tower_service::Service;

/// Notes each payload and reply on its way, and refuses an empty one.
#[derive(Clone, Default)]
struct Note(Arc<Mutex<Vec<String>>>);

struct Noting<S> {
    inner: S,
    notes: Note,
}

impl<S> Layer<S> for Note {
    type Service = Noting<S>;

    fn layer(&self, inner: S) -> Noting<S> {
        Noting { inner, notes: self.clone() }
    }
}

impl<S> Service<Invocation> for Noting<S>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = Reply;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Reply, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        let notes = self.notes.0.clone();
        if invocation.payload().is_empty() {
            return Box::pin(async { Err("nothing came".into()) });
        }
        let id = invocation.context().request_id().to_owned();
        notes.lock().unwrap().push(format!("{id} {}", String::from_utf8_lossy(invocation.payload())));
        let reply = self.inner.call(invocation);
        Box::pin(async move {
            let reply = reply.await?;
            notes.lock().unwrap().push(format!("{id} -> {}", String::from_utf8_lossy(reply.body())));
            Ok(reply)
        })
    }
}

/// Any function, with the layer around it.
struct Layered<H>(H, Note);

impl<H: Handler> Handler for Layered<H> {
    type Refs = H::Refs;
    type End = H::End;

    async fn boot(&self) -> Result<Boot<H::Refs, H::End>, Report> {
        self.0.boot().await
    }

    fn service(
        &self,
        refs: H::Refs,
    ) -> impl Service<Invocation, Response = Reply, Error = BoxError, Future: Send> + Send + 'static {
        self.1.layer(self.1.layer(self.0.service(refs)))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("odd")]
struct OddNumber;

async fn halve(n: u32) -> Result<u32, OddNumber> {
    if n.is_multiple_of(2) { Ok(n / 2) } else { Err(OddNumber) }
}

#[test]
fn a_layer_sees_each_invocation_and_reply_and_errors_keep_their_names() {
    let notes = Note::default();
    with(Layered(lrt::json(halve).define(), notes.clone()), async |running| {
        let event = |payload: &'static str, id: &str| lrt::testing::Event::new(payload).request_id(id);
        assert_eq!(running.api.invoke(event("8", "a")).await.text(), "4");
        assert_eq!(running.api.invoke(event("7", "b")).await.error_type(), Some("Function.OddNumber"));
        assert_eq!(running.api.invoke(event("", "c")).await.error_type(), Some("Function.Error"));
        assert_eq!(running.api.invoke(event("2", "d")).await.text(), "1");
        assert!(running.stop().await);
    });
    let expected = ["a 8", "a 8", "a -> 4", "a -> 4", "b 7", "b 7", "d 2", "d 2", "d -> 1", "d -> 1"];
    assert_eq!(*notes.0.lock().unwrap(), expected);
}
