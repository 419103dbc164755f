//! APIs of API Gateway. Functions share an API if their routes differ.

use super::Template;
use super::authorizers::authorizer_of;
use super::function::{API, FunctionParts, FunctionResource, STREAM};
use super::yaml::{Map, Yaml, reference, sub};
use crate::function::LocalFunction;

/// An API and its routes.
pub(super) struct Api {
    id: String,
    is_rest: bool,
    base_path: Option<String>,
    routes: Vec<Route>,
    /// The authorizers in front of its routes, by name.
    authorizers: Map,
}

/// A method and a path in the syntax of API Gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    method: String,
    path: String,
    /// Name of the event in the function's resource.
    event: &'static str,
}

impl Route {
    fn new(event: &'static str, method: &str, path: &str) -> Route {
        Route { method: method.to_owned(), path: path.to_owned(), event }
    }

    /// Returns true if both routes match the same requests, regardless of the names of parameters.
    fn conflicts_with(&self, other: &Route) -> bool {
        self.method == other.method && shape(&self.path) == shape(&other.path)
    }
}

fn shape(path: &str) -> String {
    let segment = |segment: &str| match (segment.starts_with('{'), segment.ends_with("+}")) {
        (true, true) => "{+}".to_owned(),
        (true, false) => "{}".to_owned(),
        (false, _) => segment.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

const STAGE: &str = "prod";

/// Name of the event for preflight requests.
const PREFLIGHT: &str = "Preflight";

/// The route of an HTTP API for requests that do not match another route.
const DEFAULT: &str = "$default";

/// Returns true for the kinds behind API Gateway, except WebSocket APIs.
pub(super) fn is_api(kind: &str) -> bool {
    matches!(kind, "http_api" | "api_gateway" | "rest_api")
}

impl Template {
    /// Assigns the functions behind API Gateway to APIs: each to the first one in which its route is free.
    pub(super) fn assign_apis(&mut self, functions: &mut [FunctionResource<'_>]) {
        let assigned: Vec<Option<usize>> = functions
            .iter_mut()
            .map(|function| {
                is_api(function.local.kind()).then(|| {
                    function.routes = routes(function.local);
                    self.assign_api(function)
                })
            })
            .collect();
        // Preflight requests for a path are answered by one function: the function with a route for `OPTIONS`, or
        // otherwise the first one with a CORS layer.
        for (function, index) in functions.iter_mut().zip(assigned) {
            let Some(api) = index.and_then(|index| self.apis.get_mut(index)) else { continue };
            function.api = Some(api.id.clone());
            if let Some(authorizer) = authorizer_of(&self.authorizers, function.local)
                && !api.authorizers.has(&authorizer.name)
            {
                api.authorizers.add(&authorizer.name, authorizer.of_api(api.is_rest));
            }
            if let Some(preflight) = preflight(function.local)
                && !api.routes.iter().any(|route| route.conflicts_with(&preflight))
            {
                api.routes.push(preflight.clone());
                function.routes.push(preflight);
            }
        }
    }

    /// Returns the index of the API for a function.
    fn assign_api(&mut self, function: &FunctionResource<'_>) -> usize {
        let (is_rest, base_path) = (function.local.kind() == "rest_api", function.local.deployment().base_path);
        let is_free =
            |api: &Api| !api.routes.iter().any(|taken| function.routes.iter().any(|route| route.conflicts_with(taken)));
        let is_suitable = |api: &Api| api.is_rest == is_rest && api.base_path.as_deref() == base_path && is_free(api);
        let index = self.apis.iter().position(is_suitable).unwrap_or_else(|| {
            let kind = if is_rest { "RestApi" } else { "HttpApi" };
            let is_first = self.apis.iter().all(|api| api.is_rest != is_rest);
            let id = if is_first { kind.to_owned() } else { format!("{}{kind}", function.name) };
            let (id, base_path) = (self.ids.claim(&id), base_path.map(str::to_owned));
            self.apis.push(Api { id, is_rest, base_path, routes: Vec::new(), authorizers: Map::new() });
            self.apis.len() - 1
        });
        self.apis[index].routes.extend_from_slice(&function.routes);
        index
    }

    /// Returns the events of a function behind API Gateway.
    pub(super) fn api(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let local = function.local;
        let api = function.api.as_deref().unwrap_or_default();
        let auth = self.auth_of_route(local);
        let mut events = Map::new();
        for route in &function.routes {
            // Preflight requests have no credentials.
            let auth = auth.clone().filter(|_| route.event != PREFLIGHT);
            events.add(route.event, event(route, local.kind() == "rest_api", api, local.streams(), auth));
        }
        let mut parts = FunctionParts::new(if local.streams() { STREAM } else { API });
        parts.properties.add("Events", events);
        parts
    }

    /// Adds the APIs, after the functions.
    pub(super) fn add_apis(&mut self) {
        for api in std::mem::take(&mut self.apis) {
            let Api { id, is_rest, base_path, authorizers, .. } = api;
            let (kind, properties, stage) = match is_rest {
                true => ("AWS::Serverless::Api", rest_properties(), format!("{STAGE}/")),
                false => ("AWS::Serverless::HttpApi", Map::new(), String::new()),
            };
            let (properties, note) = match authorizers.or_none() {
                Some(authorizers) => (properties.with("Auth", Map::new().with("Authorizers", authorizers)), None),
                None if is_rest => (properties.note(REST_AUTH), None),
                None => (properties, Some(HTTP_AUTH)),
            };
            let resource = Map::new().with("Type", kind).with_some("Properties", properties.or_none());
            self.resources.add(&id, resource.note_some(note));
            let url = format!("https://${{{id}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{stage}");
            let description = if is_rest { "URL of the REST API" } else { "URL of the HTTP API" };
            self.output(&format!("{id}Url"), description, sub(&url));
            if let Some(base_path) = &base_path {
                self.map_domain(&id, base_path);
            }
        }
    }

    /// Adds the mapping of a custom domain, which adds the base path that the functions remove.
    fn map_domain(&mut self, api: &str, base_path: &str) {
        let domain = self.shared_parameter("DomainName", "An existing custom domain of API Gateway");
        let id = self.ids.claim(&format!("{api}Mapping"));
        let properties = Map::new()
            .with("DomainName", reference(domain))
            .with("ApiMappingKey", base_path.trim_start_matches('/'))
            .with("ApiId", reference(api))
            .with("Stage", Yaml::Plain(format!("!Ref {api}.Stage")));
        self.resources.add(id, Map::new().with("Type", "AWS::ApiGatewayV2::ApiMapping").with("Properties", properties));
    }
}

/// Returns comments about authorizers, which functions do not declare.
const HTTP_AUTH: &str = "\
Anyone can call the API. To require a token:
Properties:
  Auth:
    DefaultAuthorizer: Jwt
    Authorizers:
      Jwt:
        IdentitySource: $request.header.Authorization
        JwtConfiguration: {issuer: ISSUER, audience: [AUDIENCE]}";
const REST_AUTH: &str = "\
Anyone can call the API. To require a token of a Cognito user pool:
Auth:
  DefaultAuthorizer: Cognito
  AddDefaultAuthorizerToCorsPreflight: false
  Authorizers:
    Cognito: {UserPoolArn: ARN}";

fn rest_properties() -> Map {
    Map::new()
        .with("StageName", STAGE)
        .note("With an older version, SAM adds a second stage called Stage.")
        .with("OpenApiVersion", "3.0.1")
        .with("EndpointConfiguration", Map::new().with("Type", "REGIONAL"))
        .note("All media types, so that binary bodies are not changed.")
        .with("BinaryMediaTypes", ["*~1*"])
}

fn event(route: &Route, is_rest: bool, api: &str, streams: bool, auth: Option<Yaml>) -> Map {
    let properties = match is_rest {
        true => Map::new().with("RestApiId", reference(api)),
        false => Map::new().with("ApiId", reference(api)),
    };
    let properties = match &*route.path {
        DEFAULT => properties,
        path => properties.with("Method", &*route.method).with("Path", path),
    };
    let properties = match streams {
        true => {
            properties.with("ResponseTransferMode", "RESPONSE_STREAM").with("TimeoutInMillis", 1000 * STREAM.seconds)
        }
        false => properties,
    };
    let properties = properties.with_some("Auth", auth);
    let kind = if is_rest { "Api" } else { "HttpApi" };
    Map::new().with("Type", kind).with("Properties", properties)
}

/// Returns the routes of a function, without the one for preflight requests.
fn routes(function: &dyn LocalFunction) -> Vec<Route> {
    match function.route() {
        Some(route) => {
            let (method, path) = split(route);
            vec![Route::new("Request", method, &path)]
        }
        None if function.kind() == "rest_api" => {
            vec![Route::new("Root", "ANY", "/"), Route::new("All", "ANY", "/{proxy+}")]
        }
        None => vec![Route::new("All", "", DEFAULT)],
    }
}

/// Returns the route for preflight requests, which must reach the CORS layer that answers them.
fn preflight(function: &dyn LocalFunction) -> Option<Route> {
    let (method, path) = split(function.route()?);
    let is_needed = has_cors(function.deployment().layers) && !matches!(method, "ANY" | "OPTIONS");
    is_needed.then(|| Route::new(PREFLIGHT, "OPTIONS", &path))
}

/// Splits a route into method and path. axum's `{*rest}` is `{rest+}` in API Gateway.
fn split(route: &str) -> (&str, String) {
    let (method, path) = route.split_once(' ').unwrap_or(("ANY", route));
    let segment = |segment: &str| match segment.strip_prefix("{*").and_then(|name| name.strip_suffix('}')) {
        Some(name) => format!("{{{name}+}}"),
        None => segment.to_owned(),
    };
    (method, path.split('/').map(segment).collect::<Vec<_>>().join("/"))
}

/// Returns true if a layer answers preflight requests: tower-http's `CorsLayer`, or another with a similar name.
pub(super) fn has_cors(layers: &str) -> bool {
    layers.to_ascii_lowercase().contains("cors")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Package, template};
    use crate::test_util::TestFunction;

    fn function(name: &'static str, kind: &'static str, route: &'static str, has_cors: bool) -> TestFunction {
        let layers = if has_cors { "(tower_http::cors::CorsLayer,)" } else { "()" };
        TestFunction { route: Some(route), layers, ..TestFunction::new(name, kind) }
    }

    #[test]
    fn routes_follow_the_syntax_of_api_gateway() {
        let of = |route, has_cors| -> Vec<String> {
            let function = function("f", "http_api", route, has_cors);
            let routes = routes(&function).into_iter().chain(preflight(&function));
            routes.map(|Route { method, path, event }| format!("{event} {method} {path}")).collect()
        };
        assert_eq!(of("GET /orders/{id}", false), ["Request GET /orders/{id}"]);
        assert_eq!(of("PUT /files/{*path}", true), ["Request PUT /files/{path+}", "Preflight OPTIONS /files/{path+}"]);
        assert_eq!(of("ANY /{proxy+}", true), ["Request ANY /{proxy+}"]);
        assert_eq!(of("OPTIONS /", true), ["Request OPTIONS /"]);
    }

    #[test]
    fn functions_share_an_api_and_a_path_has_one_preflight_route() {
        for (kind, api) in [("http_api", "AWS::Serverless::HttpApi"), ("rest_api", "AWS::Serverless::Api")] {
            let functions = [
                function("create", kind, "POST /orders", true),
                function("list", kind, "GET /orders", true),
                function("get", kind, "GET /orders/{id}", true),
                function("put", kind, "PUT /orders/{order_id}", true),
                function("remove", kind, "DELETE /orders/{id}", false),
                function("files", kind, "GET /files", true),
                function("options", kind, "OPTIONS /files", false),
            ];
            let functions: Vec<&dyn LocalFunction> = functions.iter().map(|function| function as _).collect();
            let text = template(&functions, &Package::default()).unwrap();
            assert_eq!(text.matches(&format!("Type: {api}\n")).count(), 1, "{text}");
            assert_eq!(text.matches("Method: OPTIONS\n            Path: /orders\n").count(), 1, "{text}");
            assert_eq!(text.matches("Method: OPTIONS\n            Path: /orders/{id}\n").count(), 1, "{text}");
            assert_eq!(text.matches("Method: OPTIONS\n            Path: /files\n").count(), 1, "{text}");
            assert_eq!(text.matches("Method: OPTIONS\n").count(), 3, "{text}");
        }
    }

    #[test]
    fn functions_with_the_same_route_have_separate_apis() {
        let functions = [function("a", "http_api", "GET /a/{x}", false), function("b", "http_api", "GET /a/{y}", true)];
        let text = template(&[&functions[0], &functions[1]], &Package::default()).unwrap();
        assert!(text.contains("\n  HttpApi:\n") && text.contains("\n  BHttpApi:\n"), "{text}");
    }
}
