//! Asynchronous invocations that have ended.

use super::{ReportedInvocation, RequestJson, ResponseJson};
use crate::events::overrides::{Overrides, WithOverrides};
use crate::events::source::{value, write};
use crate::{EventError, IntoEvent};
use bytes::Bytes;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// Starts the record of an asynchronous invocation with this event, which Lambda sends to a destination of the function
/// ([its form](https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html)).
///
/// The invocation succeeded with the reply `null`, unless [`reply`](AsyncInvocationEvent::reply) or
/// [`error`](AsyncInvocationEvent::error) is set.
///
/// ```
/// use lrt::payload::AsyncInvocation;
/// use lrt::testing::events;
/// use serde_json::json;
///
/// #[derive(serde::Deserialize)]
/// struct Order { id: u64 }
///
/// async fn follow_up(invocation: AsyncInvocation<Order>) -> Result<(), lrt::Error> {
///     assert!(invocation.is_failed());
///     assert_eq!(invocation.request_payload.id, 7);
///     assert_eq!(invocation.response_payload["errorType"], "OutOfStock");
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let failed = events::async_invocation(json!({"id": 7})).error("OutOfStock", "no tea is left");
/// // The destination is the function itself.
/// assert!(lrt::json(follow_up).harness().invoke(failed.clone()).await.error().is_none());
/// // The destination is a queue.
/// let event = events::sqs().json(&failed);
/// assert!(lrt::sqs(follow_up).harness().invoke(event).await.batch_failures().is_empty());
/// # }
/// ```
///
/// An event bus gets the record as the detail of an event: `events::eventbridge().detail(&failed)`.
pub fn async_invocation(event: impl IntoEvent) -> AsyncInvocationEvent {
    let error = |error| EventError::new(format!("cannot report the invocation: the event is not JSON: {error}"));
    AsyncInvocationEvent {
        request: event.into_event().and_then(|event| serde_json::from_slice(&event).map_err(error)),
        invocation: ReportedInvocation::new("Success", 1),
        response: Ok(Value::Null),
        is_error: false,
        overrides: Overrides::default(),
    }
}

/// Builder of the record of an asynchronous invocation, created by [`async_invocation`].
#[derive(Clone, Debug)]
#[must_use]
pub struct AsyncInvocationEvent {
    request: Result<Value, EventError>,
    invocation: ReportedInvocation,
    response: Result<Value, EventError>,
    is_error: bool,
    overrides: Overrides,
}

impl AsyncInvocationEvent {
    /// Sets the reply of the function. The default is `null`.
    pub fn reply(mut self, reply: &impl Serialize) -> AsyncInvocationEvent {
        let error = |error| EventError::new(format!("cannot serialize the reply as JSON: {error}"));
        self.response = serde_json::to_value(reply).map_err(error);
        self
    }

    /// Makes this the record of an invocation that failed with this error in each of its three attempts: the condition is
    /// `RetriesExhausted`.
    pub fn error(mut self, error_type: &str, message: &str) -> AsyncInvocationEvent {
        self.response = Ok(json!({"errorType": error_type, "errorMessage": message}));
        self.is_error = true;
        self.condition("RetriesExhausted").attempts(3)
    }

    /// Sets the reason for the record, such as `EventAgeExceeded`.
    pub fn condition(mut self, condition: impl Into<String>) -> AsyncInvocationEvent {
        self.invocation.condition = condition.into();
        self
    }

    /// Sets the name of the function. The default is `function`.
    pub fn function(mut self, name: impl Into<String>) -> AsyncInvocationEvent {
        self.invocation.function = name.into();
        self
    }

    /// Sets the request id of the invocation. The default is `request-1`.
    pub fn request_id(mut self, id: impl Into<String>) -> AsyncInvocationEvent {
        self.invocation.request_id = id.into();
        self
    }

    /// Sets the approximate number of attempts.
    pub fn attempts(mut self, attempts: u64) -> AsyncInvocationEvent {
        self.invocation.attempts = attempts;
        self
    }

    /// Sets the time of the record. The default is `2026-01-01T00:00:00.000Z`.
    pub fn timestamp(mut self, time: impl Into<String>) -> AsyncInvocationEvent {
        self.invocation.timestamp = time.into();
        self
    }

    /// Sets any member of the record by its [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901), for members without a method and
    /// for values that Lambda would not send. Creates missing objects on the path.
    pub fn set(mut self, pointer: &str, value: impl Into<Value>) -> AsyncInvocationEvent {
        self.overrides.set(pointer, value.into());
        self
    }

    /// Returns the record as JSON.
    ///
    /// # Panics
    ///
    /// Panics if the event is not JSON, the reply cannot be serialized, or a pointer leads through a value that is not an object.
    #[track_caller]
    pub fn build(self) -> Value {
        value(self)
    }

    fn to_json(&self) -> Result<WithOverrides<AsyncInvocationJson<'_>>, EventError> {
        self.overrides.apply(AsyncInvocationJson {
            version: "1.0",
            timestamp: &self.invocation.timestamp,
            request_context: self.invocation.to_json(":$LATEST"),
            request_payload: self.request.as_ref().map_err(EventError::clone)?,
            response_context: ResponseJson::new(self.is_error),
            response_payload: self.response.as_ref().map_err(EventError::clone)?,
        })
    }
}

impl IntoEvent for AsyncInvocationEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        write(&self.to_json()?).map(Bytes::from)
    }
}

/// Serializes the record as the body of a queue's message.
impl Serialize for AsyncInvocationEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AsyncInvocationJson<'a> {
    version: &'static str,
    timestamp: &'a str,
    request_context: RequestJson<'a>,
    request_payload: &'a Value,
    response_context: ResponseJson,
    response_payload: &'a Value,
}
