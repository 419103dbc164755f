//! Extractors, routes, responses and errors.

use super::{HttpAnswer, ask, get, request};
use lrt::http::{HeaderMap, IntoResponse, Json, Origin, Path, Query, Request, RequestContext, Response, StatusCode};
use lrt::testing::Harness;
use lrt::{Context, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

struct Db {
    name: &'static str,
}

async fn connect() -> Result<Db, Error> {
    Ok(Db { name: "main" })
}

#[derive(Deserialize)]
struct Page {
    page: Option<u32>,
}

#[derive(Deserialize, Serialize)]
struct Order {
    id: u64,
    items: Vec<Item>,
}

#[derive(Deserialize, Serialize)]
struct Item {
    count: u32,
}

async fn put(
    Path(id): Path<u64>,
    db: &'static Db,
    Query(Page { page }): Query<Page>,
    ctx: Context,
    Json(order): Json<Order>,
) -> Result<(StatusCode, Json<Value>), Error> {
    let items = order.items.len();
    let answer = json!({ "id": id, "db": db.name, "page": page, "items": items, "function": ctx.function_name() });
    Ok((StatusCode::CREATED, Json(answer)))
}

fn order(path: &str, body: &str) -> Value {
    request("PUT", path, &json!({ "content-type": "application/json" }), Some(body))
}

#[tokio::test]
async fn all_parts_of_a_request_are_extracted() {
    let harness = lrt::http(put).route("PUT /orders/{id}").init(connect).harness();
    let answer = ask(&harness, order("/orders/7?page=2", r#"{"id":7,"items":[{"count":1}]}"#)).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), json!({ "id": 7, "db": "main", "page": 2, "items": 1, "function": "put" }));
}

#[tokio::test]
async fn invalid_input_is_a_problem_that_names_the_field() {
    let harness = lrt::http(put).route("PUT /orders/{id}").init(connect).harness();
    let good = r#"{"id":7,"items":[{"count":1}]}"#;
    let cases = [
        (order("/orders/seven", good), 400, "id"),
        (order("/orders/7?page=x", good), 400, "page"),
        (order("/orders/7", r#"{"id":7,"items":[{"count":-1}]}"#), 422, "items[0].count"),
        (order("/orders/7", r#"{"id":7,"items":"#), 400, "items"),
    ];
    for (event, status, field) in cases {
        let answer = ask(&harness, event).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.json()["field"], field, "{}", answer.text());
    }
    let no_type = ask(&harness, request("PUT", "/orders/7", &json!({}), Some(good))).await;
    assert_eq!(no_type.status, 415);
    let empty = ask(&harness, order("/orders/7", "")).await;
    assert_eq!(empty.status, 400);
}

#[tokio::test]
async fn other_paths_and_methods_do_not_reach_the_function() {
    async fn read(Path(id): Path<u64>) -> String {
        id.to_string()
    }
    let harness = lrt::http(read).route("GET /orders/{id}").base_path("/v1").harness();
    assert_eq!(ask(&harness, get("/v1/orders/7")).await.text(), "7");
    assert_eq!(ask(&harness, get("/orders/7")).await.text(), "7", "the base path may be taken away already");
    assert_eq!(ask(&harness, get("/v1/orders")).await.status, 404);
    let not_allowed = ask(&harness, request("DELETE", "/v1/orders/7", &json!({}), None)).await;
    assert_eq!((not_allowed.status, not_allowed.header("allow")), (405, Some("GET,HEAD")));
    let head = ask(&harness, request("HEAD", "/v1/orders/7", &json!({}), None)).await;
    assert_eq!((head.status, head.text()), (200, ""));
}

#[tokio::test]
async fn without_a_route_the_path_parameters_of_the_event_are_used() {
    async fn read(Path(id): Path<u64>) -> String {
        id.to_string()
    }
    let mut event = get("/orders/7");
    event["pathParameters"] = json!({ "id": "7" });
    assert_eq!(ask(&lrt::http(read).harness(), event).await.text(), "7");
}

#[tokio::test]
async fn request_context_is_decoded_on_request() {
    #[derive(Deserialize)]
    struct Caller {
        stage: String,
    }
    async fn read(origin: Origin, RequestContext(caller): RequestContext<Caller>, request: Request) -> String {
        format!("{origin:?} {} {}", caller.stage, request.uri())
    }
    let answer = ask(&lrt::api_gateway(read).harness(), get("/orders?full")).await;
    assert_eq!(answer.text(), "HttpApi $default https://api.example/orders?full");
}

/// Otherwise every request would be rejected, as if the clients had made a mistake.
#[tokio::test]
async fn a_path_that_does_not_fit_the_route_is_an_error_of_the_cold_start() {
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Key {
        order: u64,
    }
    async fn number(_: HeaderMap, _: Path<u64>, _: String) -> Result<String, Error> {
        Ok(String::new())
    }
    async fn key(_: Option<Path<Key>>) -> Result<String, Error> {
        Ok(String::new())
    }
    async fn handled(path: Result<Path<u64>, lrt::http::rejection::PathRejection>) -> Result<String, Error> {
        Ok(path.is_err().to_string())
    }
    let numbers = lrt::http(number).route("GET /{tenant}/{id}").harness().invoke(get("/a/7")).await;
    let keys = lrt::http(key).route("GET /orders/{id}").harness().invoke(get("/orders/7")).await;
    for (outcome, expected) in [
        (numbers, "`Path<u64>` does not fit the route `GET /{tenant}/{id}`: expected 1 path parameter, got 2"),
        (keys, "`Option<Path<Key>>` does not fit the route `GET /orders/{id}`: missing value at order"),
    ] {
        assert!(outcome.error().unwrap().to_string().contains(expected), "{}", outcome.error().unwrap());
    }
    let handled = lrt::http(handled).route("GET /{tenant}/{id}").harness();
    assert_eq!(ask(&handled, get("/a/7")).await.text(), "true", "the function handles the rejection");
}

/// API Gateway has matched the route, so a trailing slash, a base path mapping or decoding in the path has no effect.
#[tokio::test]
async fn a_route_that_api_gateway_matched_has_its_parameters() {
    async fn read(Path(id): Path<String>) -> String {
        id
    }
    let harness = lrt::api_gateway(read).route("GET /items/{id}").harness();
    for (path, resource, parameter, expected) in [
        ("/items/7/", "/items/{id}", "7", (200, "7")),
        ("/v1/items/7", "/items/{id}", "7", (200, "7")),
        ("/items/a%2Fb", "/items/{id}", "a%2Fb", (200, "a/b")),
        ("/items/7/", "/{proxy+}", "items/7", (404, r#"{"status":404,"title":"Not Found"}"#)),
    ] {
        let name = if resource == "/{proxy+}" { "proxy" } else { "id" };
        let event = json!({
            "resource": resource, "path": path, "httpMethod": "GET", "pathParameters": {name: parameter},
            "requestContext": {"stage": "prod"},
        });
        let answer = ask(&harness, event).await;
        assert_eq!((answer.status, answer.text()), expected, "{path}");
    }
    let mut event = get("/items/a%2Fb");
    event["routeKey"] = json!("GET /items/{id}");
    event["pathParameters"] = json!({"id": "a%2Fb"});
    assert_eq!(ask(&harness, event).await.text(), "a%2Fb", "HTTP APIs have decoded the value");
}

/// Only the runtime knows the segment and the sampling decision of the invocation.
#[tokio::test]
async fn tracing_header_is_replaced_with_the_invocations() {
    async fn trace(headers: HeaderMap) -> String {
        let ids: Vec<_> = headers.get_all("x-amzn-trace-id").iter().map(|id| id.to_str().unwrap()).collect();
        ids.join(" and ")
    }
    let context = |id: &str| lrt::testing::TestContext::new().trace_id(id);
    for (header, runtime, expected) in [
        (Some("Root=1-a"), "Root=1-a;Parent=b;Sampled=1", "Root=1-a;Parent=b;Sampled=1"),
        (Some("Self=1-c;Root=1-a"), "Root=1-b;Sampled=0", "Root=1-b;Sampled=0"),
        (None, "Root=1-a;Parent=b;Sampled=1", ""),
        (Some("Root=1-a"), "", "Root=1-a"),
        (Some("Root=1-a"), "\n", "Root=1-a"),
    ] {
        let headers = header.map_or_else(|| json!({}), |header| json!({"X-Amzn-Trace-Id": header}));
        let harness = lrt::http(trace).harness().context(context(runtime));
        assert_eq!(ask(&harness, request("GET", "/", &headers, None)).await.text(), expected, "{header:?} {runtime:?}");
    }
}

#[tokio::test]
async fn malformed_route_is_an_init_error() {
    async fn read() {}
    for (function, what) in [
        (lrt::http(read).route("GET orders"), "the path must start with `/`"),
        (lrt::http(read).base_path("v1"), "the base path `v1`"),
    ] {
        let outcome = function.harness().invoke(get("/")).await;
        let error = outcome.error().unwrap().to_string();
        assert!(error.contains(what), "{error}");
    }
}

#[derive(Debug)]
struct NoOrder;

impl std::fmt::Display for NoOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no such order")
    }
}

impl std::error::Error for NoOrder {}

impl IntoResponse for NoOrder {
    fn into_response(self) -> Response {
        (StatusCode::NOT_FOUND, self.to_string()).into_response()
    }
}

#[derive(Debug)]
struct NoDatabase;

impl std::fmt::Display for NoDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("postgres://admin:secret@db is gone")
    }
}

impl std::error::Error for NoDatabase {}

#[tokio::test]
async fn error_that_is_a_response_is_the_response() {
    async fn read() -> Result<String, NoOrder> {
        Err(NoOrder)
    }
    let outcome = lrt::http(read).harness().invoke(get("/")).await;
    let answer = HttpAnswer::of(&outcome);
    assert_eq!((answer.status, answer.text()), (404, "no such order"));
    assert!(outcome.logs().is_empty(), "{:?}", outcome.logs());
}

#[tokio::test]
async fn other_errors_show_the_request_id_and_are_logged() {
    #[lrt::handler(http)]
    async fn typed() -> Result<String, NoDatabase> {
        Err(NoDatabase)
    }
    #[lrt::handler(http)]
    async fn text() -> Result<String, String> {
        Err(NoDatabase.to_string())
    }
    async fn lrts() -> Result<String, Error> {
        Err(Error::new(NoDatabase))
    }
    let outcomes = [
        Harness::<typed>::new().invoke(get("/")).await,
        Harness::<text>::new().invoke(get("/")).await,
        lrt::http(lrts).harness().invoke(get("/")).await,
    ];
    for outcome in outcomes {
        let answer = HttpAnswer::of(&outcome);
        assert_eq!(answer.status, 500);
        let expected = json!({ "status": 500, "title": "Internal Server Error", "requestId": outcome.request_id() });
        assert_eq!(answer.json(), expected);
        let [line] = outcome.logs() else { panic!("{:?}", outcome.logs()) };
        assert!(line.contains(outcome.request_id()) && line.contains("secret@db is gone"), "{line}");
    }
}

#[tokio::test]
async fn panic_is_an_error_of_the_invocation() {
    async fn read() -> String {
        panic!("on purpose")
    }
    let outcome = lrt::http(read).harness().invoke(get("/")).await;
    assert_eq!(outcome.error().unwrap().error_type(), "Function.Panic");
}

#[tokio::test]
async fn axum_extractors_and_responses_work() {
    use axum::extract::{Extension, RawQuery};
    use axum::response::{Html, Redirect};
    async fn read(
        RawQuery(query): RawQuery,
        headers: HeaderMap,
        extension: Option<Extension<u32>>,
        body: String,
    ) -> Result<Html<String>, Redirect> {
        assert!(extension.is_none());
        match query.as_deref() {
            Some("old") => Err(Redirect::permanent("/new")),
            query => Ok(Html(format!("{query:?} {} {body}", headers.len()))),
        }
    }
    let harness = lrt::http(read).harness();
    let answer = ask(&harness, request("POST", "/?new", &json!({}), Some("tea"))).await;
    assert_eq!((answer.status, answer.text()), (200, r#"Some("new") 1 tea"#));
    let moved = ask(&harness, get("/?old")).await;
    assert_eq!((moved.status, moved.header("location")), (308, Some("/new")));
}

#[tokio::test]
async fn extractor_that_needs_an_axum_router_is_an_init_error() {
    use axum::extract::{MatchedPath, Path, RawPathParams};
    async fn path(Path(_): Path<u64>) {}
    async fn optional(_: HeaderMap, _: Option<Path<(u64, u64)>>, _: String) {}
    async fn raw(_: RawPathParams) {}
    async fn matched(_: &'static Db, _: Result<MatchedPath, axum::extract::rejection::MatchedPathRejection>) {}
    let event = || get("/orders/7");
    for (outcome, name, instead) in [
        (lrt::http(path).route("GET /orders/{id}").harness().invoke(event()).await, "path::Path`", "`lrt::http::Path`"),
        (lrt::http(optional).harness().invoke(event()).await, "path::Path`", "`lrt::http::Path`"),
        (lrt::http(raw).harness().invoke(event()).await, "RawPathParams`", "`lrt::http::Path`"),
        (lrt::http(matched).init(connect).harness().invoke(event()).await, "MatchedPath`", "its option `route`"),
    ] {
        let error = outcome.error().unwrap().to_string();
        assert!(error.contains(name) && error.contains(instead), "{error}");
    }
}

#[tokio::test]
async fn event_of_another_origin_is_an_error_that_names_both() {
    async fn read() {}
    let outcome = lrt::alb(read).harness().invoke(get("/")).await;
    let error = outcome.error().unwrap();
    assert_eq!(error.error_type(), "Runtime.UnmarshalError");
    let message = error.to_string();
    assert!(message.contains("Application Load Balancer") && message.contains("an HTTP API"), "{message}");
    let outcome = lrt::http(read).harness().invoke(json!({ "Records": [] })).await;
    assert_eq!(outcome.error().unwrap().error_type(), "Runtime.UnmarshalError");
}

#[tokio::test]
async fn websocket_message_needs_no_content_type() {
    async fn said(Json(text): Json<String>) -> String {
        text
    }
    let harness = lrt::websocket(said).harness();
    let answer = harness.invoke(lrt::testing::events::websocket().message(r#""hello""#)).await.http();
    assert_eq!((answer.status(), answer.text()), (200, "hello"));
}
