//! Writes the prelude of a streamed response.

use super::{HeaderEncoding, LossyHeaders, ResponseFormat, for_each_header, header_value, hop_by_hop, multi_value};
use crate::Response;
use crate::body::{root_cause, warn_dropped_trailers};
use axum_core::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, SET_COOKIE};
use http::response::Parts;
use http::{HeaderValue, StatusCode};
use http_body::Body as _;
use lrt_core::{BoxError, Chunks, DeadlineMargin, Error, ErrorReport, Streamed};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The content type by which Lambda recognizes a prelude.
const CONTENT_TYPE: &str = "application/vnd.awslambda.http-integration-response";

/// The bytes between prelude and body.
const DELIMITER: &[u8] = &[0; 8];

/// Maximum size of the prelude including the delimiter.
const MAX_BYTES: usize = 16 * 1024;

/// A response whose body is sent in chunks as they become available.
pub struct StreamingResponse {
    parts: Parts,
    body: Frames,
}

impl StreamingResponse {
    /// Polls the body once, so that a body that fails immediately can still be replaced by an error response.
    ///
    /// # Errors
    ///
    /// Returns the error of the body.
    pub async fn start(response: Response) -> Result<StreamingResponse, BoxError> {
        let mut started = StreamingResponse::from(response);
        if let Poll::Ready(first) = poll_fn(|cx| Poll::Ready(started.body.poll_frame(cx))).await {
            started.body.first = Some(first.transpose()?);
        }
        Ok(started)
    }
}

/// Converts a response without polling its body.
impl From<Response> for StreamingResponse {
    fn from(response: Response) -> StreamingResponse {
        let (parts, body) = response.into_parts();
        StreamingResponse { parts, body: Frames { first: None, body } }
    }
}

/// The data frames of a body. Trailers are dropped with a warning, since no origin supports them.
struct Frames {
    /// The result of the first poll, if it was ready.
    first: Option<Option<Bytes>>,
    body: Body,
}

impl Frames {
    /// Returns true if the body is known to be empty.
    fn is_empty(&self) -> bool {
        match &self.first {
            Some(first) => first.is_none(),
            None => self.body.is_end_stream(),
        }
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => return Poll::Ready(Some(Ok(data))),
                    Err(_) => warn_dropped_trailers(),
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(root_cause(error)))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl Chunks for Frames {
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(first.map(Ok)),
            None => self.poll_frame(cx),
        }
    }

    fn is_end(&self) -> bool {
        self.first.is_none() && self.body.is_end_stream()
    }
}

impl ResponseFormat {
    /// Writes status and headers of a response, and returns the reply that streams its body.
    ///
    /// The prelude is a JSON object, followed by eight NUL bytes
    /// ([response streaming](https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html)). Headers with a
    /// single value are in `headers`. Headers with several values are joined by commas, or for a REST API in
    /// `multiValueHeaders`. Cookies are in `cookies`. Hop-by-hop headers are dropped.
    ///
    /// A response that is known to have no body (a redirect, a 204, the response to `HEAD`) gets `content-length: 0`,
    /// unless it already has a `content-length`: otherwise, function URLs have been reported to keep the connection
    /// open until the function's timeout
    /// ([example](https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/95)).
    ///
    /// # Errors
    ///
    /// Returns `Function.ResponseHeadTooLarge` if the prelude exceeds Lambda's limit of 16 KiB.
    pub fn stream(&self, response: StreamingResponse, margin: DeadlineMargin) -> Result<Streamed, ErrorReport> {
        let (prelude, body) = self.prelude(response)?;
        Ok(Streamed::new(body).content_type(CONTENT_TYPE).prelude(prelude).margin(margin))
    }

    /// Returns the chunks of the prelude, and the body.
    fn prelude(&self, response: StreamingResponse) -> Result<(Vec<Bytes>, Frames), ErrorReport> {
        let StreamingResponse { mut parts, body } = response;
        let body = if self.has_body(parts.status) { body } else { Frames { first: None, body: Body::empty() } };
        hop_by_hop::remove(&mut parts.headers);
        if body.is_empty() && (parts.status == StatusCode::NO_CONTENT || !parts.headers.contains_key(CONTENT_LENGTH)) {
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut lossy = LossyHeaders::default();
        let mut prelude = Vec::new();
        self.write_prelude(parts, &mut prelude, &mut lossy);
        if lossy.values > 0 {
            self.warn(&lossy);
        }
        if prelude.len() + DELIMITER.len() > MAX_BYTES {
            let message = format!(
                "status and headers of the response have {} bytes, which exceeds the limit of Lambda ({} bytes)",
                prelude.len(),
                MAX_BYTES - DELIMITER.len()
            );
            return Err(Error::named("Function.ResponseHeadTooLarge", message).into());
        }
        // The delimiter is a separate chunk, as cargo-lambda's emulator requires.
        Ok((vec![prelude.into(), Bytes::from_static(DELIMITER)], body))
    }

    fn write_prelude(&self, mut parts: Parts, out: &mut Vec<u8>, lossy: &mut LossyHeaders) {
        let cookies: Vec<HeaderValue> = parts.headers.get_all(SET_COOKIE).iter().cloned().collect();
        parts.headers.remove(SET_COOKIE);
        out.extend_from_slice(br#"{"statusCode":"#);
        out.extend_from_slice(parts.status.as_str().as_bytes());
        let is_multi = matches!(self.headers, HeaderEncoding::Multi);
        out.extend_from_slice(br#","headers":"#);
        write_headers(out, &parts, is_multi, lossy);
        out.push(b',');
        if is_multi {
            // Values that are not UTF-8 have already been counted with the other headers.
            multi_value::write_headers(out, &parts, &mut LossyHeaders::default());
        }
        out.extend_from_slice(br#""cookies":["#);
        for (at, cookie) in cookies.iter().enumerate() {
            out.extend_from_slice(if at > 0 { b",\"" } else { b"\"" });
            lossy.count_value(header_value::write(out, cookie));
            out.push(b'"');
        }
        out.extend_from_slice(b"]}");
    }
}

/// Writes an object with one string per header. `skip_repeated` omits headers with several values.
fn write_headers(out: &mut Vec<u8>, parts: &Parts, skip_repeated: bool, lossy: &mut LossyHeaders) {
    out.push(b'{');
    let start = out.len();
    for_each_header(parts, |name, value, is_first| {
        if skip_repeated && parts.headers.get_all(name).iter().nth(1).is_some() {
            return;
        }
        if is_first {
            if out.len() > start {
                out.extend_from_slice(b"\",");
            }
            out.push(b'"');
            out.extend_from_slice(name.as_ref());
            out.extend_from_slice(b"\":\"");
        } else {
            out.push(b',');
        }
        lossy.count_value(header_value::write(out, value));
    });
    if out.len() > start {
        out.push(b'"');
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AcceptedOrigins, read};
    use serde_json::{Value, json};

    /// Returns the prelude of a response to a function URL and to a REST API.
    async fn preludes(method: &str, response: impl Fn() -> Response) -> [Value; 2] {
        let url = json!({"version": "2.0", "rawPath": "/", "requestContext": {"http": {"method": method}}});
        let rest = json!({"path": "/", "httpMethod": method});
        let mut preludes = [Value::Null, Value::Null];
        for (event, prelude) in [url, rest].iter().zip(&mut preludes) {
            let (_, format) = read(&event.to_string().into(), AcceptedOrigins::Streaming, None).unwrap();
            let response = StreamingResponse::start(response()).await.unwrap();
            let (chunks, _) = format.prelude(response).unwrap();
            assert_eq!(chunks[1], DELIMITER);
            *prelude = serde_json::from_slice(&chunks[0]).unwrap();
        }
        preludes
    }

    fn response(status: u16, headers: &[(&str, &str)], body: &'static str) -> Response {
        let headers = headers.iter().copied();
        let builder = http::Response::builder().status(status);
        let builder = headers.fold(builder, |builder, (name, value)| builder.header(name, value));
        builder.body(body.into()).unwrap()
    }

    struct NeverReady;

    impl http_body::Body for NeverReady {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, BoxError>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn responses_without_body_have_a_content_length() {
        let length = ("content-length", "5");
        for (method, status, headers, body, expected) in [
            ("GET", 302, &[][..], "", Some("0")),
            ("GET", 200, &[], "", Some("0")),
            ("GET", 204, &[], "", Some("0")),
            ("GET", 204, &[length], "hello", Some("0")),
            ("GET", 304, &[], "", Some("0")),
            ("GET", 304, &[length], "", Some("5")),
            ("HEAD", 200, &[], "hello", Some("0")),
            ("HEAD", 200, &[length], "", Some("5")),
            ("GET", 200, &[], "hello", None),
            ("GET", 200, &[length], "hello", Some("5")),
        ] {
            for prelude in preludes(method, || response(status, headers, body)).await {
                assert_eq!(prelude["headers"]["content-length"].as_str(), expected, "{method} {status} {body}");
            }
        }
        // A body that is not ready yet may be empty.
        for prelude in preludes("GET", || Response::new(Body::new(NeverReady))).await {
            assert_eq!(prelude["headers"].get("content-length"), None);
        }
    }

    #[tokio::test]
    async fn hop_by_hop_headers_are_not_in_the_prelude() {
        let headers = [
            ("connection", "keep-alive, x-hop"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("x-hop", "1"),
            ("x-hop", "2"),
            ("x-a", "1"),
        ];
        for prelude in preludes("GET", || response(200, &headers, "hello")).await {
            assert_eq!(prelude["headers"], json!({"x-a": "1"}));
        }
    }
}
