//! Layers of tower-http and tower around HTTP functions.

use super::{HttpAnswer, ask, get, request};
use lrt::http::{HeaderMap, Request, Response, StatusCode};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::sleep;
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;

async fn tea() -> &'static str {
    "tea, and so much of it that it is worth compressing: tea, tea, tea, tea, tea, tea, tea, tea, tea"
}

async fn slow() -> &'static str {
    sleep(Duration::from_secs(5)).await;
    "late"
}

#[tokio::test]
async fn cors_layer_answers_preflight_requests_of_a_route() {
    let harness = lrt::http(tea).route("POST /tea").layer(CorsLayer::permissive()).harness();
    let headers = json!({ "origin": "https://shop.example", "access-control-request-method": "POST" });
    let preflight = ask(&harness, request("OPTIONS", "/tea", &headers, None)).await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (200, Some("*")));
    let refused = ask(&harness, get("/tea")).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (405, Some("*")));
}

#[tokio::test]
async fn compressed_response_is_base64() {
    let harness = lrt::http(tea).layer(CorsLayer::permissive()).layer(CompressionLayer::new()).harness();
    let answer = ask(&harness, request("GET", "/", &json!({ "accept-encoding": "gzip" }), None)).await;
    assert_eq!((answer.header("content-encoding"), answer.is_base64()), (Some("gzip"), true));
    assert!(answer.text().starts_with("H4sI"), "{}", answer.text());
    let plain = ask(&harness, get("/")).await;
    assert_eq!((plain.header("content-encoding"), plain.is_base64()), (None, false));
}

#[tokio::test]
async fn trace_layer_sees_each_response() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    let trace = TraceLayer::new_for_http().on_response(move |response: &http::Response<_>, _: Duration, _: &_| {
        count.fetch_add(usize::from(response.status().as_u16()), Ordering::Relaxed);
    });
    let harness = lrt::http(tea).layer(trace).harness();
    assert_eq!(ask(&harness, get("/")).await.status, 200);
    assert_eq!(seen.load(Ordering::Relaxed), 200);
}

#[tokio::test]
async fn body_over_the_limit_of_a_layer_is_rejected() {
    async fn echo(body: String) -> String {
        body
    }
    let harness = lrt::http(echo).layer(RequestBodyLimitLayer::new(3)).harness();
    assert_eq!(ask(&harness, request("POST", "/", &json!({}), Some("tea"))).await.text(), "tea");
    let too_large = ask(&harness, request("POST", "/", &json!({}), Some("coffee"))).await;
    assert_eq!(too_large.status, 413);
}

#[tokio::test(start_paused = true)]
async fn timeout_of_tower_http_is_its_own_response() {
    let limit = Duration::from_secs(1);
    let timeout = tower_http::timeout::TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limit);
    assert_eq!(ask(&lrt::http(slow).layer(timeout).harness(), get("/")).await.status, 408);
}

#[tokio::test(start_paused = true)]
async fn timeout_of_tower_is_a_504() {
    let outcome = lrt::http(slow).layer(TimeoutLayer::new(Duration::from_secs(1))).harness().invoke(get("/")).await;
    assert_eq!(HttpAnswer::of(&outcome).status, 504);
    assert!(outcome.logs()[0].ends_with(" Function.Timeout: request timed out"), "{:?}", outcome.logs());
}

#[tokio::test]
async fn load_shed_of_tower_is_a_503() {
    struct NeverReady;
    impl tower::Service<Request> for NeverReady {
        type Response = Response;
        type Error = lrt::BoxError;
        type Future = std::future::Ready<Result<Response, lrt::BoxError>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), lrt::BoxError>> {
            std::task::Poll::Pending
        }

        fn call(&mut self, _: Request) -> Self::Future {
            unreachable!("it is never ready")
        }
    }
    async fn app() -> Result<NeverReady, lrt::Error> {
        Ok(NeverReady)
    }
    // The layer rejects requests only if it polls the service directly.
    let shed = tower::layer::layer_fn(|_| tower::ServiceBuilder::new().layer(LoadShedLayer::new()).service(NeverReady));
    let outcome = lrt::service(app).layer(shed).harness().invoke(get("/")).await;
    assert_eq!(HttpAnswer::of(&outcome).status, 503);
    assert!(outcome.logs()[0].contains(" Overloaded: service overloaded"), "{:?}", outcome.logs());
}

#[tokio::test]
async fn request_ids_are_set_and_propagated() {
    async fn id(headers: HeaderMap) -> String {
        headers["x-request-id"].to_str().unwrap().to_owned()
    }
    let harness = lrt::http(id)
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(PropagateRequestIdLayer::x_request_id())
        .harness();
    let answer = ask(&harness, get("/")).await;
    assert_eq!(answer.header("x-request-id"), Some(answer.text()));
    assert_eq!(answer.text().len(), 36);
}

#[tokio::test]
async fn panic_caught_by_a_layer_is_a_500() {
    async fn read() -> &'static str {
        panic!("on purpose")
    }
    let answer = ask(&lrt::http(read).layer(CatchPanicLayer::new()).harness(), get("/")).await;
    assert_eq!(answer.status, 500);
}

#[tokio::test]
async fn error_of_a_layer_is_a_500_and_logged() {
    let fails = tower::layer::layer_fn(|_| {
        tower::service_fn(|_: Request| async { Err::<Response, _>(lrt::BoxError::from("the layer gave up")) })
    });
    let outcome = lrt::http(tea).layer(fails).harness().invoke(get("/")).await;
    assert_eq!(HttpAnswer::of(&outcome).status, 500);
    assert!(outcome.logs()[0].contains("the layer gave up"), "{:?}", outcome.logs());
}

#[tokio::test]
async fn layer_can_use_the_value_of_init() {
    async fn settings() -> Result<Duration, lrt::Error> {
        Ok(Duration::ZERO)
    }
    let harness = lrt::http(slow).init(settings).layer_with(|limit: &Duration| TimeoutLayer::new(*limit)).harness();
    assert_eq!(ask(&harness, get("/")).await.status, 504);
}
