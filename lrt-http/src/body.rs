//! Collects a body.

use crate::log;
use axum_core::body::Body;
use axum_core::extract::{DefaultBodyLimit, Request};
use bytes::Bytes;
use http_body::Body as _;
use lrt_core::BoxError;
use std::future::poll_fn;
use std::pin::Pin;

/// The error of reading a body. The body of an event cannot fail, but a body that a layer created can.
pub type BodyError = axum_core::Error;

/// Returns the error that a body failed with, without the wrappers that axum adds for each nested body.
pub fn root_cause(error: BodyError) -> BoxError {
    let mut inner = error.into_inner();
    loop {
        match inner.downcast::<BodyError>() {
            Ok(error) => inner = error.into_inner(),
            Err(error) => return error,
        }
    }
}

/// Collects a body of at most `limit` bytes. A body that consists of a single chunk, such as that of an event, is not copied.
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
/// Returns the body's own error, or an error if the body has more than `limit` bytes.
pub async fn collect(mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    let mut first = Bytes::new();
    let mut joined = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(data) = frame?.into_data() else {
            warn_dropped_trailers();
            continue;
        };
        check_limit(first.len() + joined.len() + data.len(), limit)?;
        if first.is_empty() && joined.is_empty() {
            first = data;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut first));
            joined.extend_from_slice(&data);
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(if joined.is_empty() { first } else { joined.into() })
}

/// Logs that a frame was dropped that is not data.
pub(crate) fn warn_dropped_trailers() {
    log::warn(format_args!("the trailers of a body were dropped: no service supports them"));
}

fn check_limit(size: usize, limit: usize) -> Result<(), BodyError> {
    if size > limit {
        return Err(BodyError::new(format!("the body exceeds {limit} bytes")));
    }
    Ok(())
}

/// The default limit of axum's extractors (`Bytes`, `String`, `Form`), and of [`Json`](crate::Json).
const AXUM_LIMIT: u64 = 2_097_152;

/// Disables the body limit of extractors, since Lambda limits the size of events itself. A layer can set another limit.
///
/// ```
/// use axum_core::extract::FromRequest;
/// use bytes::Bytes;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut request = http::Request::new(vec![0; 5_000_000].into());
/// lrt_http::disable_body_limit(&mut request);
/// assert_eq!(Bytes::from_request(request, &()).await.unwrap().len(), 5_000_000);
/// # }
/// ```
pub fn disable_body_limit(request: &mut Request) {
    // The limit is an extension of the request, which costs an allocation. Small bodies do not need it.
    if request.body().size_hint().upper().is_none_or(|size| size > AXUM_LIMIT) {
        DefaultBodyLimit::disable().apply(request);
    }
}
