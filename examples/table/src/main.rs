//! An HTTP API over a DynamoDB table: `cargo run -p table`.

mod notes;

use lrt::prelude::*;
use notes::{Note, Notes};

lrt::main!(put_note, get_note);

/// Stores a note, or replaces it.
#[handler(http_api, init = notes::connect, route = "PUT /notes/{id}")]
async fn put_note(Path(id): Path<String>, notes: &Notes, Json(note): Json<Note>) -> Result<StatusCode, Error> {
    notes.put(&id, note).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns a note.
#[handler(http_api, init = notes::connect, route = "GET /notes/{id}")]
async fn get_note(Path(id): Path<String>, notes: &Notes) -> Result<Response, Error> {
    match notes.get(&id).await? {
        Some(note) => Ok(Json(note).into_response()),
        None => Ok(StatusCode::NOT_FOUND.into_response()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::{Harness, events};
    use serde_json::{Value, json};

    #[tokio::test]
    async fn note_that_was_put_is_returned() {
        let table = notes::fake::Table::default();
        let put = Harness::<put_note>::with_state(table.notes());
        let get = Harness::<get_note>::with_state(table.notes());
        let missing = get.invoke(events::http_api().get("/notes/7")).await.http();
        assert_eq!(missing.status(), 404);
        let stored = put.invoke(events::http_api().put("/notes/7").json(&json!({ "text": "tea" }))).await.http();
        assert_eq!(stored.status(), 204);
        let found = get.invoke(events::http_api().get("/notes/7")).await.http();
        assert_eq!((found.status(), found.json::<Value>()), (200, json!({ "text": "tea" })));
    }

    #[tokio::test]
    async fn error_of_dynamodb_is_a_500_and_logged() {
        let get = Harness::<get_note>::with_state(notes::fake::throttled());
        let outcome = get.invoke(events::http_api().get("/notes/7")).await;
        assert_eq!(outcome.http().status(), 500);
        let log = outcome.logs().join("\n");
        assert!(log.contains("ProvisionedThroughputExceededException"), "{log}");
    }
}
