//! The option `other`: events that are not HTTP requests.

use super::serve::{OtherFuture, OtherHandler};
use super::start::Http;
use crate::builder::Builder;
use crate::function::output::{ErrorReply, JsonReply};
use crate::function::parameters::AsyncFn;
use crate::function::payload::FromPayload;
use bytes::Bytes;
use lrt_core::{ErrorReport, ReplyBuffer};
use std::sync::Arc;

impl<How, Mode, F, A, N, D, L> Builder<Http<How, Mode>, F, A, N, D, L> {
    /// Sets an `async fn(T) -> Result<U, E>` for events that are not HTTP requests: pings that keep environments warm,
    /// schedules, direct invocations. Without it, they are an error.
    ///
    /// The event is decoded into `T` and the reply is JSON, as in a [JSON function](fn@crate::json). The deadline applies, but layers do
    /// not. A request of a service that the function does not accept is still an error.
    ///
    /// ```
    /// use serde_json::{Value, json};
    ///
    /// async fn hello() -> &'static str {
    ///     "hello"
    /// }
    ///
    /// async fn ping(event: Value) -> Result<Value, lrt::Error> {
    ///     Ok(json!({ "warm": event["ping"] }))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let harness = lrt::http(hello).other(ping).harness();
    /// assert_eq!(harness.invoke(json!({ "ping": 1 })).await.reply::<Value>(), json!({ "warm": 1 }));
    /// # }
    /// ```
    pub fn other<O, T, M, U, E>(self, other: O) -> Self
    where
        O: AsyncFn<(T,), Output = Result<U, E>>,
        T: FromPayload<M> + Send + 'static,
        U: JsonReply,
        E: ErrorReply,
    {
        let handle = move |payload: Bytes, buffer: ReplyBuffer| {
            let event = T::from_payload(&payload);
            // Decoded here, so that the future does not contain the payload.
            let called = event.map(|event| other.call((event,)));
            Box::pin(async move {
                let value = called?.await.map_err(ErrorReport::new)?;
                buffer.json(&value)
            }) as OtherFuture
        };
        let handle: OtherHandler = Arc::new(handle);
        self.map_kind(|kind| kind.with_other(handle))
    }
}
