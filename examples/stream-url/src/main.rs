//! Server-sent events of a slow computation: `cargo run -p stream-url`, then open <http://127.0.0.1:9000> in a browser.

mod collatz;

use futures_util::stream::{self, Stream, StreamExt};
use lrt::http::{Body, Uri, header};
use lrt::prelude::*;
use std::ops::Range;

#[derive(serde::Deserialize)]
struct Options {
    #[serde(default = "thousand")]
    limit: u64,
}

fn thousand() -> u64 {
    1000
}

/// Serves a page and the events that it shows. Each event is sent when its number is found.
#[lambda(function_url, streaming)]
async fn records(uri: Uri, Query(options): Query<Options>) -> Response {
    match uri.path() {
        "/" => ([(header::CONTENT_TYPE, "text/html")], include_str!("page.html")).into_response(),
        "/records" => {
            let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
            (headers, Body::from_stream(events(2..options.limit))).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Returns the records as server-sent events. The last event is sent after the computation has succeeded: if the computation
/// fails or panics, so does the stream.
fn events(starts: Range<u64>) -> impl Stream<Item = Result<String, Error>> {
    let (mut records, computation) = collatz::records(starts);
    let found = stream::poll_fn(move |cx| records.poll_recv(cx));
    let found = found.map(|record| Ok(format!("data: {}: length {}\n\n", record.start, record.steps)));
    found.chain(stream::once(async {
        computation.await??;
        Ok("event: done\ndata:\n\n".to_owned())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::{Harness, events};

    lrt::snapshot_tests!(records, "events/*.json");

    #[tokio::test]
    async fn each_record_is_a_separate_chunk() {
        let request = events::function_url().get("/records?limit=10");
        let outcome = Harness::<records>::new().invoke(request).await;
        // Skips the prelude and the delimiter.
        let chunks: Vec<_> = outcome.chunks().iter().skip(2).collect();
        assert_eq!(chunks.len(), 6, "{chunks:?}");
        assert_eq!(chunks[0], "data: 2: length 1\n\n");
        assert_eq!(outcome.http().header("content-type"), Some("text/event-stream"));
    }

    #[tokio::test]
    async fn failed_computation_fails_the_stream() {
        // 2^63 has a chain of 63. The chain of the next number exceeds 64 bits.
        let sent: Vec<_> = events(1 << 63..u64::MAX).collect().await;
        let sent: Vec<_> = sent.iter().map(|event| event.as_ref().map_err(Error::name)).collect();
        assert_eq!(sent, [Ok(&"data: 9223372036854775808: length 63\n\n".to_owned()), Err("TooLarge")]);
    }
}
