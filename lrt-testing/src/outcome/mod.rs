//! What became of an event.

mod error;
mod http;
mod redaction;
mod serialize;

pub use error::FunctionError;
pub use http::HttpResponse;

use bytes::Bytes;
use lrt_core::{RenderedError, Reply};
use serde::de::DeserializeOwned;

/// What became of an event: the reply or the function error, and what was logged.
///
/// It is `Serialize`, for [insta](https://insta.rs): `insta::assert_json_snapshot!(outcome)`. What differs from run to
/// run is written as a word then, and the keys of objects are sorted, so that a snapshot stays as it is:
///
/// | what | is written as |
/// |---|---|
/// | the invocation's request id, wherever it occurs but among `batchItemFailures` | `[request-id]` |
/// | the times in log lines, and how long before its deadline a function was stopped | `[time]` |
/// | the place of a panic, `src/main.rs:12:5` | `src/main.rs:[line]` |
///
/// The reply of an HTTP function is written as its client gets it:
/// `{"reply": {"status": 200, "headers": {…}, "cookies": […], "body": …}}`, with names of headers in lower case, a body of
/// JSON as JSON, other text as text, and bytes as `{"base64": "…"}`. The header `date` is `[time]`.
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
    /// What Lambda would send to the caller.
    body: Vec<u8>,
    /// What of it was streamed, as it was made.
    chunks: Vec<Bytes>,
    error: Option<FunctionError>,
    logs: Vec<String>,
    request_id: String,
    /// What the function's events are.
    kind: &'static str,
    with_logs: bool,
}

impl Outcome {
    pub(super) fn new(
        answer: Result<Reply, RenderedError>,
        chunks: Vec<Bytes>,
        logs: Vec<String>,
        request_id: String,
        kind: &'static str,
    ) -> Outcome {
        let (body, error) = match answer {
            Ok(reply) if chunks.is_empty() => (reply.body().to_vec(), None),
            Ok(_) => (chunks.concat(), None),
            Err(failure) if !chunks.is_empty() => (chunks.concat(), Some(FunctionError::of(&failure))),
            Err(failure) => (failure.body().to_vec(), Some(FunctionError::of(&failure))),
        };
        Outcome { body, chunks, error, logs, request_id, kind, with_logs: false }
    }

    /// The reply.
    ///
    /// # Panics
    ///
    /// When there is a function error instead, or the reply is no `T`.
    #[track_caller]
    pub fn reply<T: DeserializeOwned>(&self) -> T {
        if let Some(error) = &self.error {
            panic!("the function failed: {error}");
        }
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            let (name, body) = (std::any::type_name::<T>(), String::from_utf8_lossy(&self.body));
            panic!("the reply is no {name}: {error}: {body}")
        })
    }

    /// Whether there is a reply.
    pub fn is_ok(&self) -> bool {
        self.error.is_none()
    }

    /// The identifiers of the records that a batch function reports as failed: SQS message ids, the sequence number from
    /// which a stream is read again. Empty when all are done.
    ///
    /// # Panics
    ///
    /// When there is a function error instead (as there is when no record was done), or the reply is
    /// not that of a batch.
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

    /// The reply of an HTTP function, as its client gets it. A function error is none: API Gateway, the URL or the load
    /// balancer answers then.
    ///
    /// It is read as the origin of the function's kind reads it, and as any of API Gateway and function URLs would where
    /// the function is of no HTTP kind.
    ///
    /// # Panics
    ///
    /// When there is a function error instead, or the reply is not one that its origin takes.
    ///
    /// ```
    /// use lrt::testing::events;
    /// use serde_json::{Value, json};
    ///
    /// async fn order(event: Value) -> Value {
    ///     let body = json!({"id": event["pathParameters"]["id"]}).to_string();
    ///     json!({"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body})
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
        self.http_reply().unwrap_or_else(|why| {
            let body = String::from_utf8_lossy(&self.body);
            panic!("the reply is no HTTP response: {why}: {body}")
        })
    }

    fn http_reply(&self) -> Result<HttpResponse, String> {
        match &self.chunks[..] {
            [] => HttpResponse::read(&self.body, self.kind),
            [prelude, _delimiter, body @ ..] => HttpResponse::read_streamed(prelude, body.concat(), self.kind),
            [_] => Err("a stream without a prelude".to_owned()),
        }
    }

    /// What a function of the option `streaming` streamed, chunk by chunk; empty where nothing was. The first two of an HTTP
    /// function are the prelude, which is the response's head as JSON, and eight NULs.
    ///
    /// ```
    /// use futures_util::stream;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// async fn halves(n: u32) -> impl stream::Stream<Item = Result<String, String>> {
    ///     stream::iter([Ok((n / 2).to_string()), Err(format!("{n} is odd"))].into_iter().take(1 + n as usize % 2))
    /// }
    ///
    /// let harness = lrt::json(halves).streaming().harness();
    /// assert_eq!(harness.invoke("4").await.chunks(), ["2"]);
    ///
    /// // What failed after its first byte is an error, and what was sent is there as well.
    /// let outcome = harness.invoke("5").await;
    /// assert_eq!((outcome.body(), outcome.error().unwrap().message()), (&b"2"[..], "5 is odd"));
    /// # }
    /// ```
    pub fn chunks(&self) -> &[Bytes] {
        &self.chunks
    }

    /// The function error, if there is no reply: of the function, its init, the guard or the decode. Also what a stream
    /// ended in after its first byte.
    pub fn error(&self) -> Option<&FunctionError> {
        self.error.as_ref()
    }

    /// The bytes that Lambda would send to the caller: the reply, what was streamed, or the function error's JSON.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What lrt logged meanwhile, a line each: the function error, panics in `wait_until` work.
    pub fn logs(&self) -> &[String] {
        &self.logs
    }

    /// The id that the invocation had.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// With the log lines in what is serialized.
    #[must_use]
    pub fn with_logs(mut self) -> Outcome {
        self.with_logs = true;
        self
    }
}
