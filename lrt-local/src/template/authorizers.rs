//! Authorizers of APIs.
//!
//! See [HTTP APIs](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-lambdaauthorizationidentity.html),
//! [REST APIs](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-lambdarequestauthorizer.html)
//! and [WebSocket APIs](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-websocketapi-websocketapiauth.html).

use super::Template;
use super::function::{AUTHORIZER, FunctionParts, FunctionResource};
use super::yaml::{Map, Yaml, arn};
use crate::function::LocalFunction;

/// An authorizer of this binary.
pub(super) struct AuthorizerResource {
    /// Name of the function.
    function: String,
    /// Name of the authorizer in an API.
    pub(super) name: String,
    /// Id of the function's resource.
    id: String,
    identity_sources: Vec<String>,
    cache_seconds: u32,
    iam_policy: bool,
}

impl AuthorizerResource {
    /// Returns the authorizer, if the function is one.
    pub(super) fn of(function: &FunctionResource<'_>) -> Option<AuthorizerResource> {
        let settings = function.local.deployment().authorizer_settings?;
        Some(AuthorizerResource {
            function: function.local.name().to_owned(),
            name: function.name.clone(),
            id: function.id.clone(),
            identity_sources: settings.identity_sources.to_vec(),
            cache_seconds: settings.cache.as_secs().try_into().unwrap_or(u32::MAX),
            iam_policy: settings.iam_policy,
        })
    }

    /// Returns the authorizer of a REST API or an HTTP API.
    pub(super) fn of_api(&self, is_rest: bool) -> Map {
        let authorizer = Map::new().with("FunctionArn", arn(&self.id));
        let authorizer = match is_rest {
            true => authorizer.note("TOKEN authorizers receive only the token.").with("FunctionPayloadType", "REQUEST"),
            false => authorizer
                .with("EnableFunctionDefaultPermissions", true)
                .with("AuthorizerPayloadFormatVersion", "2.0")
                .with("EnableSimpleResponses", !self.iam_policy),
        };
        authorizer.with("Identity", self.identity())
    }

    fn identity(&self) -> Map {
        let mut identity = Map::new();
        for (part, property) in
            [("header", "Headers"), ("query", "QueryStrings"), ("stage", "StageVariables"), ("context", "Context")]
        {
            let names: Vec<&str> = self.sources().filter(|(other, _)| *other == part).map(|(_, name)| name).collect();
            if !names.is_empty() {
                identity.add(property, names);
            }
        }
        identity
            .note("Seconds for which a decision is cached: for all routes, by the values above.")
            .with("ReauthorizeEvery", self.cache_seconds)
    }

    /// Returns the authorization of a WebSocket API.
    pub(super) fn of_websocket(&self) -> Map {
        let source = |(part, name)| match part {
            "header" => format!("route.request.header.{name}"),
            "query" => format!("route.request.querystring.{name}"),
            "stage" => format!("stageVariables.{name}"),
            _ => format!("context.{name}"),
        };
        let sources: Vec<Yaml> = self.sources().map(|part| Yaml::from(&*source(part))).collect();
        let auth = Map::new().with("AuthType", "CUSTOM").with("AuthArn", arn(&self.id));
        if sources.is_empty() { auth } else { auth.with("IdentitySource", sources) }
    }

    fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.identity_sources.iter().filter_map(|source| source.split_once('.'))
    }
}

/// Returns the authorizer in front of a function.
pub(super) fn authorizer_of<'a>(
    authorizers: &'a [AuthorizerResource],
    function: &dyn LocalFunction,
) -> Option<&'a AuthorizerResource> {
    let name = function.deployment().authorizer?;
    authorizers.iter().find(|authorizer| authorizer.function == name)
}

impl Template {
    /// Returns the authorization of the routes of a function.
    pub(super) fn auth_of_route(&self, function: &dyn LocalFunction) -> Option<Yaml> {
        let authorizer = authorizer_of(&self.authorizers, function)?;
        Some(Map::new().with("Authorizer", &*authorizer.name).into())
    }

    /// Returns the parts of an authorizer. Only APIs invoke it.
    pub(super) fn authorizer(&self) -> FunctionParts {
        FunctionParts::new(AUTHORIZER)
    }
}

#[cfg(test)]
mod tests {
    use crate::template::{Package, template};
    use crate::test_util::TestFunction;

    fn template_of(functions: &[&TestFunction]) -> Result<String, String> {
        let functions: Vec<_> = functions.iter().map(|function| *function as _).collect();
        template(&functions, &Package::default())
    }

    #[test]
    fn apis_have_the_authorizers_of_their_functions() {
        let auth = TestFunction::authorizer("auth", &["header.Authorization", "query.key", "context.routeKey"], 300);
        let open = TestFunction::authorizer("open", &[], 0);
        let behind = |name, kind, route, authorizer| TestFunction {
            route: Some(route),
            authorizer: Some(authorizer),
            layers: "CorsLayer",
            ..TestFunction::new(name, kind)
        };
        let get = behind("get", "http_api", "GET /orders", "auth");
        let put = behind("put", "http_api", "PUT /orders", "open");
        let rest = behind("rest", "rest_api", "GET /orders", "auth");
        let public = TestFunction { route: Some("GET /"), ..TestFunction::new("public", "http_api") };
        let text = template_of(&[&get, &put, &public, &rest, &auth, &open]).unwrap();
        let http = concat!(
            "      Auth:\n        Authorizers:\n          Auth:\n            FunctionArn: !GetAtt AuthFunction.Arn\n",
            "            EnableFunctionDefaultPermissions: true\n            AuthorizerPayloadFormatVersion: \"2.0\"\n",
            "            EnableSimpleResponses: true\n            Identity:\n              Headers: [Authorization]\n",
            "              QueryStrings: [key]\n              Context: [routeKey]\n",
            "              # Seconds for which a decision is cached: for all routes, by the values above.\n",
            "              ReauthorizeEvery: 300\n          Open:\n            FunctionArn: !GetAtt OpenFunction.Arn\n",
        );
        for (expected, count) in [
            (http, 1),
            ("FunctionPayloadType: REQUEST\n            Identity:\n              Headers: [Authorization]\n", 1),
            ("            Auth:\n              Authorizer: Auth\n", 2),
            ("            Auth:\n              Authorizer: Open\n", 1),
            ("Path: /orders\n            Auth:\n", 3),
            ("Anyone can call the API", 0),
            ("ReauthorizeEvery: 0\n", 1),
        ] {
            assert_eq!(text.matches(expected).count(), count, "{expected}\n{text}");
        }
    }

    #[test]
    fn identity_sources_and_form_of_the_responses_are_those_of_the_authorizer() {
        let sources = ["stage.tenant", "context.identity.sourceIp", "header.Cookie", "stage.color", "query.key"];
        let auth = TestFunction { iam_policy: true, ..TestFunction::authorizer("auth", &sources, 3600) };
        let identity = concat!(
            "            Identity:\n              Headers: [Cookie]\n              QueryStrings: [key]\n",
            "              StageVariables: [tenant, color]\n              Context: [identity.sourceIp]\n",
            "              # Seconds for which a decision is cached: for all routes, by the values above.\n",
            "              ReauthorizeEvery: 3600\n",
        );
        for (kind, form) in [
            (
                "http_api",
                "            AuthorizerPayloadFormatVersion: \"2.0\"\n            EnableSimpleResponses: false\n",
            ),
            ("rest_api", "            FunctionPayloadType: REQUEST\n"),
        ] {
            let get = TestFunction { authorizer: Some("auth"), ..TestFunction::new("get", kind) };
            let text = template_of(&[&get, &auth]).unwrap();
            assert!(text.contains(&format!("{form}{identity}")), "{text}");
        }
    }

    #[test]
    fn websocket_api_has_the_authorizer_of_its_function() {
        let auth =
            TestFunction::authorizer("auth", &["query.token", "header.Cookie", "stage.color", "context.stage"], 0);
        let chat = TestFunction { authorizer: Some("auth"), ..TestFunction::new("chat", "websocket") };
        let text = template_of(&[&chat, &auth]).unwrap();
        let expected = concat!(
            "      Auth:\n        AuthType: CUSTOM\n        AuthArn: !GetAtt AuthFunction.Arn\n",
            "        IdentitySource: [route.request.querystring.token, route.request.header.Cookie, ",
            "stageVariables.color, context.stage]\n",
        );
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn missing_authorizer_is_an_error() {
        let get = TestFunction { authorizer: Some("auth"), ..TestFunction::new("get", "http_api") };
        let error = "the authorizer `auth` of `get` is not in this binary (expected it in `lrt::main!`, next to `get`)";
        assert_eq!(template_of(&[&get]), Err(error.to_owned()));
    }

    #[test]
    fn kinds_without_authorizers_are_errors() {
        let auth = TestFunction::authorizer("auth", &["header.Authorization"], 0);
        for kind in ["function_url", "alb", "lattice", "http"] {
            let get = TestFunction { authorizer: Some("auth"), ..TestFunction::new("get", kind) };
            let error = format!(
                "`get` is of kind {kind} and cannot have an authorizer (expected one of api_gateway, rest_api, http_api, \
                 websocket)"
            );
            assert_eq!(template_of(&[&get, &auth]), Err(error));
        }
    }
}
