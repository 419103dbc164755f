//! What goes before a body that is streamed.

use super::{Answer, Lost, Shape, json, multi, runs};
use crate::Response;
use crate::bytes::digits;
use crate::extract::innermost;
use axum_core::body::Body;
use bytes::Bytes;
use http::HeaderValue;
use http::header::SET_COOKIE;
use http::response::Parts;
use http_body::Body as _;
use lrt_core::{BoxError, Chunks, Error, Margin, Report, Streamed};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The `Content-Type` that tells Lambda of a prelude.
const CONTENT_TYPE: &str = "application/vnd.awslambda.http-integration-response";

/// What stands between prelude and body.
const DELIMITER: &[u8] = &[0; 8];

/// The end of the delimiter has to be within so many bytes.
const MAX_BYTES: usize = 16 * 1024;

/// A response whose body was asked for its first bytes, but not waited for.
pub struct Started {
    parts: Parts,
    body: Frames,
}

impl Started {
    /// Asks a response's body for its first bytes: one that fails at once can still be answered in another way.
    ///
    /// # Errors
    ///
    /// That of the body.
    pub async fn of(response: Response) -> Result<Started, BoxError> {
        let mut started = Started::from(response);
        if let Poll::Ready(first) = poll_fn(|cx| Poll::Ready(started.body.poll_frame(cx))).await {
            started.body.first = Some(first.transpose()?);
        }
        Ok(started)
    }
}

/// A response whose body was not asked yet.
impl From<Response> for Started {
    fn from(response: Response) -> Started {
        let (parts, body) = response.into_parts();
        Started { parts, body: Frames { first: None, body } }
    }
}

/// The data of a body. Its trailers are left out: no origin carries them.
struct Frames {
    /// What it yielded before it was waited for.
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
                Some(Err(error)) => return Poll::Ready(Some(Err(innermost(error)))),
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

impl Answer {
    /// Writes the head of a response, whose body follows as it is made.
    ///
    /// What is before the body is JSON and eight NULs
    /// ([response streaming](https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html)): a header with
    /// one value is in `headers`; those with several are joined by commas there, and for a REST API in
    /// `multiValueHeaders`; `cookies` are apart.
    ///
    /// # Errors
    ///
    /// The head is longer than the 16 KB that Lambda takes.
    pub fn stream(&self, started: Started, margin: Margin) -> Result<Streamed, Report> {
        let Started { parts, body } = started;
        let has_body = self.has_body(parts.status);
        let mut lost = Lost::default();
        let mut prelude = Vec::new();
        self.prelude(parts, &mut prelude, &mut lost);
        if lost.values > 0 {
            self.warn(&lost);
        }
        if prelude.len() + DELIMITER.len() > MAX_BYTES {
            let most = MAX_BYTES - DELIMITER.len();
            let message =
                format!("the head of the answer has {} bytes, and Lambda takes at most {most}", prelude.len());
            return Err(Error::named("Function.ResponseHeadTooLarge", message).into());
        }
        let body = if has_body { body } else { Frames { first: None, body: Body::empty() } };
        // Each alone in a chunk: cargo-lambda's emulator looks for the NULs there.
        let chunks = vec![prelude.into(), Bytes::from_static(DELIMITER)];
        Ok(Streamed::new(body).content_type(CONTENT_TYPE).prelude(chunks).margin(margin))
    }

    fn prelude(&self, mut parts: Parts, out: &mut Vec<u8>, lost: &mut Lost) {
        let cookies: Vec<HeaderValue> = parts.headers.get_all(SET_COOKIE).iter().cloned().collect();
        parts.headers.remove(SET_COOKIE);
        out.extend_from_slice(br#"{"statusCode":"#);
        out.extend_from_slice(&digits(parts.status));
        let is_multi = matches!(self.shape, Shape::Multi);
        out.extend_from_slice(br#","headers":"#);
        headers(out, &parts, is_multi, lost);
        if is_multi {
            out.push(b',');
            // What is no UTF-8 was noted above.
            multi::headers(out, &parts, &mut Lost::default());
            // Behind it stands the comma.
        } else {
            out.push(b',');
        }
        out.extend_from_slice(br#""cookies":["#);
        for (at, cookie) in cookies.iter().enumerate() {
            out.extend_from_slice(if at > 0 { b",\"" } else { b"\"" });
            lost.value(json::value(out, cookie));
            out.push(b'"');
        }
        out.extend_from_slice(b"]}");
    }
}

/// Writes an object of all headers, each a single text. With `only_single`, those of several values are
/// left out: they are written elsewhere.
fn headers(out: &mut Vec<u8>, parts: &Parts, only_single: bool, lost: &mut Lost) {
    out.push(b'{');
    let start = out.len();
    runs(parts, |name, value, is_first| {
        if only_single && parts.headers.get_all(name).iter().nth(1).is_some() {
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
        lost.value(json::value(out, value));
    });
    if out.len() > start {
        out.push(b'"');
    }
    out.push(b'}');
}
