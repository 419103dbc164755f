//! axum's extractors and responses in functions, and lrt's types in axum's routers.

use axum::extract::{DefaultBodyLimit, Extension, Form, RawQuery};
use axum::response::{Html, Redirect};
use axum::{Router, routing};
use axum_core::body::Body;
use axum_core::extract::{FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use lrt_core::{Context, Error, EventHeaders, capture_log};
use lrt_http::rejection::JsonRejection;
use lrt_http::{Json, Problem, Query, collect, disable_body_limit};
use serde::Deserialize;
use tower_service::Service;

#[derive(Debug, Deserialize)]
struct Order {
    item: String,
    count: u8,
}

/// Extracts a tuple of extractors. The last one may take the body.
async fn extract<M, A>(request: Request) -> Result<A, Response>
where
    A: FromRequest<(), M>,
{
    A::from_request(request, &()).await.map_err(IntoResponse::into_response)
}

fn post(content_type: &str, body: impl Into<Body>) -> Request {
    let request = Request::builder().method("POST").uri("https://h/orders?item=tea&count=2");
    request.header("content-type", content_type).body(body.into()).expect("a request")
}

async fn text(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body = collect(response.into_body(), usize::MAX).await.expect("a body in memory");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn axum_extractors_work_in_functions() {
    let form = post("application/x-www-form-urlencoded", "item=tea&count=2");
    let (Query(query), Form(form)): (Query<Order>, Form<Order>) = extract(form).await.unwrap();
    assert_eq!((query.item, query.count), (form.item, form.count));

    let mut request = post("text/plain", "body");
    request.extensions_mut().insert(7u8);
    let (Extension(seven), method, uri, headers, body): (Extension<u8>, Method, Uri, HeaderMap, Bytes) =
        extract(request).await.unwrap();
    assert_eq!((seven, method, uri.path(), headers.len(), &*body), (7, Method::POST, "/orders", 1, &b"body"[..]));

    let (RawQuery(query), body): (RawQuery, String) = extract(post("text/plain", "body")).await.unwrap();
    assert_eq!((&*body, query.as_deref()), ("body", Some("item=tea&count=2")));
}

#[tokio::test]
async fn json_rejections_are_extracted_as_results() {
    let broken = || post("application/json", r#"{"item":"tea","count":300}"#);
    let (ours,): (Result<Json<Order>, JsonRejection>,) = extract(broken()).await.unwrap();
    assert_eq!(ours.unwrap_err().status(), 422);
    let (none,): (Option<Json<Order>>,) = extract(Request::new(Body::from("{"))).await.unwrap();
    assert!(none.is_none());
}

#[tokio::test]
async fn axum_rejections_are_responses() {
    let answer = extract::<_, (Extension<u8>,)>(post("text/plain", "")).await.unwrap_err();
    assert_eq!(answer.status(), 500);
    let answer = extract::<_, (String,)>(post("text/plain", vec![0xff])).await.unwrap_err();
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn axums_body_limit_applies_until_it_is_disabled() {
    let large = || post("text/plain", vec![b'x'; 3_000_000]);
    assert_eq!(extract::<_, (Bytes,)>(large()).await.unwrap_err().status(), 413);
    let mut request = large();
    disable_body_limit(&mut request);
    let (body,): (Bytes,) = extract(request).await.unwrap();
    assert_eq!(body.len(), 3_000_000);

    let mut limited = large();
    disable_body_limit(&mut limited);
    DefaultBodyLimit::max(10).apply(&mut limited);
    assert_eq!(extract::<_, (Bytes,)>(limited).await.unwrap_err().status(), 413, "a layer sets the limit again");
}

#[tokio::test]
async fn axum_responses_are_responses_of_functions() {
    let html = Html("<p>").into_response();
    assert_eq!(html.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(Redirect::to("/").into_response().headers()["location"], "/");
}

#[tokio::test]
async fn errors_and_the_context_work_in_routers() {
    async fn fails(ctx: Context) -> Result<String, Error> {
        Err(Error::named("NoTable", format!("gone in {}", ctx.request_id())))
    }
    async fn doubles(Query(order): Query<Order>) -> Result<Json<u8>, Problem> {
        Ok(Json(order.count * 2))
    }
    let mut router = Router::new().route("/fails", routing::get(fails)).route("/doubles", routing::get(doubles));
    let headers = EventHeaders { request_id: "r1", ..Default::default() };
    let context = Context::new(&headers, Default::default(), false);

    let mut request = Request::get("/fails").body(Body::empty()).unwrap();
    request.extensions_mut().insert(context.clone());
    let (response, log) = capture_log(context.scope(router.call(request))).await;
    let answer = (500, r#"{"status":500,"title":"Internal Server Error","requestId":"r1"}"#.to_owned());
    assert_eq!(text(response.unwrap()).await, answer);
    assert_eq!(log, ["ERROR RequestId: r1 NoTable: gone in r1"]);

    let request = Request::get("/doubles?item=tea&count=4").body(Body::empty()).unwrap();
    assert_eq!(text(router.call(request).await.unwrap()).await, (200, "8".to_owned()));
}

/// The text of a compressed response is not known.
#[tokio::test]
async fn compressed_error_is_not_converted_to_a_problem() {
    for (encoding, content_type) in [("gzip", "text/plain"), ("identity", "application/problem+json")] {
        let headers = [("content-encoding", encoding), ("content-type", "text/plain")];
        let response = Problem::from_response((StatusCode::BAD_REQUEST, headers, "text").into_response()).await;
        assert_eq!(response.headers()["content-type"], content_type);
        assert_eq!(response.headers()["content-encoding"], encoding);
    }
}

/// In a router, 404, 405 and the rejections of axum's extractors are empty or plain text.
#[tokio::test]
async fn error_responses_of_a_router_become_problems() {
    async fn order(Form(order): Form<Order>) -> String {
        order.item
    }
    async fn fails() -> (StatusCode, &'static str) {
        (StatusCode::INTERNAL_SERVER_ERROR, "secret")
    }
    async fn html() -> (StatusCode, Html<&'static str>) {
        (StatusCode::NOT_FOUND, Html("<p>"))
    }
    async fn query(Query(order): Query<Order>) -> String {
        order.item
    }
    let mut router = Router::new()
        .route("/orders", routing::post(order).get(query))
        .route("/fails", routing::get(fails))
        .route("/html", routing::get(html))
        .layer(axum::middleware::map_response(Problem::from_response));
    let form = "application/x-www-form-urlencoded";
    let request = |method: &str, uri: &str, body: &'static str| {
        let request = Request::builder().method(method).uri(uri).header("content-type", form);
        request.body(Body::from(body)).unwrap()
    };
    for (request, status, content_type, body) in [
        (request("GET", "/none", ""), 404, "application/problem+json", r#"{"status":404,"title":"Not Found"}"#),
        (
            request("DELETE", "/orders", ""),
            405,
            "application/problem+json",
            r#"{"status":405,"title":"Method Not Allowed"}"#,
        ),
        (
            request("POST", "/orders", "item=tea"),
            422,
            "application/problem+json",
            r#"{"status":422,"title":"Unprocessable Entity","detail":"Failed to deserialize form body: missing field `count`"}"#,
        ),
        (
            request("GET", "/orders?item=tea&count=x", ""),
            400,
            "application/problem+json",
            r#"{"status":400,"title":"Bad Request","detail":"invalid query string: invalid type: string \"x\", expected u8 at count","field":"count"}"#,
        ),
        (
            request("GET", "/fails", ""),
            500,
            "application/problem+json",
            r#"{"status":500,"title":"Internal Server Error"}"#,
        ),
        (request("GET", "/html", ""), 404, "text/html; charset=utf-8", "<p>"),
        (request("POST", "/orders", "item=tea&count=1"), 200, "text/plain; charset=utf-8", "tea"),
    ] {
        let uri = request.uri().clone();
        let response = router.call(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], content_type, "{uri}");
        assert_eq!(response.headers().contains_key("allow"), status == 405, "{uri}");
        assert_eq!(text(response).await, (status, body.to_owned()), "{uri}");
    }
}
