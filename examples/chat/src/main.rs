//! A WebSocket API: `cargo run -p chat -- invoke examples/chat/events/connect.json`.

mod room;

use lrt::http::RequestContext;
use lrt::http::rejection::JsonRejection;
use lrt::prelude::*;
use room::Room;

/// What happens, and on which connection.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Happening {
    connection_id: String,
    route_key: String,
}

/// The query with which a client connects: `wss://…/prod?name=Ada`.
#[derive(serde::Deserialize)]
struct Guest {
    name: Option<String>,
}

/// A message of the route `say`: `{ "action": "say", "text": "hello" }`.
#[derive(serde::Deserialize)]
struct Said {
    text: String,
}

/// Lets guests in and out, and tells all what one of them says. What it answers to a message goes to the one who sent it.
#[lambda(websocket, init = open)]
async fn chat(
    RequestContext(happening): RequestContext<Happening>,
    Query(guest): Query<Guest>,
    room: &Room,
    message: String,
) -> Result<(StatusCode, String), JsonRejection> {
    let connection = happening.connection_id;
    Ok(match (&*happening.route_key, guest.name) {
        ("$connect", Some(name)) => {
            room.enter(connection, name).await;
            (StatusCode::OK, "welcome".to_owned())
        }
        // The connection is refused.
        ("$connect", None) => (StatusCode::UNAUTHORIZED, "connect with ?name=…".to_owned()),
        ("$disconnect", _) => {
            room.leave(&connection).await;
            (StatusCode::OK, String::new())
        }
        ("say", _) => {
            // Messages have no content type, which the extractor `Json` would ask for.
            let Json(Said { text }) = Json::from_bytes(message.as_bytes())?;
            (StatusCode::OK, format!("{} heard it", room.tell(&connection, &text).await))
        }
        // `$default`: what has none of the API's actions.
        _ => (StatusCode::BAD_REQUEST, r#"say something: {"action":"say","text":"…"}"#.to_owned()),
    })
}

async fn open() -> Room {
    Room::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lrt::testing::{Harness, events};

    lrt::snapshot_tests!(chat, "events/*.json", state = Room::with([("c-1", "Ada"), ("c-2", "Grace")]));

    #[tokio::test]
    async fn all_hear_what_one_says_until_they_leave() {
        let room = Room::default();
        let harness = Harness::<chat>::with_state(room.clone());
        let on = |connection| events::websocket().connection_id(connection);
        let say = |connection| on(connection).message(r#"{"action":"say","text":"hello"}"#).route("say");
        for (connection, name) in [("c-1", "Ada"), ("c-2", "Grace"), ("c-3", "Mary")] {
            let connected = harness.invoke(on(connection).connect().query("name", name)).await.http();
            assert_eq!(connected.status(), 200);
        }
        assert_eq!(harness.invoke(say("c-1")).await.http().text(), "2 heard it");
        assert_eq!(harness.invoke(on("c-2").disconnect()).await.http().status(), 200);
        assert_eq!(harness.invoke(say("c-3")).await.http().text(), "1 heard it");
        assert_eq!(room.told(), [("c-2", "Ada: hello"), ("c-3", "Ada: hello"), ("c-1", "Mary: hello")].map(owned));
    }

    #[tokio::test]
    async fn who_has_no_name_is_not_let_in() {
        let harness = Harness::<chat>::with_state(Room::default());
        assert_eq!(harness.invoke(events::websocket().connect()).await.http().status(), 401);
    }

    fn owned((connection, text): (&str, &str)) -> (String, String) {
        (connection.to_owned(), text.to_owned())
    }
}
