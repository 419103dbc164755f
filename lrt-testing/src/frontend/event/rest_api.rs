//! Events in payload format 1.0.
//!
//! In events of
//! [REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format),
//! the path and its parameters are not decoded and do not contain the stage. In events of
//! [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html),
//! they are decoded, and the path starts with the stage.

use super::{RequestContext, format_1_maps, http_api, map};
use crate::frontend::text::request_time;
use crate::frontend::{Object, Request, route};
use serde_json::Value;

/// The members of `identity`. Most are null unless the caller is authenticated.
const IDENTITY: [&str; 12] = [
    "cognitoIdentityPoolId",
    "accountId",
    "cognitoIdentityId",
    "caller",
    "sourceIp",
    "principalOrgId",
    "accessKey",
    "cognitoAuthenticationType",
    "cognitoAuthenticationProvider",
    "userArn",
    "userAgent",
    "user",
];

pub(super) fn event(request: &Request, request_context: &RequestContext) -> Object {
    // Without a route, the API forwards all requests.
    let route = request_context.route.as_deref().unwrap_or(if request.path == "/" { "/" } else { "ANY /{proxy+}" });
    let resource = route::path(route);
    let context = Object::new()
        .with("resourceId", "roq9wj")
        .with("resourcePath", resource)
        .with("httpMethod", &*request.method)
        .with("extendedRequestId", "TWegAcC4EowCHnA=")
        .with("requestTime", request_time(request_context.time))
        .with("path", format!("/{}{}", request_context.stage, request.path))
        .with("accountId", &*request_context.account)
        .with("protocol", "HTTP/1.1")
        .with("stage", &*request_context.stage)
        .with("domainPrefix", request_context.domain_prefix())
        .with("requestTimeEpoch", request_context.epoch_ms())
        .with("requestId", &*request_context.request_id)
        .with("identity", identity(request, request_context))
        .with("domainName", request_context.domain())
        .with("apiId", &*request_context.id)
        .with_some("authorizer", request_context.authorizer.clone());
    let start =
        Object::new().with("resource", resource).with("path", &*request.path).with("httpMethod", &*request.method);
    finish(start, route, context, request, request_context)
}

pub(super) fn event_of_http_api(request: &Request, request_context: &RequestContext) -> Object {
    let route = request_context.route.as_deref().unwrap_or("$default");
    let path = http_api::path(request, request_context);
    let resource = route::path(route);
    let context = Object::new()
        .with("accountId", &*request_context.account)
        .with("apiId", &*request_context.id)
        .with_some("authorizer", request_context.authorizer.as_ref().map(authorizer_of_format_1))
        .with("domainName", request_context.domain())
        .with("domainPrefix", request_context.domain_prefix())
        .with("extendedRequestId", &*request_context.request_id)
        .with("httpMethod", &*request.method)
        .with("identity", identity(request, request_context))
        .with("path", &*path)
        .with("protocol", "HTTP/1.1")
        .with("requestId", &*request_context.request_id)
        .with("requestTime", request_time(request_context.time))
        .with("requestTimeEpoch", request_context.epoch_ms())
        .with("resourceId", route)
        .with("resourcePath", resource)
        .with("stage", &*request_context.stage);
    let start = Object::new()
        .with("version", "1.0")
        .with("resource", resource)
        .with("path", path)
        .with("httpMethod", &*request.method);
    finish(start, route, context, request, request_context)
}

/// Returns the authorizer's data. Format 1.0 has no member for the type of the authorizer.
fn authorizer_of_format_1(authorizer: &Value) -> Value {
    ["lambda", "jwt"].iter().find_map(|kind| authorizer.get(kind)).unwrap_or(authorizer).clone()
}

fn finish(start: Object, route: &str, context: Object, request: &Request, request_context: &RequestContext) -> Object {
    let (body, base64) = request.body();
    format_1_maps(start, request)
        .with("pathParameters", map(&request_context.parameters(route, request)).or_null())
        .with("stageVariables", map(&request_context.stage_variables).or_null())
        .with("requestContext", context)
        .with("body", body)
        .with("isBase64Encoded", base64)
}

fn identity(request: &Request, request_context: &RequestContext) -> Object {
    let member =
        |name: &str| request_context.identity.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone());
    let usual = IDENTITY.into_iter().map(|name| {
        let value = match name {
            "sourceIp" => Value::from(&*request_context.source_ip),
            "userAgent" => request.header("user-agent").into(),
            _ => member(name).unwrap_or_default(),
        };
        (name, value)
    });
    let extra = request_context.identity.iter().filter(|(name, _)| !IDENTITY.contains(name)).cloned();
    usual.chain(extra).collect()
}
