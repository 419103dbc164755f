//! `Json`, as an extractor and as a response.

use axum_core::body::Body;
use axum_core::extract::{DefaultBodyLimit, FromRequest, OptionalFromRequest};
use axum_core::response::IntoResponse;
use bytes::Bytes;
use http::Request;
use http_body::Frame;
use lrt_http::rejection::JsonRejection;
use lrt_http::{AcceptedOrigins, Json, collect, disable_body_limit, read as read_event};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct Order {
    items: Vec<Item>,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct Item {
    count: u8,
}

fn request(content_type: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder();
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    request.body(body.into()).expect("the header is one")
}

async fn read(content_type: Option<&str>, body: &'static str) -> Result<Order, JsonRejection> {
    let Json(order) = <Json<Order> as FromRequest<()>>::from_request(request(content_type, body), &()).await?;
    Ok(order)
}

/// A body that consists of several chunks.
struct Pieces(VecDeque<&'static str>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes())))))
    }
}

#[tokio::test]
async fn a_body_of_json_is_read() {
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON ;x=y",
        "application/vnd.orders+json",
        "application/problem+json;v=1",
    ] {
        let order = read(Some(content_type), r#"{"items":[{"count":3}]}"#).await;
        assert_eq!(order.unwrap(), Order { items: vec![Item { count: 3 }] }, "{content_type}");
    }
}

#[tokio::test]
async fn other_or_missing_content_type_is_415() {
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "text/json",
        "application/+json",
        "json",
        "",
    ] {
        let rejection = read(Some(content_type), "{}").await.unwrap_err();
        assert!(matches!(rejection, JsonRejection::ContentType), "{content_type}: {rejection:?}");
    }
    let rejection = read(None, "{}").await.unwrap_err();
    assert_eq!(rejection.into_response().status(), 415);
}

#[tokio::test]
async fn errors_have_a_message_and_a_position() {
    for (body, status, field, detail) in [
        (
            r#"{"items":[{"count":"x"}]}"#,
            422,
            "items[0].count",
            r#"invalid type: string "x", expected u8 at items[0].count, line 1 column 22"#,
        ),
        (
            r#"{"items":[{"count":1},{"count":256}]}"#,
            422,
            "items[1].count",
            "invalid value: integer `256`, expected u8 at items[1].count, line 1 column 34",
        ),
        ("{\"items\":\nnull}", 422, "items", "invalid type: null, expected a sequence at items, line 2 column 4"),
        ("null", 422, "", "invalid type: null, expected struct Order at line 1 column 4"),
        ("{}", 422, "", "missing field `items` at line 1 column 2"),
        (
            r#"{"items":[{"count":1e999}]}"#,
            400,
            "items[0].count",
            "number out of range at items[0].count, line 1 column 24",
        ),
        (
            r#"{"items":[{"count":1"#,
            400,
            "items[0].count",
            "EOF while parsing an object at items[0].count, line 1 column 20",
        ),
        (r#"{"items":[]} x"#, 400, "", "trailing characters at line 1 column 14"),
        ("items=1", 400, "", "expected value at line 1 column 1"),
    ] {
        let rejection = read(Some("application/json"), body).await.unwrap_err();
        assert_eq!(rejection.to_string(), detail, "{body}");
        let response = rejection.into_response();
        assert_eq!(response.status(), status, "{body}");
        let problem = collect(response.into_body(), usize::MAX).await.unwrap();
        let problem: HashMap<String, serde_json::Value> = serde_json::from_slice(&problem).unwrap();
        assert_eq!(problem["detail"], detail);
        assert_eq!(problem.get("field").map_or("", |field| field.as_str().unwrap()), field, "{body}");
        assert_eq!(problem["status"], status);
    }
}

#[tokio::test]
async fn an_empty_body_has_its_own_message() {
    for body in ["", " \r\n"] {
        let rejection = read(Some("application/json"), body).await.unwrap_err();
        assert_eq!(rejection.to_string(), "the body is empty (expected JSON)");
        assert_eq!(rejection.status(), 400);
    }
}

#[tokio::test]
async fn deeply_nested_json_and_invalid_utf8_are_400() {
    let deep = "[".repeat(100_000);
    let nested = Json::<serde_json::Value>::from_bytes(deep.as_bytes()).unwrap_err();
    assert_eq!(nested.status(), 400);
    let ignored = Json::<Order>::from_bytes(format!("{{\"other\":{deep}").as_bytes()).unwrap_err();
    assert_eq!(ignored.status(), 400);
    assert_eq!(Json::<String>::from_bytes(b"\"\xff\"").unwrap_err().status(), 400);
}

#[tokio::test]
async fn without_a_content_type_an_optional_body_is_none() {
    let none = <Json<Order> as OptionalFromRequest<()>>::from_request(request(None, "not json"), &()).await;
    assert_eq!(none.unwrap(), None);
    let wrong = request(Some("application/json"), "{");
    let wrong = <Json<Order> as OptionalFromRequest<()>>::from_request(wrong, &()).await;
    assert_eq!(wrong.unwrap_err().status(), 400);
}

#[tokio::test]
async fn a_body_of_several_chunks_is_joined() {
    let text = r#"{"items":[{"count":3}]}"#;
    for cut in 0..text.len() {
        for end in cut..text.len() {
            let pieces = Pieces([&text[..cut], &text[cut..end], &text[end..]].into());
            let request = request(Some("application/json"), Body::new(pieces));
            let order = <Json<Order> as FromRequest<()>>::from_request(request, &()).await.unwrap();
            assert_eq!(order.items, [Item { count: 3 }]);
        }
    }
    assert_eq!(collect(Body::new(Pieces(VecDeque::new())), 0).await.unwrap(), "");
}

#[tokio::test]
async fn a_body_over_a_limit_is_413() {
    let large = || request(Some("application/json"), format!("\"{}\"", "x".repeat(5_000_000)));
    let over = <Json<String> as FromRequest<()>>::from_request(large(), &()).await.unwrap_err();
    assert_eq!(over.to_string(), "the body exceeds the size limit");
    assert_eq!(over.into_response().status(), 413);

    let mut unlimited = large();
    disable_body_limit(&mut unlimited);
    let text = <Json<String> as FromRequest<()>>::from_request(unlimited, &()).await;
    assert_eq!(text.unwrap().len(), 5_000_000);

    let mut limited = request(Some("application/json"), "[1,2,3]");
    DefaultBodyLimit::max(6).apply(&mut limited);
    let over = <Json<Vec<u8>> as FromRequest<()>>::from_request(limited, &()).await;
    assert_eq!(over.unwrap_err().status(), 413);
}

#[tokio::test]
async fn a_body_that_fails_is_400() {
    struct Broken;
    impl http_body::Body for Broken {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            Poll::Ready(Some(Err(std::io::ErrorKind::UnexpectedEof.into())))
        }
    }
    let request = request(Some("application/json"), Body::new(Broken));
    let rejection = <Json<Order> as FromRequest<()>>::from_request(request, &()).await.unwrap_err();
    assert_eq!((rejection.status().as_u16(), rejection.to_string().as_str()), (400, "failed to read the body"));
}

#[tokio::test]
async fn a_response_is_json() {
    let response = Json(Order { items: vec![Item { count: 1 }] }).into_response();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(collect(response.into_body(), usize::MAX).await.unwrap(), r#"{"items":[{"count":1}]}"#);
}

#[tokio::test]
async fn a_response_that_cannot_be_serialized_is_a_500() {
    let response = Json(HashMap::from([(vec![1], 2)])).into_response();
    assert_eq!(response.status(), 500);
    let body = collect(response.into_body(), usize::MAX).await.unwrap();
    assert_eq!(body, r#"{"status":500,"title":"Internal Server Error"}"#);
}

/// A message has no content type. CONNECT and DISCONNECT events have no body.
#[tokio::test]
async fn an_optional_json_of_a_websocket_event_is_its_message() {
    let optional = async |body: serde_json::Value| {
        let event = serde_json::json!({"requestContext": {"eventType": "MESSAGE", "connectionId": "c"}, "body": body});
        let (request, _) = read_event(&event.to_string().into(), AcceptedOrigins::WebSocket, None).unwrap();
        let json = <Json<u8> as OptionalFromRequest<()>>::from_request(request, &()).await?;
        Ok::<_, JsonRejection>(json.map(|Json(value)| value))
    };
    assert_eq!(optional("7".into()).await.unwrap(), Some(7));
    assert_eq!(optional(serde_json::Value::Null).await.unwrap(), None);
    assert_eq!(optional("".into()).await.unwrap(), None);
    assert_eq!(optional("x".into()).await.unwrap_err().status(), 400);
}
