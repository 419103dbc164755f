//! WebSocket APIs.

use super::{ApiOrigin, HttpEvent, HttpOrigin, private, since_epoch};
use crate::frontend::{Origin, Phase};
use bytes::Bytes;
use serde_json::Value;
use std::time::SystemTime;

/// What happens on a connection of a WebSocket API of API Gateway
/// ([the event](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html)):
/// a client connects unless the test says otherwise.
///
/// ```
/// use lrt::testing::events;
///
/// let event = events::websocket().connection_id("c-1").message(r#"{"action":"join"}"#).route("join").build();
/// assert_eq!(event["requestContext"]["routeKey"], "join");
/// assert_eq!(event["requestContext"]["connectionId"], "c-1");
/// assert_eq!(event["body"], r#"{"action":"join"}"#);
///
/// let event = events::websocket().connect().query("room", "tea").build();
/// assert_eq!(event["requestContext"]["eventType"], "CONNECT");
/// assert_eq!(event["queryStringParameters"]["room"], "tea");
/// ```
pub fn websocket() -> HttpEvent<WebSocket> {
    HttpEvent::begin(Origin::WebSocket)
}

/// A WebSocket API of API Gateway: see [`websocket`].
#[derive(Clone, Copy, Debug)]
pub enum WebSocket {}

impl private::Sealed for WebSocket {}

impl HttpOrigin for WebSocket {}
impl ApiOrigin for WebSocket {}

impl HttpEvent<WebSocket> {
    /// A client connects: route `$connect`. It alone comes with headers and a query.
    pub fn connect(self) -> HttpEvent<WebSocket> {
        self.phase(Phase::Connect)
    }

    /// A message of the client, text or bytes: route `$default`, or the one that [`route`](HttpEvent::route) names.
    pub fn message(self, message: impl Into<Bytes>) -> HttpEvent<WebSocket> {
        self.phase(Phase::Message).body(message)
    }

    /// The client is gone: route `$disconnect`. It closed the connection without a word, unless
    /// [`disconnect_with`](HttpEvent::disconnect_with) says otherwise.
    pub fn disconnect(self) -> HttpEvent<WebSocket> {
        self.disconnect_with(1005, "Client-side close frame status not set")
    }

    /// The client is gone, or was sent away, with this status and reason.
    pub fn disconnect_with(self, code: u16, reason: &str) -> HttpEvent<WebSocket> {
        self.phase(Phase::Disconnect { code, reason: reason.to_owned() })
    }

    fn phase(mut self, phase: Phase) -> HttpEvent<WebSocket> {
        self.request_context.connection.phase = phase;
        self
    }

    /// The connection's id.
    pub fn connection_id(mut self, id: impl Into<String>) -> HttpEvent<WebSocket> {
        self.request_context.connection.id = id.into();
        self
    }

    /// When the client connected; the beginning of 2026 unless set.
    pub fn connected_at(mut self, time: SystemTime) -> HttpEvent<WebSocket> {
        self.request_context.connection.connected_at = since_epoch(time);
        self
    }

    /// The message's id.
    pub fn message_id(mut self, id: impl Into<String>) -> HttpEvent<WebSocket> {
        self.request_context.connection.message_id = id.into();
        self
    }

    /// What a Lambda authorizer said of the caller when it connected: `requestContext.authorizer`.
    pub fn authorizer(mut self, context: impl Into<Value>) -> HttpEvent<WebSocket> {
        self.request_context.authorizer = Some(context.into());
        self
    }
}
