//! Replies with the event: a JSON value.

use lrt::prelude::*;

#[cfg_attr(feature = "metrics", lambda(metrics = "Bench"))]
#[cfg_attr(not(feature = "metrics"), lambda)]
async fn wave(event: serde_json::Value) -> serde_json::Value {
    event
}
