//! Functions of lambda_http have the same answers on both loops.

use crate::process::{event, same_answers};
use lrt::testing::{Event, IntoEvent, events};
use serde_json::json;

/// Returns a request from each origin.
pub(crate) fn from_each_origin(method: &str, target: &str, body: Option<&serde_json::Value>) -> Vec<Event> {
    macro_rules! events {
        ($($origin:ident),*) => {
            vec![$({
                let event = events::$origin().request(method, target).header("x-tenant", "blue").cookie("c", "1");
                match body {
                    Some(body) => payload(event.json(body)),
                    None => payload(event),
                }
            }),*]
        };
    }
    events!(rest_api, http_api, function_url, alb, lattice)
}

fn payload(request: impl IntoEvent) -> Event {
    event(request.into_event().unwrap())
}

#[tokio::test]
async fn requests_of_each_origin_are_the_same() {
    let mut requests = from_each_origin("POST", "/tea/green%20leaf?cups=2&cups=%C3%A9", Some(&json!({"sugar": 1})));
    requests.extend(from_each_origin("GET", "/", None));
    requests.push(payload(events::rest_api().route("GET /tea/{name}").get("/tea/green").stage_variable("a", "b")));
    requests.push(payload(events::websocket().connect()));
    let seen = same_answers("http", requests).await;
    assert!(seen[0].contains("green"), "{}", seen[0]);
}

#[tokio::test]
async fn responses_of_each_kind_are_the_same() {
    for reply in ["binary", "empty", "error", "panic"] {
        let seen = same_answers("http", from_each_origin("GET", &format!("/?reply={reply}"), None)).await;
        assert_eq!(seen[0].contains("no tea"), matches!(reply, "error" | "panic"), "{}", seen[0]);
    }
}

#[tokio::test]
async fn other_events_are_the_same_error() {
    let seen = same_answers("http", vec![event(r#"{"tea":1}"#), event("1"), event("tea")]).await;
    assert!(seen[0].contains("this function expects a JSON payload from Amazon API Gateway"), "{}", seen[0]);
}

/// Requests for the router, which has routes of several kinds.
pub(crate) fn requests_for_router() -> Vec<Event> {
    let order = json!({"id": 1, "items": [{"name": "tea", "count": null}]});
    let mut requests = from_each_origin("POST", "/orders", Some(&order));
    requests.extend(from_each_origin("POST", "/orders", Some(&json!({"id": -1}))));
    for target in ["/tea/green?cups=2", "/png", "/cookies", "/coffee"] {
        requests.extend(from_each_origin("GET", target, None));
    }
    requests
}

#[tokio::test]
async fn axum_router_has_the_same_responses() {
    let seen = same_answers("router", requests_for_router()).await;
    // lambda_http adds the stage to the path of the first request, which comes from a REST API.
    assert!(seen[0].contains("404"), "{}", seen[0]);
    assert!(seen[1].contains(r#"\"name\":\"tea\""#), "{}", seen[1]);
}

#[tokio::test]
async fn streaming_axum_router_has_the_same_responses() {
    let seen = same_answers("streaming-router", requests_for_router()).await;
    assert!(seen[1].ends_with(r#"{"id":1,"items":[{"name":"tea","count":null}]}"#), "{:?}", seen[1]);
}
