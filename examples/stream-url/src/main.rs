//! Server-sent events of a slow computation: `cargo run -p stream-url`, and a browser at <http://127.0.0.1:9000>.

mod collatz;

use futures_util::stream::{self, Stream, StreamExt};
use lrt::http::{Body, Uri, header};
use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct Options {
    #[serde(default = "thousand")]
    limit: u64,
}

fn thousand() -> u64 {
    1000
}

/// A page, and the events that it shows: each leaves when its number is found.
#[lambda(function_url, streaming)]
async fn records(uri: Uri, Query(options): Query<Options>) -> Response {
    match uri.path() {
        "/" => ([(header::CONTENT_TYPE, "text/html")], include_str!("page.html")).into_response(),
        "/records" => {
            let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
            (headers, Body::from_stream(events(options.limit))).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The records as server-sent events.
fn events(limit: u64) -> impl Stream<Item = Result<String, Error>> {
    let mut records = collatz::records(limit);
    let found = stream::poll_fn(move |cx| records.poll_recv(cx));
    let found = found.map(|record| format!("data: {}: length {}\n\n", record.start, record.steps));
    found.chain(stream::iter(["event: done\ndata:\n\n".to_owned()])).map(Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::{Harness, events};

    lrt::snapshot_tests!(records, "events/*.json");

    #[tokio::test]
    async fn each_record_is_a_chunk_of_its_own() {
        let request = events::function_url().get("/records?limit=10");
        let outcome = Harness::<records>::new().invoke(request).await;
        // Behind the head and the delimiter.
        let chunks: Vec<_> = outcome.chunks().iter().skip(2).collect();
        assert_eq!(chunks.len(), 6, "{chunks:?}");
        assert_eq!(chunks[0], "data: 2: length 1\n\n");
        assert_eq!(outcome.http().header("content-type"), Some("text/event-stream"));
    }
}
