//! Any JSON in, the same JSON out.

use lrt::prelude::*;

#[lambda]
async fn wave(event: serde_json::Value) -> serde_json::Value {
    event
}
