//! Streaming with responses of axum and layers of tower-http.

use super::HttpAnswer;
use axum::response::sse::{Event, Sse};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use http_body::Frame;
use http_body_util::StreamBody;
use lrt::Error;
use lrt::http::{Body, HeaderMap, HeaderValue, Response};
use lrt::testing::{Outcome, events};
use serde_json::Value;
use std::convert::Infallible;
use tower_http::compression::CompressionLayer;

/// Returns a stream that yields to the runtime before each item, so that each one is a separate chunk.
fn slowly<T: Send + 'static>(items: Vec<T>) -> impl Stream<Item = T> + Send {
    stream::iter(items).then(|item| async {
        tokio::task::yield_now().await;
        item
    })
}

fn prelude(outcome: &Outcome) -> Value {
    assert_eq!(outcome.chunks()[1], [0; 8][..]);
    serde_json::from_slice(&outcome.chunks()[0]).unwrap()
}

#[tokio::test]
async fn server_sent_events_are_chunks() {
    async fn count() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
        Sse::new(slowly(vec![Ok(Event::default().data("1")), Ok(Event::default().event("done").data("2"))]))
    }
    let outcome = lrt::function_url(count).streaming().harness().invoke(events::function_url().get("/")).await;
    assert_eq!(prelude(&outcome)["headers"]["content-type"], "text/event-stream");
    assert_eq!(outcome.chunks()[2..], ["data: 1\n\n", "event: done\ndata: 2\n\n"]);
}

#[tokio::test]
async fn compressed_response_is_streamed_as_bytes() {
    async fn tea() -> Response {
        let pieces =
            slowly(vec!["tea ".repeat(100), "and tea ".repeat(100)].into_iter().map(Ok::<_, Infallible>).collect());
        Response::new(Body::from_stream(pieces))
    }
    let harness = lrt::function_url(tea).streaming().layer(CompressionLayer::new()).harness();
    let outcome = harness.invoke(events::function_url().get("/").header("accept-encoding", "gzip")).await;
    assert_eq!(prelude(&outcome)["headers"]["content-encoding"], "gzip");
    let body = outcome.chunks()[2..].concat();
    assert!(body.starts_with(&[0x1f, 0x8b]) && body.len() < 200, "{body:?}");
    assert!(outcome.error().is_none());
}

/// The prelude is JSON, which must be UTF-8: other header values are decoded as ISO 8859-1, with a log line.
#[tokio::test]
async fn header_value_that_is_not_utf8_is_converted_and_logged() {
    async fn odd() -> Response {
        let mut response = Response::new(Body::from("body"));
        let headers = response.headers_mut();
        headers.insert("x-latin", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        headers.insert("x-quoted", HeaderValue::from_static("\"a\\b\"\t"));
        headers.append("set-cookie", HeaderValue::from_bytes(b"a=\xfc").unwrap());
        headers.append("set-cookie", HeaderValue::from_static("b=\"2\""));
        response
    }
    let outcome = lrt::function_url(odd).streaming().harness().invoke(events::function_url().get("/")).await;
    let prelude = prelude(&outcome);
    assert_eq!(prelude["headers"], serde_json::json!({ "x-latin": "caf\u{e9}", "x-quoted": "\"a\\b\"\t" }));
    assert_eq!(prelude["cookies"], serde_json::json!(["a=\u{fc}", "b=\"2\""]));
    assert_eq!(outcome.chunks()[2..], ["body"]);
    let warnings: Vec<_> = outcome.logs().iter().filter(|line| line.contains("not UTF-8")).collect();
    assert_eq!(warnings.len(), 1, "{:?}", outcome.logs());
}

#[tokio::test]
async fn dropped_trailers_are_logged() {
    async fn with_trailers() -> Response {
        let frames = [Frame::data(Bytes::from("body")), Frame::trailers(HeaderMap::new())];
        Response::new(Body::new(StreamBody::new(stream::iter(frames.map(Ok::<_, Error>)))))
    }
    let get = || events::function_url().get("/");
    let collected = lrt::function_url(with_trailers).harness().invoke(get()).await;
    assert_eq!(HttpAnswer::of(&collected).text(), "body");
    let streamed = lrt::function_url(with_trailers).streaming().harness().invoke(get()).await;
    assert_eq!(streamed.chunks()[2..], ["body"]);
    for outcome in [collected, streamed] {
        let [line] = outcome.logs() else { panic!("{:?}", outcome.logs()) };
        assert!(line.contains(outcome.request_id()) && line.contains("the trailers of a body were dropped"), "{line}");
    }
}
