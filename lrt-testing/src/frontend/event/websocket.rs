//! Events of WebSocket APIs
//! ([the event](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html)).
//!
//! Only `$connect` contains the client's headers and query.

use super::request_context::ms;
use super::{Phase, RequestContext, all_values, format_1_maps, last_values, map};
use crate::frontend::text::request_time;
use crate::frontend::{Object, Request};
use serde_json::Value;

pub(super) fn event(request: &Request, request_context: &RequestContext) -> Object {
    let connection = &request_context.connection;
    let (event_type, route) = match connection.phase {
        Phase::Connect => ("CONNECT", "$connect"),
        Phase::Message => ("MESSAGE", request_context.route.as_deref().unwrap_or("$default")),
        Phase::Disconnect { .. } => ("DISCONNECT", "$disconnect"),
    };
    let identity = Object::new()
        .with_some("userAgent", request.header("user-agent"))
        .with("sourceIp", &*request_context.source_ip);
    let identity =
        request_context.identity.iter().fold(identity, |identity, (name, value)| identity.with(*name, value.clone()));
    let mut context = Object::new().with("routeKey", route);
    match &connection.phase {
        Phase::Connect => {}
        Phase::Message => context = context.with("messageId", &*connection.message_id),
        Phase::Disconnect { code, .. } => context = context.with("disconnectStatusCode", u64::from(*code)),
    }
    context = context
        .with_some("authorizer", request_context.authorizer.clone())
        .with("eventType", event_type)
        .with("extendedRequestId", &*request_context.request_id)
        .with("requestTime", request_time(request_context.time))
        .with("messageDirection", "IN");
    if let Phase::Disconnect { reason, .. } = &connection.phase {
        context = context.with("disconnectReason", &**reason);
    }
    context = context
        .with("stage", &*request_context.stage)
        .with("connectedAt", ms(connection.connected_at))
        .with("requestTimeEpoch", request_context.epoch_ms())
        .with("identity", identity)
        .with("requestId", &*request_context.request_id)
        .with("domainName", request_context.domain())
        .with("connectionId", &*connection.id)
        .with("apiId", &*request_context.id);

    let event = match connection.phase {
        Phase::Connect => with_query(request),
        Phase::Message => Object::new(),
        Phase::Disconnect { .. } => with_headers_of_disconnect(request_context),
    };
    let (body, base64) = request.body();
    event
        .with_some("stageVariables", map(&request_context.stage_variables).or_none())
        .with("requestContext", context)
        .with_some("body", body.map(Value::from))
        .with("isBase64Encoded", base64)
}

/// Returns headers and query. The members for the query are omitted if it is empty.
fn with_query(request: &Request) -> Object {
    if !request.query.is_empty() {
        return format_1_maps(Object::new(), request);
    }
    let headers = || request.headers.iter().cloned();
    Object::new().with("headers", last_values(headers())).with("multiValueHeaders", all_values(headers()))
}

/// Returns the headers that API Gateway sends, which are empty except for `Host`.
fn with_headers_of_disconnect(request_context: &RequestContext) -> Object {
    let headers = || {
        let empty = ["x-api-key", "X-Forwarded-For", "x-restapi"].map(|name| (name.to_owned(), String::new()));
        std::iter::once(("Host".to_owned(), request_context.domain())).chain(empty)
    };
    Object::new().with("headers", last_values(headers())).with("multiValueHeaders", all_values(headers()))
}
