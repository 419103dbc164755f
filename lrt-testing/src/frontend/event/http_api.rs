//! Events in payload format 2.0, of
//! [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html) and
//! [function URLs](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).
//!
//! Members without a value are omitted. HTTP APIs decode the path, even in `rawPath`, and prefix it with the name of the stage.
//! Function URLs do not change it.

use super::{RequestContext, lower_case, map};
use crate::frontend::request::joined_values;
use crate::frontend::text::{percent_decode, request_time};
use crate::frontend::{Object, Origin, Request};
use serde_json::Value;

pub(super) fn event(request: &Request, request_context: &RequestContext) -> Object {
    let route = request_context.route.as_deref().unwrap_or("$default");
    let (body, base64) = request.body();
    let path = match request_context.origin {
        Origin::FunctionUrl => request.path.clone(),
        _ => path(request, request_context),
    };
    let http = Object::new()
        .with("method", &*request.method)
        .with("path", &*path)
        .with("protocol", "HTTP/1.1")
        .with("sourceIp", &*request_context.source_ip)
        .with("userAgent", request.header("user-agent").map(str::to_owned));
    // The event of a function URL does not contain an account if the request is not signed.
    let anonymous = request_context.origin == Origin::FunctionUrl && request_context.authorizer.is_none();
    let context = Object::new()
        .with("accountId", if anonymous { "anonymous" } else { &*request_context.account })
        .with("apiId", &*request_context.id)
        .with_some("authorizer", request_context.authorizer.clone())
        .with("domainName", request_context.domain())
        .with("domainPrefix", request_context.domain_prefix())
        .with("http", http)
        .with("requestId", &*request_context.request_id)
        .with("routeKey", route)
        .with("stage", &*request_context.stage)
        .with("time", request_time(request_context.time))
        .with("timeEpoch", request_context.epoch_ms());
    let cookies = request.cookies();
    Object::new()
        .with("version", "2.0")
        .with("routeKey", route)
        .with("rawPath", path)
        .with("rawQueryString", &*request.query)
        .with_some("cookies", (!cookies.is_empty()).then(|| Value::from(cookies)))
        .with("headers", joined_values(lower_case(request).filter(|(name, _)| name != "cookie")))
        .with_some("queryStringParameters", joined_values(request.decoded_pairs()).or_none())
        .with("requestContext", context)
        .with_some("body", body)
        .with_some("pathParameters", map(&request_context.parameters(route, request)).or_none())
        .with("isBase64Encoded", base64)
        .with_some("stageVariables", map(&request_context.stage_variables).or_none())
}

/// Returns the path as in events of HTTP APIs, for both payload formats.
pub(super) fn path(request: &Request, request_context: &RequestContext) -> String {
    let path = percent_decode(&request.path);
    if request_context.stage == "$default" { path } else { format!("/{}{path}", request_context.stage) }
}
