//! The option `other`: events that are not HTTP requests.

use lrt::http::{Json, Request};
use lrt::testing::{TestContext, events};
use lrt::{Context, Error};
use serde_json::{Value, json};
use std::time::Duration;

async fn page() -> &'static str {
    "page"
}

async fn other(event: Value) -> Result<Value, Error> {
    match event["do"].as_str() {
        Some("fail") => Err(Error::named("Busy", "not now")),
        Some("hang") => std::future::pending().await,
        _ => Ok(json!({"got": event, "id": !Context::current().unwrap().request_id().is_empty()})),
    }
}

#[tokio::test]
async fn other_events_reach_the_function_and_requests_do_not() {
    let harness = lrt::http(page).other(other).harness();
    for event in [
        json!({"ping": true}),
        json!(7),
        json!([]),
        json!(null),
        events::scheduled().build(),
        events::sqs().text("a").build(),
        events::s3().created("a").build(),
    ] {
        let outcome = harness.invoke(event.clone()).await;
        assert_eq!(outcome.reply::<Value>(), json!({"got": event, "id": true}), "{event}");
    }
    let outcome = harness.invoke(events::http_api().get("/")).await;
    assert_eq!((outcome.http().status(), outcome.http().text()), (200, "page"));
}

#[tokio::test(start_paused = true)]
async fn failures_are_function_errors() {
    let context = TestContext::new().deadline_in(Duration::from_secs(3));
    let harness = lrt::function_url(page).other(other).harness().context(context);
    for (event, error) in [(json!({"do": "fail"}), "Busy"), (json!({"do": "hang"}), "Function.Timeout")] {
        let outcome = harness.invoke(event).await;
        assert_eq!(outcome.error().map(|error| error.error_type()), Some(error));
    }
    async fn count(n: u32) -> Result<u32, Error> {
        Ok(n + 1)
    }
    let harness = lrt::http(page).other(count).harness();
    assert_eq!(harness.invoke(json!(1)).await.reply::<u32>(), 2);
    let outcome = harness.invoke(json!({"n": 1})).await;
    assert_eq!(outcome.error().map(|error| error.error_type()), Some("Runtime.UnmarshalError"));
}

#[tokio::test]
async fn invalid_json_and_requests_of_other_services_are_errors() {
    let harness = lrt::alb(page).other(other).harness();
    let outcome = harness.invoke("{").await;
    assert!(outcome.error().unwrap().message().starts_with("invalid JSON: "));
    let outcome = harness.invoke(events::http_api().get("/")).await;
    assert!(outcome.error().unwrap().message().contains("expected an event from an Application Load Balancer"));
    // Without the option, other events are errors.
    let outcome = lrt::http(page).harness().invoke(json!({"ping": 1})).await;
    assert!(outcome.error().unwrap().message().contains("an object with the members `ping`"));
}

#[tokio::test]
async fn services_and_streaming_functions_have_the_option() {
    async fn app() -> Result<axum::Router, Error> {
        Ok(axum::Router::new().route("/", axum::routing::get(|| async { "page" })))
    }
    async fn echo(request: Request) -> Json<String> {
        Json(request.uri().path().to_owned())
    }
    let expected = json!({"got": 7, "id": true});
    assert_eq!(lrt::service(app).other(other).harness().invoke(json!(7)).await.reply::<Value>(), expected);
    let harness = lrt::function_url(echo).other(other).streaming().harness();
    assert_eq!(harness.invoke(json!(7)).await.reply::<Value>(), expected);
}
