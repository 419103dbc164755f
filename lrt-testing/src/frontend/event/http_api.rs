//! Payload format 2.0, of
//! [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html) and
//! [function URLs](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads).
//!
//! What there is none of is left out. An HTTP API decodes the path, in `rawPath` as well, and puts a stage that has a
//! name in front of it; a function URL hands it on as it is.

use super::{Facts, lower_case, map};
use crate::frontend::request::joined_values;
use crate::frontend::text::{percent_decode, request_time};
use crate::frontend::{Object, Origin, Request};
use serde_json::Value;

pub(super) fn event(request: &Request, facts: &Facts) -> Object {
    let route = facts.route.as_deref().unwrap_or("$default");
    let (body, base64) = request.body();
    let path = match facts.origin {
        Origin::FunctionUrl => request.path.clone(),
        _ => path(request, facts),
    };
    let http = Object::new()
        .with("method", &*request.method)
        .with("path", &*path)
        .with("protocol", "HTTP/1.1")
        .with("sourceIp", &*facts.source_ip)
        .with("userAgent", request.header("user-agent").map(str::to_owned));
    // Whoever calls a URL without signing the request has no account.
    let anonymous = facts.origin == Origin::FunctionUrl && facts.authorizer.is_none();
    let context = Object::new()
        .with("accountId", if anonymous { "anonymous" } else { &*facts.account })
        .with("apiId", &*facts.id)
        .with_some("authorizer", facts.authorizer.clone())
        .with("domainName", facts.domain())
        .with("domainPrefix", facts.domain_prefix())
        .with("http", http)
        .with("requestId", &*facts.request_id)
        .with("routeKey", route)
        .with("stage", &*facts.stage)
        .with("time", request_time(facts.time.as_secs()))
        .with("timeEpoch", facts.epoch_ms());
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
        .with_some("pathParameters", map(&facts.parameters(route, request)).or_none())
        .with("isBase64Encoded", base64)
        .with_some("stageVariables", map(&facts.stage_variables).or_none())
}

/// The path as HTTP APIs write it, in either payload format.
pub(super) fn path(request: &Request, facts: &Facts) -> String {
    let path = percent_decode(&request.path);
    if facts.stage == "$default" { path } else { format!("/{}{path}", facts.stage) }
}
