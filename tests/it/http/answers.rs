//! Conversion of responses to replies.

use super::{HttpAnswer, ask, get, request};
use axum::body::Body;
use lrt::http::Response;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A body of these chunks.
struct Pieces(Vec<Result<&'static str, &'static str>>);

impl http_body::Body for Pieces {
    type Data = bytes::Bytes;
    type Error = lrt::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, lrt::BoxError>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(match self.0.remove(0) {
            Ok(piece) => Ok(http_body::Frame::data(piece.into())),
            Err(error) => Err(error.into()),
        }))
    }
}

#[tokio::test]
async fn chunked_body_is_collected() {
    async fn read() -> Response {
        Response::new(Body::new(Pieces(vec![Ok("a"), Ok(""), Ok("b"), Ok("c")])))
    }
    assert_eq!(ask(&lrt::http(read).harness(), get("/")).await.text(), "abc");
}

#[tokio::test]
async fn failed_body_is_a_500() {
    async fn read() -> Response {
        Response::new(Body::new(Pieces(vec![Ok("a"), Err("the disk is gone")])))
    }
    let outcome = lrt::http(read).harness().invoke(get("/")).await;
    assert_eq!(HttpAnswer::of(&outcome).status, 500);
    assert!(outcome.logs()[0].ends_with(": the disk is gone"), "{:?}", outcome.logs());
    assert_eq!(outcome.logs()[0].matches("the disk is gone").count(), 1);
}

/// axum wraps an error once per nested body. Each wrapper has the message of the error, but not its type name.
#[tokio::test]
async fn error_of_a_body_keeps_its_name() {
    async fn read() -> Response {
        let pieces = [Ok("a"), Err(lrt::Error::named("DiskGone", "no disk"))];
        Response::new(Body::from_stream(futures_util::stream::iter(pieces)))
    }
    let outcome = lrt::http(read).harness().invoke(get("/")).await;
    assert_eq!(HttpAnswer::of(&outcome).status, 500);
    assert!(outcome.logs()[0].ends_with(" DiskGone: no disk"), "{:?}", outcome.logs());
}

#[tokio::test]
async fn unsupported_headers_are_logged_with_the_request_id() {
    async fn read() -> [(&'static str, lrt::http::HeaderValue); 1] {
        [("x-a", lrt::http::HeaderValue::from_bytes(b"caf\xE9").unwrap())]
    }
    let outcome = lrt::http(read).harness().invoke(get("/")).await;
    assert!(outcome.logs()[0].starts_with("WARN RequestId: "), "{:?}", outcome.logs());
}

#[tokio::test]
async fn binary_body_is_base64() {
    async fn read() -> Vec<u8> {
        vec![0xff, 0xfe]
    }
    let answer = ask(&lrt::http(read).harness(), get("/")).await;
    assert_eq!((answer.is_base64(), answer.text()), (true, "//4="));
}

#[tokio::test]
async fn several_cookies_are_kept_separate() {
    async fn cookies() -> Response {
        let response = http::Response::builder().header("set-cookie", "a=1").header("set-cookie", "b=2; Path=/");
        response.body(Body::empty()).unwrap()
    }
    let answer = ask(&lrt::http(cookies).harness(), get("/")).await;
    assert_eq!(answer.reply["cookies"], serde_json::json!(["a=1", "b=2; Path=/"]));
}

#[tokio::test]
async fn response_over_the_limit_is_an_error_with_both_sizes() {
    async fn read() -> Vec<u8> {
        vec![b'a'; 7 * 1024 * 1024]
    }
    let outcome = lrt::http(read).harness().invoke(get("/")).await;
    let error = outcome.error().unwrap();
    assert_eq!(error.error_type(), "Function.ResponseSizeTooLarge");
    assert!(error.to_string().contains("6291556"), "{error}");
}

#[tokio::test]
async fn oversized_body_is_an_error_with_its_size() {
    async fn read() -> Vec<u8> {
        vec![b'a'; 20_000_000]
    }
    let harness = lrt::http(read).harness();
    let outcome = harness.invoke(get("/")).await;
    let error = outcome.error().unwrap();
    assert_eq!(error.error_type(), "Function.ResponseSizeTooLarge");
    assert_eq!(error.message(), "the body has 20000000 bytes, which exceeds the limit of Lambda (6291556 bytes)");
    // A body that is not sent has no limit.
    let head = ask(&harness, request("HEAD", "/", &serde_json::json!({}), None)).await;
    assert_eq!((head.status, head.text()), (200, ""));
}

#[tokio::test]
async fn endless_body_is_an_error() {
    struct Endless;
    impl http_body::Body for Endless {
        type Data = bytes::Bytes;
        type Error = lrt::BoxError;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, lrt::BoxError>>> {
            Poll::Ready(Some(Ok(http_body::Frame::data(vec![0; 1024 * 1024].into()))))
        }
    }
    async fn read() -> Response {
        Response::new(Body::new(Endless))
    }
    let outcome = lrt::http(read).harness().invoke(get("/")).await;
    assert_eq!(HttpAnswer::of(&outcome).status, 500);
    assert!(outcome.logs()[0].contains("exceeds"), "{:?}", outcome.logs());
}
