//! Bodies of HTTP requests, and HTTP responses.

use super::event_stream::EventStream;
use super::response_stream::ResponseStream;
use http_body_util::{BodyExt, Either, Full};
use hyper::Response;
use hyper::body::{Bytes, Incoming};

/// A buffered or streamed response.
pub(super) type HttpResponse = Response<Either<Full<Bytes>, Either<ResponseStream, EventStream>>>;

/// Returns a buffered response.
pub(super) fn response(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> HttpResponse {
    let head =
        headers.iter().fold(Response::builder().status(status), |head, (name, value)| head.header(*name, *value));
    head.body(Either::Left(Full::new(body.into())))
        .expect("statuses and names are constants, and values are UUIDs, base64 or visible ASCII")
}

/// Reads a body to its end and returns the first `limit` bytes and the size of the entire body.
///
/// A body that is too large is read completely, because most clients only read the response after they have sent
/// everything.
pub(super) async fn read(mut body: Incoming, limit: usize) -> hyper::Result<(Bytes, usize)> {
    let (mut buffer, mut size) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            size += data.len();
            buffer.extend_from_slice(&data[..data.len().min(limit - buffer.len())]);
        }
    }
    Ok((buffer.into(), size))
}
