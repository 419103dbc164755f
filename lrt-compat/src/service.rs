//! Calls a service of `LambdaEvent`s for an invocation.

use crate::context::ContextTemplate;
use crate::error::{self, Panicked, catch_panic, fail};
use crate::reply;
use lambda_runtime::{Diagnostic, IntoFunctionResponse, LambdaEvent};
use lrt::{BoxError, Invocation, Reply};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::future::{Future, poll_fn, ready};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use tower_service::Service;

/// A service of invocations that calls a service of `LambdaEvent<T>`s.
///
/// `B` and `S` are the buffered and the streamed form of its responses, as in lambda_runtime.
pub(crate) struct EventService<Svc, T, B, S> {
    service: Svc,
    contexts: ContextTemplate,
    types: PhantomData<fn(T) -> (B, S)>,
}

impl<Svc, T, B, S> EventService<Svc, T, B, S> {
    pub(crate) fn new(service: Svc) -> Self {
        EventService { service, contexts: ContextTemplate::default(), types: PhantomData }
    }
}

impl<Svc, T, B, S, D, E> Service<Invocation> for EventService<Svc, T, B, S>
where
    Svc: Service<LambdaEvent<T>>,
    Svc::Future: Send + 'static,
    Svc::Response: IntoFunctionResponse<B, S>,
    Svc::Error: Into<Diagnostic> + Debug,
    T: for<'de> Deserialize<'de>,
    B: Serialize,
    S: futures_core::Stream<Item = Result<D, E>> + Unpin + Send + 'static,
    D: Into<bytes::Bytes>,
    E: Into<BoxError>,
{
    type Response = Reply;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Reply, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.service.poll_ready(cx).map_err(|error| {
            let text = format!("{error:?}");
            fail("", error.into(), &text)
        })
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        let payload = match decode(invocation.payload()) {
            Ok(payload) => payload,
            Err(error) => return Box::pin(ready(Err(error::report(error).into()))),
        };
        let context = invocation.context().clone();
        let event = LambdaEvent::new(payload, self.contexts.context(&context));
        // The payload is freed here, since its bytes are not needed while the function runs.
        let buffer = invocation.into_reply_buffer();
        let called = catch_panic(|| self.service.call(event));
        Box::pin(async move {
            let returned = match called {
                Ok(future) => catch_panics_of(future).await,
                Err(panicked) => Err(panicked),
            };
            match returned {
                Ok(Ok(response)) => Ok(reply::reply(response.into_response(), buffer)?),
                Ok(Err(error)) => {
                    let text = format!("{error:?}");
                    Err(fail(context.request_id(), error.into(), &text))
                }
                Err(panicked) => Err(fail(context.request_id(), panicked.diagnostic(), &panicked.text())),
            }
        })
    }
}

/// Awaits a future and catches its panics.
async fn catch_panics_of<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_panic(|| future.as_mut().poll(cx)) {
        Ok(poll) => poll.map(Ok),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}

/// Decodes a payload with the errors of lambda_runtime. Like there, data after the value is ignored.
fn decode<T: for<'de> Deserialize<'de>>(payload: &[u8]) -> Result<T, Diagnostic> {
    let mut json = serde_json::Deserializer::from_slice(payload);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = match error.path().to_string() {
            path if path == "." => String::new(),
            path => format!("[{path}] "),
        };
        Diagnostic {
            error_type: "&lambda_runtime::deserializer::DeserializeError".to_owned(),
            error_message: format!(
                "failed to deserialize the incoming data into the function's payload type: {path}{error}\n"
            ),
        }
    })
}
