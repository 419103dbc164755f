//! Functions that build a service.

use super::{ask, get, request};
use axum::routing::{get as on_get, post};
use axum::{Json, Router};
use lrt::http::{Request, Response};
use lrt::{Context, Error};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use tower_http::cors::CorsLayer;

struct Db {
    name: &'static str,
}

async fn connect() -> Result<Db, lrt::Error> {
    Ok(Db { name: "main" })
}

async fn app(db: &'static Db) -> Result<Router, lrt::Error> {
    Ok(Router::new()
        .route("/db", on_get(move || async move { db.name }))
        .route(
            "/orders/{id}",
            post(|path: axum::extract::Path<u64>, body: Json<u32>| async move {
                Json(json!({ "id": path.0, "order": body.0 }))
            }),
        )
        .route("/context", on_get(|ctx: Context| async move { ctx.function_name().to_owned() }))
        .route("/fails", on_get(|| async { Err::<(), _>(Error::msg("secret")) })))
}

#[tokio::test]
async fn axum_router_is_a_function() {
    let harness = lrt::service(app).init(connect).harness();
    assert_eq!(ask(&harness, get("/db")).await.text(), "main");
    let headers = json!({ "content-type": "application/json" });
    let answer = ask(&harness, request("POST", "/orders/7", &headers, Some("3"))).await;
    assert_eq!(answer.json(), json!({ "id": 7, "order": 3 }));
    assert_eq!(ask(&harness, get("/context")).await.text(), "app");
    assert_eq!(ask(&harness, get("/none")).await.status, 404);
    let outcome = harness.invoke(get("/fails")).await;
    let answer = super::HttpAnswer::of(&outcome);
    assert_eq!((answer.status, &answer.json()["requestId"]), (500, &json!(outcome.request_id())));
    assert!(outcome.logs()[0].contains("secret"));
}

#[tokio::test]
async fn layers_wrap_the_service() {
    let harness = lrt::api_gateway(app).service().init(connect).layer(CorsLayer::permissive()).harness();
    assert_eq!(ask(&harness, get("/db")).await.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn service_is_built_once_and_its_failure_is_an_init_error() {
    static BUILT: AtomicUsize = AtomicUsize::new(0);
    async fn build() -> Result<Router, String> {
        match BUILT.fetch_add(1, Ordering::Relaxed) {
            0 => Err("no certificate".into()),
            _ => Ok(Router::new().route("/", on_get(|| async { "built" }))),
        }
    }
    let harness = lrt::service(build).harness();
    let outcome = harness.invoke(get("/")).await;
    assert!(outcome.error().unwrap().to_string().contains("no certificate"));
    for _ in 0..3 {
        assert_eq!(ask(&harness, get("/")).await.text(), "built");
    }
    assert_eq!(BUILT.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn any_tower_service_is_a_function() {
    async fn build() -> Result<
        impl tower::Service<Request, Response = Response, Error = Error, Future: Send> + Send + 'static,
        lrt::Error,
    > {
        Ok(tower::service_fn(|request: Request| async move {
            match request.uri().path() {
                "/fails" => Err(Error::msg("it failed")),
                path => Ok(Response::new(path.to_owned().into())),
            }
        }))
    }
    let harness = lrt::service(build).harness();
    assert_eq!(ask(&harness, get("/a%20b")).await.text(), "/a%20b");
    assert_eq!(ask(&harness, get("/fails")).await.status, 500);
}
