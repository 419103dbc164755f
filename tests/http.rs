//! HTTP functions, from the event to the answer.

// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

use lrt::http::{Json, Path, Query};
use lrt::testing::Harness;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Page {
    page: Option<u32>,
}

#[derive(Serialize)]
struct Order {
    id: u64,
    page: u32,
}

async fn order(Path(id): Path<u64>, Query(q): Query<Page>, db: &'static u32) -> Result<Json<Order>, String> {
    Ok(Json(Order { id, page: q.page.unwrap_or(*db) }))
}

async fn init() -> u32 {
    4
}

#[tokio::test]
async fn first() {
    let h = lrt::http(order).route("GET /orders/{id}").init(init).harness();
    let event = r#"{"version":"2.0","rawPath":"/orders/7","rawQueryString":"page=2","headers":{"host":"a.example"},"requestContext":{"stage":"$default","http":{"method":"GET"}}}"#;
    let out = h.invoke(event).await;
    println!("{}", String::from_utf8_lossy(out.body()));
    assert!(out.is_ok());
    panic!();
}
