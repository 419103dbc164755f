//! WebSocket APIs of API Gateway.
//!
//! See [Set up a WebSocket API integration request](https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html)
//! and [`requestContext`](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html).

use super::Target;
use super::fields::Fields;
use super::uri::{Path, Query};
use super::value::Value;

/// Its events have neither path nor method: the path is `/`, a message is a `POST`, and what opens or ends a connection
/// is a `GET`, as a WebSocket's handshake is.
pub(super) fn target<'a>(fields: &Fields<'a>) -> Target<'a> {
    let method = match (fields.method, fields.context.event_type.plain()) {
        (Value::Null, b"MESSAGE") => Value::string(br#""POST""#),
        (Value::Null, _) => Value::string(br#""GET""#),
        (method, _) => method,
    };
    Target {
        method,
        method_field: "httpMethod",
        path: Path::encoded("path", fields.path),
        query: Query::Decoded { multi: fields.multi_query, single: fields.query },
    }
}
