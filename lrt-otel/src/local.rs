//! Spans for the page of the local Lambda.

use crate::client::Client;
use crate::env::variable;
use http::{Request, Uri};
use opentelemetry::trace::Status;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_sdk::trace::SpanData;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

/// Set by `cargo run` for the processes of functions.
const VARIABLE: &str = "LRT_LOCAL_SPANS_URL";

/// The maximum duration of a request, so that a page that hangs does not delay the next invocation.
const TIMEOUT: Duration = Duration::from_millis(500);

/// The local Lambda of a debug build.
pub(crate) struct LocalPage {
    url: Uri,
    client: Client,
}

impl LocalPage {
    /// Returns `None` in Lambda, and in release builds, from which the compiler removes this module.
    pub(crate) fn find() -> Option<LocalPage> {
        if !cfg!(debug_assertions) {
            return None;
        }
        let url = variable(VARIABLE)?.parse().ok()?;
        Some(LocalPage { url, client: Client::new().ok()? })
    }

    /// Sends spans to the page, within `limit`.
    pub(crate) async fn show(&self, spans: &[SpanData], limit: Duration) -> Result<(), HttpError> {
        let body: Value = spans.iter().map(to_json).collect();
        let request = Request::post(&self.url).header("content-type", "application/json");
        let request = request.body(Bytes::from(body.to_string()))?;
        let response = tokio::time::timeout(limit.min(TIMEOUT), self.client.send_bytes(request)).await??;
        if response.status().is_success() { Ok(()) } else { Err(response.status().to_string().into()) }
    }
}

/// Returns the fields that the page shows.
fn to_json(span: &SpanData) -> Value {
    let ns = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
    let request_id = span.attributes.iter().find(|attribute| attribute.key.as_str() == "faas.invocation_id");
    let error = match &span.status {
        Status::Error { description } => Some(description),
        _ => None,
    };
    json!({
        "id": span.span_context.span_id().to_string(),
        "parentId": span.parent_span_id.to_string(),
        "name": span.name,
        "start": ns(span.start_time),
        "end": ns(span.end_time),
        "error": error,
        "requestId": request_id.map(|attribute| attribute.value.as_str()),
    })
}
