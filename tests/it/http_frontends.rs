//! HTTP functions behind each service: requests are converted to events, and replies to responses, as by the service.

#![cfg(feature = "http")]
use lrt::http::{Body, IntoResponse, Json, Origin, Path, Query, Request, StatusCode, to_bytes};
use lrt::testing::events::{self, HttpEvent, HttpOrigin};
use lrt::testing::{HttpResponse, IntoEvent};
use serde_json::{Value, json};

/// Returns the request.
async fn mirror(origin: Origin, request: Request) -> Json<Value> {
    let (head, body) = request.into_parts();
    let named = |name: &str| head.headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned());
    Json(json!({
        "origin": format!("{origin:?}"),
        "method": head.method.as_str(),
        "uri": head.uri.to_string(),
        "many": named("x-many").collect::<Vec<_>>().join(","),
        "cookie": named("cookie").collect::<Vec<_>>().join("; "),
        "body": to_bytes(body, usize::MAX).await.unwrap().to_vec(),
    }))
}

async fn seen(event: impl IntoEvent) -> Value {
    lrt::http(mirror).harness().invoke(event).await.http().json()
}

/// Adds everything to a request that services convert differently.
fn full<O: HttpOrigin>(event: HttpEvent<O>) -> HttpEvent<O> {
    let event = event.put("/a%20b/c?x=1%202&y=&x=%26").domain("api.example.com");
    let event = event.header("X-Many", "one").header("X-Many", "two").cookie("a", "1").cookie("b", "2");
    event.header("Content-Type", "image/png").body(b"\xff\x00".to_vec())
}

#[tokio::test]
async fn request_is_the_same_through_each_service() {
    let expected = |origin: &str| {
        json!({
            "origin": origin,
            "method": "PUT",
            "uri": "https://api.example.com/a%20b/c?x=1%202&y=&x=%26",
            "many": "one,two",
            "cookie": "a=1; b=2",
            "body": [255, 0],
        })
    };
    assert_eq!(seen(full(events::function_url())).await, expected("FunctionUrl"));
    assert_eq!(seen(full(events::http_api())).await, expected("HttpApi"));
    assert_eq!(seen(full(events::http_api()).stage("dev")).await, expected("HttpApi"));
    assert_eq!(seen(full(events::alb()).multi_value()).await["many"], "one,two");
    for (origin, seen) in [
        ("RestApi", seen(full(events::rest_api())).await),
        ("HttpApi", seen(full(events::http_api()).payload_format_1().stage("dev")).await),
        ("Alb", seen(full(events::alb()).multi_value()).await),
        ("Lattice", seen(full(events::lattice())).await),
    ] {
        // Their maps lose the order of parameters with different names.
        let mut expected = expected(origin);
        expected["uri"] = seen["uri"].clone();
        assert_eq!(seen, expected);
        let (path, query) = seen["uri"].as_str().unwrap().split_once('?').unwrap();
        assert!(path.ends_with("://api.example.com/a%20b/c"), "{origin}: {path}");
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.sort_unstable();
        assert_eq!(pairs, ["x=%26", "x=1%202", "y="], "{origin}");
    }
}

#[tokio::test]
async fn route_parameters_reach_the_function_through_each_service() {
    async fn order(Path(id): Path<String>, Query(page): Query<Vec<(String, u32)>>) -> Json<Value> {
        Json(json!({"id": id, "page": page}))
    }
    async fn of<O: HttpOrigin>(event: HttpEvent<O>) -> Value {
        let harness = lrt::http(order).route("GET /orders/{id}").harness();
        harness.invoke(event.get("/orders/a%20b%2Fc?page=2")).await.http().json()
    }
    let expected = json!({"id": "a b/c", "page": [["page", 2]]});
    assert_eq!(of(events::function_url()).await, expected);
    assert_eq!(of(events::rest_api().route("GET /orders/{id}")).await, expected);
    assert_eq!(of(events::alb()).await, expected);
    assert_eq!(of(events::lattice()).await, expected);
}

#[tokio::test]
async fn response_is_the_same_through_each_service() {
    async fn answer() -> impl IntoResponse {
        let headers = [("x-many", "one"), ("x-many", "two"), ("set-cookie", "a=1"), ("set-cookie", "b=2")];
        let mut response = (StatusCode::CREATED, Body::from(&b"\xff\x00"[..])).into_response();
        for (name, value) in headers {
            response.headers_mut().append(name, value.parse().unwrap());
        }
        response
    }
    async fn of<O: HttpOrigin>(event: HttpEvent<O>) -> (u16, String, Vec<String>, Vec<u8>) {
        let reply: HttpResponse = lrt::http(answer).harness().invoke(event).await.http();
        let many: Vec<&str> = reply.headers().filter(|(name, _)| *name == "x-many").map(|(_, value)| value).collect();
        let many = many.join(",").replace(", ", ",");
        (reply.status(), many, reply.cookies().to_vec(), reply.body().to_vec())
    }
    let expected = (201, "one,two".to_owned(), vec!["a=1".to_owned(), "b=2".to_owned()], vec![255, 0]);
    assert_eq!(of(events::rest_api()).await, expected);
    assert_eq!(of(events::http_api()).await, expected);
    assert_eq!(of(events::http_api().payload_format_1()).await, expected);
    assert_eq!(of(events::function_url()).await, expected);
    assert_eq!(of(events::alb().multi_value()).await, expected);
    // These services support one value per header name.
    assert_eq!((of(events::alb()).await.0, of(events::lattice()).await.0), (201, 201));
}

#[tokio::test]
async fn websocket_messages_are_answered() {
    async fn chat(origin: Origin, request: Request) -> String {
        let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
        format!("{origin:?} {}", String::from_utf8(body.to_vec()).unwrap())
    }
    for (event, expected) in [
        (events::websocket().connect(), "WebSocket "),
        (events::websocket().message("hello"), "WebSocket hello"),
        (events::websocket().disconnect(), "WebSocket "),
    ] {
        let reply = lrt::websocket(chat).harness().invoke(event).await.http();
        assert_eq!((reply.status(), reply.text()), (200, expected));
    }
}
