//! Outcomes of invocations.

mod error;
mod http;
mod metrics;
mod redaction;
mod serialize;

pub use error::FunctionError;
pub use http::HttpResponse;
pub use metrics::Metrics;

use crate::frontend::Authorization;
use bytes::Bytes;
use lrt_core::{RenderedError, Reply};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Outcome of an invocation: the reply or the function error, and the log lines.
///
/// Implements `Serialize` for [insta](https://insta.rs): `insta::assert_json_snapshot!(outcome)`. To keep snapshots stable, the keys
/// of objects are sorted, and values that differ from run to run are replaced:
///
/// | Value | Replacement |
/// |---|---|
/// | the request id, except in `batchItemFailures` | `[request-id]` |
/// | times in log lines, and the time left when a function was stopped before its deadline | `[time]` |
/// | the location of a panic, `src/main.rs:12:5` | `src/main.rs:[line]` |
///
/// The reply of an HTTP function is serialized as its client receives it:
/// `{"reply": {"status": 200, "headers": {…}, "cookies": […], "body": …}}`. Header names are in lower case. The body is JSON, text, or
/// `{"base64": "…"}` for other bytes. The header `date` is `[time]`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// async fn greet(name: String, ctx: lrt::Context) -> Result<[String; 2], lrt::Error> {
///     match &*name {
///         "" => Err(lrt::Error::named("NoName", "a guest needs a name")),
///         name => Ok([format!("hello {name}"), ctx.request_id().to_owned()]),
///     }
/// }
///
/// let harness = lrt::json(greet).harness();
/// let outcome = harness.invoke(r#""Ada""#).await;
/// assert_eq!(outcome.reply::<[String; 2]>()[0], "hello Ada");
/// assert_eq!(serde_json::to_string(&outcome).unwrap(), r#"{"reply":["hello Ada","[request-id]"]}"#);
///
/// let outcome = harness.invoke(r#""""#).await;
/// assert_eq!(
///     serde_json::to_string(&outcome).unwrap(),
///     r#"{"error":{"errorType":"NoName","errorMessage":"a guest needs a name","stackTrace":[]}}"#
/// );
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The payload that Lambda would send to the caller.
    body: Vec<u8>,
    /// The chunks of a streamed reply.
    chunks: Vec<Bytes>,
    error: Option<FunctionError>,
    logs: Vec<String>,
    metrics: Metrics,
    request_id: String,
    /// The kind of the function.
    kind: &'static str,
    with_logs: bool,
    retry_delays: Vec<(String, Duration)>,
}

impl Outcome {
    pub(super) fn new(
        answer: Result<Reply, RenderedError>,
        chunks: Vec<Bytes>,
        logs: Vec<String>,
        metrics: Vec<String>,
        request_id: String,
        kind: &'static str,
    ) -> Outcome {
        let (body, error) = match answer {
            Ok(reply) if chunks.is_empty() => (reply.body().to_vec(), None),
            Ok(_) => (chunks.concat(), None),
            Err(failure) if !chunks.is_empty() => (chunks.concat(), Some(FunctionError::of(&failure))),
            Err(failure) => (failure.body().to_vec(), Some(FunctionError::of(&failure))),
        };
        let metrics = Metrics::parse(&metrics);
        Outcome { body, chunks, error, logs, metrics, request_id, kind, with_logs: false, retry_delays: Vec::new() }
    }

    pub(super) fn with_retry_delays(self, retry_delays: Vec<(String, Duration)>) -> Outcome {
        Outcome { retry_delays, ..self }
    }

    /// Returns the delay of a record that failed with `Error::retry_after`.
    pub(crate) fn retry_delay(&self, record: &str) -> Option<Duration> {
        self.retry_delays.iter().find(|(id, _)| id == record).map(|(_, delay)| *delay)
    }

    /// Deserializes the reply.
    ///
    /// # Panics
    ///
    /// Panics if the function failed, or the reply cannot be deserialized as `T`.
    #[track_caller]
    pub fn reply<T: DeserializeOwned>(&self) -> T {
        if let Some(error) = &self.error {
            panic!("the function failed: {error}");
        }
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            let (name, body) = (std::any::type_name::<T>(), String::from_utf8_lossy(&self.body));
            panic!("failed to deserialize reply as {name}: {error}: {body}")
        })
    }

    /// Returns true if the function replied without an error.
    pub fn is_ok(&self) -> bool {
        self.error.is_none()
    }

    /// Returns the identifiers of the records that a batch function reports as failed: message ids of SQS, or the sequence number
    /// that a stream is read from again. Empty if all records succeeded.
    ///
    /// # Panics
    ///
    /// Panics if the function failed, which includes the case that no record succeeded, or if the reply does not come
    /// from a batch function.
    #[track_caller]
    pub fn batch_failures(&self) -> Vec<String> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Failures {
            batch_item_failures: Vec<RenderedError>,
        }
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct RenderedError {
            item_identifier: Identifier,
        }
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Identifier {
            Text(String),
            Kafka { partition: String, offset: u64 },
        }
        let Failures { batch_item_failures } = self.reply();
        let text = |failure: RenderedError| match failure.item_identifier {
            Identifier::Text(text) => text,
            Identifier::Kafka { partition, offset } => format!("{partition}:{offset}"),
        };
        batch_item_failures.into_iter().map(text).collect()
    }

    /// Returns the reply of an HTTP function, as its client receives it. A function error is not a reply: the service that invoked the
    /// function responds instead.
    ///
    /// The reply is parsed as by the origin of the function's kind. If the kind is not an HTTP kind, the reply is
    /// parsed as by API Gateway and function URLs.
    ///
    /// # Panics
    ///
    /// Panics if the function failed, or the origin would reject the reply.
    ///
    /// ```
    /// use lrt::testing::events;
    /// use serde_json::{Value, json};
    ///
    /// async fn order(event: Value) -> Result<Value, lrt::Error> {
    ///     let body = json!({"id": event["pathParameters"]["id"]}).to_string();
    ///     Ok(json!({"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let event = events::http_api().get("/orders/7").route("GET /orders/{id}");
    /// let reply = lrt::json(order).harness().invoke(event).await.http();
    /// assert_eq!((reply.status(), reply.header("content-type")), (200, Some("application/json")));
    /// assert_eq!(reply.json::<Value>(), json!({"id": "7"}));
    /// # }
    /// ```
    #[track_caller]
    pub fn http(&self) -> HttpResponse {
        if let Some(error) = self.error.as_ref().filter(|_| self.chunks.is_empty()) {
            panic!("the function failed: {error}");
        }
        self.http_reply().unwrap_or_else(|error| {
            let body = String::from_utf8_lossy(&self.body);
            panic!("invalid HTTP response: {error}: {body}")
        })
    }

    /// Returns the decision of an authorizer.
    ///
    /// # Panics
    ///
    /// Panics if the authorizer failed, or if API Gateway would not understand its reply. The client receives a 500 in both cases.
    #[track_caller]
    pub fn authorization(&self) -> Authorization {
        match &self.error {
            Some(error) => {
                Authorization::of_error(error.message()).unwrap_or_else(|| panic!("the authorizer failed: {error}"))
            }
            None => Authorization::read(&self.body).unwrap_or_else(|error| {
                let body = String::from_utf8_lossy(&self.body);
                panic!("invalid reply of an authorizer: {error}: {body}")
            }),
        }
    }

    fn http_reply(&self) -> Result<HttpResponse, String> {
        match &self.chunks[..] {
            [] => HttpResponse::read(&self.body, self.kind),
            [prelude, _delimiter, body @ ..] => HttpResponse::read_streamed(prelude, body.concat(), self.kind),
            [_] => Err("missing prelude of a streamed response".to_owned()),
        }
    }

    /// Returns the chunks of a streamed reply, or nothing if the reply is not streamed. The first two chunks of an HTTP function are
    /// the prelude, which is the head of the response as JSON, and eight NUL bytes.
    ///
    /// ```
    /// use futures_util::stream;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// async fn halves(n: u32) -> Result<impl stream::Stream<Item = Result<String, String>>, lrt::Error> {
    ///     let chunks = [Ok((n / 2).to_string()), Err(format!("{n} is odd"))];
    ///     Ok(stream::iter(chunks.into_iter().take(1 + n as usize % 2)))
    /// }
    ///
    /// let harness = lrt::json(halves).streaming().harness();
    /// assert_eq!(harness.invoke("4").await.chunks(), ["2"]);
    ///
    /// // After an error in the middle of a stream, there are both the sent bytes and the error.
    /// let outcome = harness.invoke("5").await;
    /// assert_eq!((outcome.body(), outcome.error().unwrap().message()), (&b"2"[..], "5 is odd"));
    /// # }
    /// ```
    pub fn chunks(&self) -> &[Bytes] {
        &self.chunks
    }

    /// Returns the error of the function, its `init`, its deadline or the decoding of the event, or the error that ended a stream.
    pub fn error(&self) -> Option<&FunctionError> {
        self.error.as_ref()
    }

    /// Returns the bytes that Lambda would send to the caller: the reply, the streamed bytes, or the function error as JSON.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns the lines that lrt logged during the invocation, such as the function error and panics of `wait_until` work.
    pub fn logs(&self) -> &[String] {
        &self.logs
    }

    /// Returns the metrics that the invocation has written: those of lrt, and the function's own. Empty without the option
    /// `metrics`.
    ///
    /// ```
    /// use lrt::metrics::{counter, histogram};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// async fn order(cents: u32) -> Result<(), lrt::Error> {
    ///     counter!("Orders", "Country" => "NZ").increment(1);
    ///     histogram!("Cents").record(cents);
    ///     Ok(())
    /// }
    ///
    /// let outcome = lrt::json(order).metrics("Shop").harness().invoke("250").await;
    /// assert_eq!(outcome.metrics().values("Cents"), [250.0]);
    /// assert!(outcome.metrics().values("Errors").is_empty());
    /// assert_eq!(
    ///     serde_json::to_value(outcome.metrics()).unwrap()[1],
    ///     serde_json::json!({
    ///         "namespace": "Shop",
    ///         "dimensions": {"Country": "NZ", "FunctionName": "order"},
    ///         "metrics": {"Orders": {"unit": "Count", "value": 1}},
    ///     })
    /// );
    /// # }
    /// ```
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Returns the request id of the invocation.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Includes the log lines in the serialized outcome.
    #[must_use]
    pub fn with_logs(mut self) -> Outcome {
        self.with_logs = true;
        self
    }
}
