//! WebSocket APIs of API Gateway.
//!
//! See [Set up a WebSocket API integration request](https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html)
//! and [`requestContext`](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html).

use super::Target;
use super::fields::Fields;
use lrt_core::__private::json::{JsonStr, JsonValue};

/// The events have neither path nor method. The path is `/`; a message is a `POST`; CONNECT and DISCONNECT are a `GET`,
/// like the WebSocket handshake.
pub(super) fn change<'a>(target: &mut Target<'a>, fields: &Fields<'a>) {
    if target.method.is_null() {
        let is_message = fields.context.event_type.plain() == b"MESSAGE";
        target.method = JsonValue::Text(JsonStr::new(if is_message { b"POST" } else { b"GET" }));
    }
}
