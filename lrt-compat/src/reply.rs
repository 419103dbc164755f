//! Replies of lambda_runtime.

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use lambda_runtime::{FunctionResponse, StreamResponse};
use lrt::{BoxError, Chunks, Error, ErrorReport, Reply, ReplyBuffer, Streamed};
use serde::Serialize;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The bytes between the prelude and the body of a streamed response.
///
/// See [response streaming](https://docs.aws.amazon.com/lambda/latest/dg/response-streaming-tutorial.html).
const DELIMITER: &[u8] = &[0; 8];

/// Converts a response to a reply.
///
/// # Errors
///
/// Returns a `Runtime.MarshalError` if the response cannot be serialized.
pub(crate) fn reply<B, S, D, E>(response: FunctionResponse<B, S>, buffer: ReplyBuffer) -> Result<Reply, ErrorReport>
where
    B: Serialize,
    S: Stream<Item = Result<D, E>> + Unpin + Send + 'static,
    D: Into<Bytes>,
    E: Into<BoxError>,
{
    match response {
        FunctionResponse::BufferedResponse(value) => buffer.json(&value),
        FunctionResponse::StreamingResponse(StreamResponse { mut metadata_prelude, stream }) => {
            let default_type = HeaderValue::from_static("application/octet-stream");
            metadata_prelude.headers.entry(CONTENT_TYPE).or_insert(default_type);
            let prelude = serde_json::to_vec(&metadata_prelude).map_err(ErrorReport::marshal)?;
            let reply = Streamed::new(StreamChunks(stream))
                .content_type("application/vnd.awslambda.http-integration-response")
                .prelude(vec![prelude.into(), Bytes::from_static(DELIMITER)]);
            Ok(reply.into())
        }
    }
}

/// The chunks of a streamed response.
struct StreamChunks<S>(S);

impl<S, D, E> Chunks for StreamChunks<S>
where
    S: Stream<Item = Result<D, E>> + Unpin + Send,
    D: Into<Bytes>,
    E: Into<BoxError>,
{
    fn poll_chunk(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        let next = Pin::new(&mut self.0).poll_next(cx);
        next.map(|item| item.map(|chunk| chunk.map(Into::into).map_err(|error| stream_error(error.into()))))
    }
}

/// Names the error of a stream as lambda_runtime does.
fn stream_error(error: BoxError) -> BoxError {
    Error::named("Runtime.StreamError", error).into()
}
