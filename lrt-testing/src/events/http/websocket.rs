//! Events of WebSocket APIs.

use super::{ApiOrigin, HttpEvent, HttpOrigin, private, since_epoch};
use crate::frontend::claims::scalars_to_strings;
use crate::frontend::{Origin, Phase};
use bytes::Bytes;
use serde_json::Value;
use std::time::SystemTime;

/// Starts an event of a WebSocket API of API Gateway ([the
/// event](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html)).
/// By default, it is the connection of a client.
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

/// WebSocket APIs of API Gateway: see [`websocket`].
#[derive(Clone, Copy, Debug)]
pub enum WebSocket {}

impl private::Sealed for WebSocket {}

impl HttpOrigin for WebSocket {}
impl ApiOrigin for WebSocket {}

impl HttpEvent<WebSocket> {
    /// A client connects: route `$connect`. This is the only event that contains the client's headers and query.
    pub fn connect(self) -> HttpEvent<WebSocket> {
        self.phase(Phase::Connect)
    }

    /// The client sends a message, text or bytes: route `$default`, or the one that [`route`](HttpEvent::route) sets.
    pub fn message(self, message: impl Into<Bytes>) -> HttpEvent<WebSocket> {
        self.phase(Phase::Message).body(message)
    }

    /// The client disconnects without a status: route `$disconnect`. See [`disconnect_with`](HttpEvent::disconnect_with) for others.
    pub fn disconnect(self) -> HttpEvent<WebSocket> {
        self.disconnect_with(1005, "Client-side close frame status not set")
    }

    /// The connection is closed with this status and reason: route `$disconnect`.
    pub fn disconnect_with(self, code: u16, reason: &str) -> HttpEvent<WebSocket> {
        self.phase(Phase::Disconnect { code, reason: reason.to_owned() })
    }

    fn phase(mut self, phase: Phase) -> HttpEvent<WebSocket> {
        self.request_context.connection.phase = phase;
        self
    }

    /// Sets the connection's id.
    pub fn connection_id(mut self, id: impl Into<String>) -> HttpEvent<WebSocket> {
        self.request_context.connection.id = id.into();
        self
    }

    /// Sets the time at which the client connected. The default is the beginning of 2026.
    pub fn connected_at(mut self, time: SystemTime) -> HttpEvent<WebSocket> {
        self.request_context.connection.connected_at = since_epoch(time);
        self
    }

    /// Sets the message's id.
    pub fn message_id(mut self, id: impl Into<String>) -> HttpEvent<WebSocket> {
        self.request_context.connection.message_id = id.into();
        self
    }

    /// Sets `requestContext.authorizer`, the context that a Lambda authorizer returned when the client connected.
    /// Numbers and booleans become strings, as API Gateway sends them.
    pub fn authorizer(mut self, context: impl Into<Value>) -> HttpEvent<WebSocket> {
        self.request_context.authorizer = Some(scalars_to_strings(context.into()));
        self
    }
}
