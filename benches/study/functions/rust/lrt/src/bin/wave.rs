//! Replies with the event: a JSON value.

use lrt::prelude::*;

#[lambda]
async fn wave(event: serde_json::Value) -> serde_json::Value {
    event
}
