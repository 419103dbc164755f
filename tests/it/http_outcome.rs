//! Outcomes of HTTP functions.

#![cfg(feature = "http")]
use lrt::testing::{Harness, Outcome};
use lrt::{ErrorReport, FunctionService, Handler, Initialized, Invocation, Reply, service_fn};
use serde_json::{Value, json};
use std::future::Future;

/// A function of any kind that replies with its event.
struct Mirror(&'static str);

impl Handler for Mirror {
    type State = ();
    type Shutdown = ();

    async fn init(&self) -> Result<Initialized<(), ()>, ErrorReport> {
        Ok(Initialized { state: (), shutdown: () })
    }

    fn service(&self, (): ()) -> impl Future<Output = Result<impl FunctionService, ErrorReport>> {
        let mirror = async |invocation: Invocation| -> Result<Reply, lrt::BoxError> {
            Ok(Reply::from_bytes(invocation.payload().to_vec()))
        };
        std::future::ready(Ok(service_fn(mirror)))
    }

    fn kind(&self) -> &'static str {
        self.0
    }
}

async fn outcome(kind: &'static str, answer: Value) -> Outcome {
    Harness::of(Mirror(kind)).invoke(answer).await
}

async fn stable(kind: &'static str, answer: Value) -> Value {
    serde_json::to_value(outcome(kind, answer).await).unwrap()
}

#[tokio::test]
async fn http_returns_the_response_of_the_client() {
    let answer = json!({
        "statusCode": 201,
        "headers": {"Content-Type": "application/json", "Location": "/orders/7"},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": "eyJpZCI6N30=",
        "isBase64Encoded": true,
    });
    for kind in ["http", "api_gateway", "http_api", "function_url", "json"] {
        let reply = outcome(kind, answer.clone()).await.http();
        assert_eq!(
            (reply.status(), reply.header("LOCATION"), reply.header("x")),
            (201, Some("/orders/7"), None),
            "{kind}"
        );
        assert_eq!(reply.cookies(), ["a=1; Path=/", "b=2"], "{kind}");
        assert_eq!((reply.text(), reply.body()), (r#"{"id":7}"#, &br#"{"id":7}"#[..]));
        assert_eq!(reply.json::<Value>(), json!({"id": 7}));
    }
}

#[tokio::test]
async fn reply_of_each_origin_is_decoded() {
    let multi = json!({
        "statusCode": 200,
        "multiValueHeaders": {"x-many": ["one", "two"], "Set-Cookie": ["a=1", "b=2"]},
        "body": "text",
    });
    for kind in ["http", "rest_api", "alb", "websocket"] {
        let reply = outcome(kind, multi.clone()).await.http();
        assert_eq!(reply.headers().collect::<Vec<_>>(), [("x-many", "one"), ("x-many", "two")], "{kind}");
        assert_eq!(reply.cookies(), ["a=1", "b=2"], "{kind}");
    }
    let reply = outcome("lattice", json!({"statusCode": 204, "headers": {"set-cookie": "a=1"}})).await.http();
    assert_eq!((reply.status(), reply.cookies(), reply.body()), (204, &["a=1".to_owned()][..], &b""[..]));
    // Payload format 2.0 accepts any reply.
    let reply = outcome("http_api", json!({"id": 7})).await.http();
    assert_eq!((reply.status(), reply.header("content-type")), (200, Some("application/json")));
    assert_eq!(reply.json::<Value>(), json!({"id": 7}));
}

#[tokio::test]
async fn snapshot_contains_the_response() {
    let answer = json!({
        "statusCode": 200,
        "headers": {"X-B": "2", "Content-Type": "application/problem+json", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"},
        "multiValueHeaders": {"x-a": ["one", "two"]},
        "body": r#"{"b": 1, "a": 2}"#,
    });
    let expected = json!({"reply": {
        "status": 200,
        "headers": {"content-type": "application/problem+json", "date": "[time]", "x-a": ["one", "two"], "x-b": "2"},
        "cookies": [],
        "body": {"a": 2, "b": 1},
    }});
    assert_eq!(stable("rest_api", answer.clone()).await, expected);
    // For functions of other kinds, it is an ordinary reply.
    assert_eq!(stable("json", answer.clone()).await, json!({ "reply": answer }));

    let body = async |headers: Value, body: &str, base64: bool| {
        let answer = json!({"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": base64});
        stable("alb", answer).await["reply"]["body"].clone()
    };
    assert_eq!(body(json!({"content-type": "text/plain"}), "7", false).await, "7");
    assert_eq!(body(json!({}), "7", false).await, 7);
    assert_eq!(body(json!({"content-type": "application/json"}), "{", false).await, "{");
    assert_eq!(body(json!({}), "/w==", true).await, json!({"base64": "/w=="}));
}

#[tokio::test]
async fn request_id_is_replaced_in_headers_and_body() {
    let answer = r#"{"statusCode":200,"headers":{"x-id":"7decfb80-a02c-4e25-afd5-bf47a6442292"},"body":"id 7decfb80-a02c-4e25-afd5-bf47a6442292"}"#;
    let context = lrt::testing::TestContext::new().request_id("7decfb80-a02c-4e25-afd5-bf47a6442292");
    let outcome = Harness::of(Mirror("http")).context(context).invoke(answer).await;
    let stable = serde_json::to_value(outcome).unwrap();
    assert_eq!(stable["reply"]["headers"]["x-id"], "[request-id]");
    assert_eq!(stable["reply"]["body"], "id [request-id]");
}

#[tokio::test]
async fn invalid_reply_is_unchanged_in_the_snapshot() {
    assert_eq!(stable("rest_api", json!({"status": 200})).await, json!({"reply": {"status": 200}}));
}

#[tokio::test]
#[should_panic(expected = "invalid HTTP response: missing `statusCode`: {\"status\":200}")]
async fn invalid_reply_is_in_the_panic_message() {
    outcome("alb", json!({"status": 200})).await.http();
}

#[tokio::test]
#[should_panic(
    expected = "failed to deserialize body of the 200 response as u32: invalid type: string \"x\", expected u32 at line 1 column 3: \"x\""
)]
async fn body_of_the_wrong_type_is_in_the_panic_message() {
    outcome("http_api", json!("x")).await.http().json::<u32>();
}

#[tokio::test]
#[should_panic(expected = "the function failed: Error: no")]
async fn http_panics_for_a_function_error() {
    async fn no(_: Value) -> Result<(), String> {
        Err("no".to_owned())
    }
    lrt::json(no).harness().invoke("{}").await.http();
}
