//! A WebSocket API: `cargo run -p chat -- invoke examples/chat/events/connect.json`.

mod room;

use lrt::http::RequestContext;
use lrt::http::rejection::JsonRejection;
use lrt::prelude::*;
use room::Room;

/// The connection and the route of an event.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct RouteEvent {
    connection_id: String,
    route_key: String,
}

/// The query of the connection: `wss://…/prod?name=Ada`.
#[derive(serde::Deserialize)]
struct Guest {
    name: Option<String>,
}

/// A message of the route `say`: `{ "action": "say", "text": "hello" }`.
#[derive(serde::Deserialize)]
struct Say {
    text: String,
}

/// Handles connections and broadcasts messages. The response to a message is sent to its sender.
#[lambda(websocket, init = open)]
async fn chat(
    RequestContext(event): RequestContext<RouteEvent>,
    Query(guest): Query<Guest>,
    room: &Room,
    message: String,
) -> Result<(StatusCode, String), JsonRejection> {
    let connection = event.connection_id;
    Ok(match (&*event.route_key, guest.name) {
        ("$connect", Some(name)) => {
            room.enter(connection, name).await;
            (StatusCode::OK, "welcome".to_owned())
        }
        // Rejects the connection.
        ("$connect", None) => (StatusCode::UNAUTHORIZED, "connect with ?name=…".to_owned()),
        ("$disconnect", _) => {
            room.leave(&connection).await;
            (StatusCode::OK, String::new())
        }
        ("say", _) => {
            // Messages have no content type, which the extractor `Json` requires.
            let Json(Say { text }) = Json::from_bytes(message.as_bytes())?;
            (StatusCode::OK, format!("{} heard it", room.send(&connection, &text).await))
        }
        // `$default`: messages without a known action.
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
    async fn messages_reach_all_other_connected_guests() {
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
        assert_eq!(room.sent(), [("c-2", "Ada: hello"), ("c-3", "Ada: hello"), ("c-1", "Mary: hello")].map(owned));
    }

    #[tokio::test]
    async fn connections_without_a_name_are_rejected() {
        let harness = Harness::<chat>::with_state(Room::default());
        assert_eq!(harness.invoke(events::websocket().connect()).await.http().status(), 401);
    }

    fn owned((connection, text): (&str, &str)) -> (String, String) {
        (connection.to_owned(), text.to_owned())
    }
}
