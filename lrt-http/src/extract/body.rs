//! A body as a whole.

use crate::bytes::shared;
use axum_core::body::Body;
use axum_core::extract::{DefaultBodyLimit, Request};
use bytes::Bytes;
use http_body::Body as _;
use lrt_core::BoxError;
use std::future::poll_fn;
use std::pin::Pin;

/// What reading a body failed with: a body of an event cannot, one that a layer made may.
pub type BodyError = axum_core::Error;

/// The error itself: axum wraps it once for each body around another.
pub fn innermost(error: BodyError) -> BoxError {
    let mut inner = error.into_inner();
    loop {
        match inner.downcast::<BodyError>() {
            Ok(error) => inner = error.into_inner(),
            Err(error) => return error,
        }
    }
}

/// All of a body, if it has at most `limit` bytes. One that is in one piece, as an event's is, is not copied.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(lrt_http::collect("two".into(), 3).await.unwrap(), "two");
/// assert!(lrt_http::collect("three".into(), 3).await.is_err());
/// # }
/// ```
///
/// # Errors
///
/// The body's own, or that it has more bytes.
pub async fn collect(mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    let mut first = Bytes::new();
    let mut several = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        // Trailers are no data.
        let Ok(data) = frame?.into_data() else { continue };
        within(first.len() + several.len() + data.len(), limit)?;
        if first.is_empty() && several.is_empty() {
            first = data;
        } else {
            several.extend_from_slice(&std::mem::take(&mut first));
            several.extend_from_slice(&data);
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(if several.is_empty() { first } else { shared(several) })
}

fn within(size: usize, limit: usize) -> Result<(), BodyError> {
    match size {
        size if size > limit => Err(BodyError::new(format!("the body has more than {limit} bytes"))),
        _ => Ok(()),
    }
}

/// What extractors (`Json`, and axum's `Bytes`, `String`, `Form`) take of a body unless they are told otherwise.
const AXUMS_LIMIT: u64 = 2_097_152;

/// Lets extractors have all of a body, since Lambda has limited it already. A layer may limit it again.
///
/// ```
/// use axum_core::extract::FromRequest;
/// use bytes::Bytes;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut request = http::Request::new(vec![0; 5_000_000].into());
/// lrt_http::lift_limit(&mut request);
/// assert_eq!(Bytes::from_request(request, &()).await.unwrap().len(), 5_000_000);
/// # }
/// ```
pub fn lift_limit(request: &mut Request) {
    // What is told is an extension, and those cost something: a small body does without.
    if request.body().size_hint().upper().is_none_or(|size| size > AXUMS_LIMIT) {
        DefaultBodyLimit::disable().apply(request);
    }
}
