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
        start.and(context.event(request).without(&["version", "body", "isBase64Encoded"]))
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

    /// Returns a member of the request context: `identity.sourceIp`.
    fn context_value(&self, request: &Request, name: &str) -> Option<String> {
        let event = serde_json::to_value(self.event(request.clone())).ok()?;
        let value = event.pointer(&format!("/requestContext/{}", name.replace('.', "/")))?;
        match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}
