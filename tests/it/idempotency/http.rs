//! HTTP functions.

use super::support::{Effects, Fault, TestStore, poll_once};
use lrt::http::{Body, HeaderMap, HttpService, Path, Request, Response, StatusCode};
use lrt::idempotency::{Idempotency, MemoryStore, Store};
use lrt::testing::events::{self, HttpEvent, RestApi};
use lrt::testing::{Harness, HttpResponse};
use lrt::{Error, Handler};
use serde_json::{Value, json};
use tower::layer::layer_fn;
use tower::{ServiceExt, service_fn};

/// Returns a function that has an effect, and responds with the status in its path, the number of effects and its body.
fn pay<S: Store>(store: S, effects: &Effects) -> Harness<impl Handler + use<S>> {
    let effects = effects.clone();
    let function = move |Path(status): Path<u16>, body: String| {
        let n = effects.happen();
        async move {
            if body == "hang" {
                std::future::pending::<()>().await;
            }
            let response = axum::http::Response::builder().status(status).header("x-n", n).header("set-cookie", "a=1");
            let response = response.header("set-cookie", "b=2").header("x-bytes", &b"\xff"[..]);
            response.body(Body::from(format!("{n} {body}"))).map_err(Error::new)
        }
    };
    let once = Idempotency::by_header("Idempotency-Key").store(store);
    lrt::rest_api(function).route("ANY /payments/{status}").layer(once).harness()
}

fn post(status: u16, key: &str, body: &str) -> HttpEvent<RestApi> {
    events::rest_api().post(&format!("/payments/{status}")).header("idempotency-key", key).body(body.to_owned())
}

fn problem(response: &HttpResponse) -> (u16, String) {
    assert_eq!(response.header("content-type"), Some("application/problem+json"));
    (response.status(), response.json::<Value>()["detail"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn response_is_replayed_byte_for_byte() {
    for status in [200, 201, 204, 302, 404, 499] {
        let (store, effects) = (TestStore::reliable(), Effects::default());
        let harness = pay(store.clone(), &effects);
        let first = harness.invoke(post(status, "k", "tea")).await;
        assert_eq!(first.http().status(), status);
        let second = harness.invoke(post(status, "k", "tea")).await;
        assert_eq!(String::from_utf8_lossy(second.body()), String::from_utf8_lossy(first.body()));
        assert_eq!((effects.count(), store.calls()), (1, vec!["lock", "complete", "lock"]));
        assert_eq!(harness.invoke(post(status, "other", "tea")).await.http().header("x-n"), Some("2"));
    }
}

#[tokio::test]
async fn binary_body_is_replayed() {
    let effects = Effects::default();
    let function = {
        let effects = effects.clone();
        move || {
            effects.happen();
            async { Response::new(Body::from(&b"\x00\xff"[..])) }
        }
    };
    let once = Idempotency::by_header("idempotency-key").store(MemoryStore::new());
    let harness = lrt::function_url(function).layer(once).harness();
    for _ in 0..2 {
        let outcome = harness.invoke(events::function_url().post("/").header("idempotency-key", "k")).await;
        assert_eq!(outcome.http().body(), b"\x00\xff");
    }
    assert_eq!(effects.count(), 1);
}

#[tokio::test]
async fn server_errors_release_the_lock() {
    for status in [500, 503, 599] {
        let (store, effects) = (TestStore::reliable(), Effects::default());
        let harness = pay(store.clone(), &effects);
        for n in ["1", "2"] {
            let response = harness.invoke(post(status, "k", "tea")).await.http();
            assert_eq!((response.status(), response.header("x-n")), (status, Some(n)));
        }
        assert_eq!(store.calls(), ["lock", "release", "lock", "release"]);
    }
}

#[tokio::test]
async fn request_in_progress_is_a_409_with_retry_after() {
    let (store, effects) = (TestStore::reliable(), Effects::default());
    let (first, second) = (pay(store.clone(), &effects), pay(store, &effects));
    let mut running = first.invoke(post(200, "k", "hang"));
    for _ in 0..2 {
        assert!(poll_once(&mut running).await.is_pending());
        tokio::task::yield_now().await;
    }
    let response = second.invoke(post(200, "k", "hang")).await.http();
    assert_eq!(problem(&response), (409, "another request with this idempotency key is in progress".to_owned()));
    let seconds: u32 = response.header("retry-after").unwrap().parse().unwrap();
    assert!((890..=900).contains(&seconds), "{seconds}");
    assert_eq!(effects.count(), 1);
}

#[tokio::test]
async fn key_of_another_request_is_a_422() {
    let effects = Effects::default();
    let harness = pay(MemoryStore::new(), &effects);
    assert_eq!(harness.invoke(post(200, "k", r#"{"amount":1}"#)).await.http().status(), 200);
    let other = [
        post(200, "k", r#"{"amount":2}"#),
        post(201, "k", r#"{"amount":1}"#),
        post(200, "k", r#"{"amount":1}"#).query("a", "b"),
        events::rest_api().put("/payments/200").header("idempotency-key", "k").body(r#"{"amount":1}"#),
    ];
    for request in other {
        let response = harness.invoke(request).await.http();
        assert_eq!(problem(&response), (422, "the idempotency key was used for another payload".to_owned()));
    }
    assert_eq!(harness.invoke(post(200, "k", r#"{ "amount": 1 }"#)).await.http().header("x-n"), Some("1"));
    assert_eq!(effects.count(), 1);
}

#[tokio::test]
async fn invalid_header_is_a_400() {
    let effects = Effects::default();
    let harness = pay(MemoryStore::new(), &effects);
    let missing = events::rest_api().post("/payments/200");
    let long = "k".repeat(2048);
    let cases = [
        (missing.clone(), "missing header `idempotency-key`"),
        (post(200, "", ""), "invalid idempotency key: it is empty"),
        (post(200, &long, ""), "invalid idempotency key: 2057 bytes with the name of the function (limit: 2048)"),
        (
            missing.clone().header("idempotency-key", "a").header("idempotency-key", "b"),
            "the header `idempotency-key` is repeated",
        ),
    ];
    for (request, detail) in cases {
        assert_eq!(problem(&harness.invoke(request).await.http()), (400, detail.to_owned()));
    }
    assert_eq!(effects.count(), 0);
}

#[tokio::test]
async fn request_without_the_header_passes_if_it_is_optional_or_the_method_is_safe() {
    let effects = Effects::default();
    let harness = pay(MemoryStore::new(), &effects);
    for n in ["1", "2"] {
        assert_eq!(harness.invoke(events::rest_api().get("/payments/200")).await.http().header("x-n"), Some(n));
    }
    let function = |headers: HeaderMap| async move { headers.len().to_string() };
    let once = Idempotency::by_header("idempotency-key").optional().store(MemoryStore::new());
    let harness = lrt::http_api(function).layer(once).harness();
    assert_eq!(harness.invoke(events::http_api().post("/")).await.http().status(), 200);
}

#[tokio::test]
async fn failing_store_is_a_500_and_logged() {
    let (store, effects) = (TestStore::failing(0, Fault::Fails), Effects::default());
    let outcome = pay(store, &effects).invoke(post(200, "k", "tea")).await;
    assert_eq!((outcome.http().status(), effects.count()), (500, 0));
    let log = &outcome.logs()[0];
    assert!(
        log.contains("IdempotencyStoreFailed: cannot lock the idempotency key, so the function was not called"),
        "{log}"
    );
}

#[tokio::test]
async fn response_above_the_limit_of_the_store_is_a_500_of_every_execution() {
    let (store, effects) = (TestStore::reliable(), Effects::default());
    let harness = pay(store.clone(), &effects);
    for _ in 0..2 {
        let outcome = harness.invoke(post(200, "k", &"x".repeat(1000))).await;
        assert_eq!(outcome.http().status(), 500);
        assert!(outcome.logs()[0].contains("IdempotencyReplyTooLarge: "), "{:?}", outcome.logs());
    }
    assert_eq!(effects.count(), 1);
}

#[tokio::test]
async fn router_is_protected_as_a_whole() {
    let effects = Effects::default();
    let noted = effects.clone();
    let router = axum::Router::new()
        .route("/a", axum::routing::post(move |body: String| async move { format!("{} {body}", noted.happen()) }));
    let app = move || {
        let router = router.clone();
        async move { Ok::<_, Error>(router) }
    };
    let once = Idempotency::by_header("idempotency-key").store(MemoryStore::new());
    let harness = lrt::service(app).layer(once).harness();
    for _ in 0..2 {
        let request = events::http_api().post("/a").header("idempotency-key", "k").json(&json!("tea"));
        assert_eq!(harness.invoke(request).await.http().text(), "1 \"tea\"");
    }
    let missing = harness.invoke(events::http_api().post("/b").header("idempotency-key", "l")).await.http();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND.as_u16());
}

#[tokio::test]
async fn request_without_a_context_is_an_error() {
    let effects = Effects::default();
    let noted = effects.clone();
    let function = move || {
        noted.happen();
        async { "paid" }
    };
    // A task without the scope of the invocation.
    let spawn = layer_fn(|inner: HttpService| {
        service_fn(move |mut request: Request| {
            request.extensions_mut().clear();
            let response = inner.clone().oneshot(request);
            async move { tokio::spawn(response).await.unwrap() }
        })
    });
    let once = Idempotency::by_header("idempotency-key").store(MemoryStore::new());
    let harness = lrt::http_api(function).layer(spawn).layer(once).harness();
    let outcome = harness.invoke(events::http_api().post("/").header("idempotency-key", "k")).await;
    assert_eq!((outcome.http().status(), effects.count()), (500, 0));
    let log = outcome.logs().join("\n");
    assert!(log.contains("IdempotencyUnsupported: the request has no `Context`"), "{log}");
}
