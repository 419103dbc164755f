//! Writes the prelude of a streamed response.

use super::{HeaderEncoding, LossyHeaders, ResponseFormat, for_each_header, json, multi_value};
use crate::Response;
use crate::extract::root_cause;
use axum_core::body::Body;
use bytes::Bytes;
use http::HeaderValue;
use http::header::SET_COOKIE;
use http::response::Parts;
use http_body::Body as _;
use lrt_core::{BoxError, Chunks, DeadlineMargin, Error, ErrorReport, Streamed};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The content type with which Lambda recognizes a prelude.
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

/// The data frames of a body. Trailers are dropped, since no origin carries them.
struct Frames {
    /// The result of the first poll, if it was ready.
    first: Option<Option<Bytes>>,
    body: Body,
}

impl Frames {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
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
    /// `multiValueHeaders`. Cookies are in `cookies`.
    ///
    /// # Errors
    ///
    /// Returns `Function.ResponseHeadTooLarge` if the prelude exceeds Lambda's limit of 16 KiB.
    pub fn stream(&self, response: StreamingResponse, margin: DeadlineMargin) -> Result<Streamed, ErrorReport> {
        let StreamingResponse { parts, body } = response;
        let has_body = self.has_body(parts.status);
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
        let body = if has_body { body } else { Frames { first: None, body: Body::empty() } };
        // The delimiter is a chunk of its own, as cargo-lambda's emulator requires.
        let chunks = vec![prelude.into(), Bytes::from_static(DELIMITER)];
        Ok(Streamed::new(body).content_type(CONTENT_TYPE).prelude(chunks).margin(margin))
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
            // Values that are not UTF-8 were counted with the other headers.
            multi_value::write_headers(out, &parts, &mut LossyHeaders::default());
        }
        out.extend_from_slice(br#""cookies":["#);
        for (at, cookie) in cookies.iter().enumerate() {
            out.extend_from_slice(if at > 0 { b",\"" } else { b"\"" });
            lossy.count_value(json::value(out, cookie));
            out.push(b'"');
        }
        out.extend_from_slice(b"]}");
    }
}

/// Writes an object with one text per header. `skip_repeated` omits headers with several values.
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
        lossy.count_value(json::value(out, value));
    });
    if out.len() > start {
        out.push(b'"');
    }
    out.push(b'}');
}
