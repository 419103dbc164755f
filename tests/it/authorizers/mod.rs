//! Lambda authorizers: events and decisions in the form of each API, the extractors of their results, and the
//! builders of their events.

mod behind;
mod builders;
mod decisions;
mod requests;

use lrt::testing::events::{self, HttpApi, HttpEvent, RestApi, WebSocket};
use lrt::testing::{IntoEvent, Outcome};
use serde::{Deserialize, Serialize};

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
    admin: bool,
    score: Option<f64>,
    groups: Vec<String>,
    plan: Option<Plan>,
    role: Role,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Plan {
    seats: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Role {
    #[default]
    Reader,
    Editor {
        drafts: u8,
    },
}

fn ada() -> User {
    let groups = vec!["a, b".to_owned(), "7".to_owned()];
    User {
        id: 7,
        name: "Ada \"\u{e9}\"".to_owned(),
        admin: true,
        groups,
        plan: Some(Plan { seats: 3 }),
        ..User::default()
    }
}

fn rest_api() -> HttpEvent<RestApi> {
    events::rest_api().get("/orders/7")
}

fn http_api() -> HttpEvent<HttpApi> {
    events::http_api().get("/orders/7")
}

fn websocket() -> HttpEvent<WebSocket> {
    events::websocket().connect()
}

fn text(outcome: &Outcome) -> &str {
    std::str::from_utf8(outcome.body()).unwrap()
}

fn bytes(event: impl IntoEvent) -> Vec<u8> {
    event.into_event().unwrap().to_vec()
}
