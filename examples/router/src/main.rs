//! An axum `Router` in one function: `cargo run -p router`, then `curl http://127.0.0.1:9000/notes`.

mod notes;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use lrt::{Context, Error, lambda};
use notes::{Note, Notes};
use tower_http::compression::CompressionLayer;

/// Builds the router, once. Its extractors are axum's, and lrt's `Context` is one of them. The value of `init` lives as long as the
/// process, so handlers share it without an `Arc`.
#[lambda(http, service, init = open, layer = CompressionLayer::new())]
async fn app(notes: &'static Notes) -> Router {
    Router::new().route("/notes", get(list).post(add)).route("/notes/{id}", get(read).delete(remove)).with_state(notes)
}

async fn list(State(notes): State<&'static Notes>) -> Json<Vec<Note>> {
    Json(notes.all().await)
}

async fn add(State(notes): State<&'static Notes>, ctx: Context, Json(text): Json<String>) -> (StatusCode, Json<Note>) {
    let note = notes.add(text).await;
    // Runs after the response has been sent.
    ctx.wait_until(async move { eprintln!("{} notes so far", notes.all().await.len()) });
    (StatusCode::CREATED, Json(note))
}

async fn read(State(notes): State<&'static Notes>, Path(id): Path<u64>) -> Result<Json<Note>, StatusCode> {
    notes.get(id).await.map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn remove(State(notes): State<&'static Notes>, Path(id): Path<u64>) -> StatusCode {
    if notes.remove(id).await { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn open() -> Result<Notes, Error> {
    Ok(Notes::with(["buy tea", "wash the cups"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::{Harness, events};
    use serde_json::{Value, json};

    lrt::snapshot_tests!(app, "events/*.json", state = Notes::with(["buy tea", "wash the cups"]));

    #[tokio::test]
    async fn removed_note_is_not_found() {
        let harness = Harness::<app>::with_state(Notes::with([]));
        let added = harness.invoke(events::http_api().post("/notes").json(&"buy tea")).await.http();
        assert_eq!((added.status(), added.json::<Value>()), (201, json!({ "id": 1, "text": "buy tea" })));
        for (request, status) in [
            (events::http_api().get("/notes/1"), 200),
            (events::http_api().delete("/notes/1"), 204),
            (events::http_api().get("/notes/1"), 404),
            (events::http_api().delete("/notes/1"), 404),
            (events::http_api().get("/notes/one"), 400),
            (events::http_api().put("/notes/1"), 405),
        ] {
            assert_eq!(harness.invoke(request.clone()).await.http().status(), status, "{request:?}");
        }
    }

    #[tokio::test]
    async fn all_event_sources_are_supported() {
        let harness = Harness::<app>::with_state(Notes::with(["buy tea"]));
        for outcome in [
            harness.invoke(events::rest_api().get("/notes/1")).await,
            harness.invoke(events::http_api().get("/notes/1")).await,
            harness.invoke(events::function_url().get("/notes/1")).await,
            harness.invoke(events::alb().get("/notes/1")).await,
            harness.invoke(events::lattice().get("/notes/1")).await,
        ] {
            assert_eq!(outcome.http().json::<Value>()["text"], "buy tea");
        }
    }

    #[tokio::test]
    async fn long_responses_are_compressed_if_the_client_accepts_it() {
        let harness = Harness::<app>::with_state(Notes::with(["tea, tea, tea, tea, tea, tea, tea, tea and tea"]));
        let request = events::function_url().get("/notes").header("accept-encoding", "gzip");
        let reply = harness.invoke(request).await.http();
        assert_eq!((reply.header("content-encoding"), &reply.body()[..2]), (Some("gzip"), &[0x1f, 0x8b][..]));
    }
}
