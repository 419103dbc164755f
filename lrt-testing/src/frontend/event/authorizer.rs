//! Events of Lambda authorizers: those of functions, with the ARN of the method or route and without the body.
//!
//! See the events of [REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html)
//! and of [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html).

use super::RequestContext;
use crate::frontend::{Object, Origin, Request};
use serde_json::Value;

/// The type of an authorizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizerType {
    /// It receives only a token, and the ARN of the method. REST APIs only.
    Token,
    /// It receives the request.
    Request,
}

impl RequestContext {
    /// Returns the event of an authorizer with these identity sources.
    pub fn authorizer_event(&self, mut request: Request, kind: AuthorizerType, sources: &[String]) -> Object {
        let arn = self.method_arn(&request);
        if kind == AuthorizerType::Token {
            let token = request.header("authorization").unwrap_or_default();
            return Object::new().with("type", "TOKEN").with("authorizationToken", token).with("methodArn", arn);
        }
        self.add_headers(&mut request);
        let identity: Vec<String> = self.identity_values(&request, sources).into_iter().flatten().collect();
        let start = match self.origin {
            Origin::HttpApi if self.format_1 => Object::new()
                .with("version", "1.0")
                .with("type", "REQUEST")
                .with("methodArn", arn)
                .with("identitySource", identity.join(","))
                .with("authorizationToken", identity.join(",")),
            Origin::HttpApi => {
                let identity = if identity.is_empty() { Value::Null } else { identity.into() };
                let start = Object::new().with("version", "2.0").with("type", "REQUEST").with("routeArn", arn);
                start.with("identitySource", identity)
            }
            _ => Object::new().with("type", "REQUEST").with("methodArn", arn),
        };
        let context = RequestContext { authorizer: None, ..self.clone() };
        let event = start.and(context.event(request).without(&["version", "body", "isBase64Encoded"]));
        // Unlike those of functions, the events in format 1.0 have an empty map instead of null.
        let maps = ["queryStringParameters", "multiValueQueryStringParameters", "stageVariables", "pathParameters"];
        let maps = match self.origin {
            Origin::HttpApi if !self.format_1 => &[],
            Origin::WebSocket => &maps[..3],
            _ => &maps[..],
        };
        maps.iter().fold(event, |event, name| event.or_empty(name))
    }

    /// Returns the ARN of the method or route.
    pub fn method_arn(&self, request: &Request) -> String {
        let RequestContext { region, account, id, stage, .. } = self;
        let api = format!("arn:aws:execute-api:{region}:{account}:{id}/{stage}");
        match self.origin {
            Origin::WebSocket => format!("{api}/$connect"),
            _ => format!("{api}/{}{}", request.method, request.path),
        }
    }

    /// Returns the values of identity sources, such as `header.Authorization`. `None` for a missing or empty one.
    pub fn identity_values(&self, request: &Request, sources: &[String]) -> Vec<Option<String>> {
        let stage =
            |name: &str| self.stage_variables.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        let value = |source: &String| {
            let (part, name) = source.split_once('.')?;
            let value = match part {
                "header" => request.header(name).map(str::to_owned),
                "query" => request.decoded_pairs().find(|(other, _)| other == name).map(|(_, value)| value),
                "stage" => stage(name),
                _ => self.context_value(request, name),
            };
            value.filter(|value| !value.is_empty())
        };
        sources.iter().map(value).collect()
    }

    /// Returns a variable of the request context: `identity.sourceIp`.
    ///
    /// The variables of an HTTP API have the
    /// [names](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html) of both payload formats:
    /// `routeKey` exists only in format 2.0, `identity.sourceIp` and `httpMethod` only in format 1.0.
    fn context_value(&self, request: &Request, name: &str) -> Option<String> {
        let pointer = format!("/requestContext/{}", name.replace('.', "/"));
        let formats: &[bool] = if self.origin == Origin::HttpApi { &[false, true] } else { &[false] };
        formats.iter().find_map(|format_1| {
            let context = RequestContext { format_1: *format_1, ..self.clone() };
            let event = serde_json::to_value(context.event(request.clone())).ok()?;
            match event.pointer(&pointer)? {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_sources_are_parts_of_the_request_in_each_api() {
        let mut request = Request::new("PUT", "/orders/7?key=a%20b&key=c&empty=&Key=d");
        request.headers.push(("X-Tenant".to_owned(), "t-1".to_owned()));
        request.headers.push(("X-Empty".to_owned(), String::new()));
        for (source, rest, http, websocket) in [
            ("header.x-tenant", Some("t-1"), Some("t-1"), Some("t-1")),
            ("header.X-Empty", None, None, None),
            ("header.X-Missing", None, None, None),
            ("query.key", Some("a b"), Some("a b"), Some("a b")),
            ("query.empty", None, None, None),
            ("query.missing", None, None, None),
            ("stage.color", Some("blue"), Some("blue"), Some("blue")),
            ("stage.missing", None, None, None),
            ("context.identity.sourceIp", Some("192.0.2.1"), Some("192.0.2.1"), Some("192.0.2.1")),
            ("context.httpMethod", Some("PUT"), Some("PUT"), None),
            ("context.path", Some("/prod/orders/7"), Some("/orders/7"), None),
            ("context.routeKey", None, Some("PUT /orders/{id}"), Some("$connect")),
            ("context.resourcePath", Some("/orders/{id}"), Some("/orders/{id}"), None),
            ("context.stage", Some("prod"), Some("$default"), Some("prod")),
            ("context.requestTimeEpoch", Some("1767225600000"), Some("1767225600000"), Some("1767225600000")),
            ("context.identity.userArn", None, None, None),
            ("context.missing", None, None, None),
            ("nothing", None, None, None),
        ] {
            for (origin, expected) in [(Origin::RestApi, rest), (Origin::HttpApi, http), (Origin::WebSocket, websocket)]
            {
                let context = RequestContext {
                    stage_variables: vec![("color".to_owned(), "blue".to_owned())],
                    route: Some("PUT /orders/{id}".to_owned()),
                    ..RequestContext::example(origin)
                };
                for format_1 in [false, true] {
                    let context = RequestContext { format_1, ..context.clone() };
                    let found = context.identity_values(&request, &[source.to_owned()]);
                    assert_eq!(found, [expected.map(str::to_owned)], "{source} {origin:?}");
                }
            }
        }
    }

    #[test]
    fn events_contain_the_values_of_several_identity_sources_in_their_order() {
        let sources = ["query.key", "header.X-Tenant", "context.identity.sourceIp"].map(str::to_owned);
        let mut request = Request::new("GET", "/?key=k");
        request.headers.push(("x-tenant".to_owned(), "t-1".to_owned()));
        let identity = |format_1, sources: &[String]| {
            let context = RequestContext { format_1, ..RequestContext::example(Origin::HttpApi) };
            let event = context.authorizer_event(request.clone(), AuthorizerType::Request, sources);
            serde_json::to_value(event).unwrap()["identitySource"].clone()
        };
        assert_eq!(identity(false, &sources), serde_json::json!(["k", "t-1", "192.0.2.1"]));
        assert_eq!(identity(true, &sources), "k,t-1,192.0.2.1");
        assert_eq!(identity(false, &[]), Value::Null);
    }
}
