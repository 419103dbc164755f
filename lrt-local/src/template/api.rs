//! APIs of API Gateway. Functions share one, as far as their routes differ.

use super::Template;
use super::function::{BEHIND_AN_API, Function, FunctionParts, STREAM};
use super::yaml::{Map, Yaml, reference, sub};

/// An API, and what is known of it when all functions have been added.
pub(super) struct Api {
    id: String,
    is_rest: bool,
    base_path: Option<String>,
    /// The routes that are taken.
    routes: Vec<Route>,
}

/// A method and a path as API Gateway writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    method: String,
    path: String,
    /// What the event is called in the function.
    event: &'static str,
}

impl Route {
    fn new(event: &'static str, method: &str, path: &str) -> Route {
        Route { method: method.to_owned(), path: path.to_owned(), event }
    }

    fn clashes(&self, other: &Route) -> bool {
        self.method == other.method && self.path == other.path
    }
}

const STAGE: &str = "prod";

/// The route of an HTTP API that takes what no other does.
const DEFAULT: &str = "$default";

impl Template {
    /// The routes of a function, in an API that has none of them yet.
    pub(super) fn api(&mut self, function: &Function<'_>) -> FunctionParts {
        let (served, deployment) = (function.served, function.served.deployment());
        let is_rest = served.kind() == "rest_api";
        let preflights = has_preflights(deployment.layers);
        let routes = match served.route() {
            Some(route) => own_routes(route, preflights),
            None if is_rest => vec![Route::new("Root", "ANY", "/"), Route::new("All", "ANY", "/{proxy+}")],
            None => vec![Route::new("All", "", DEFAULT)],
        };
        let api = self.free_api(&function.name, is_rest, deployment.base_path, &routes);
        let mut events = Map::new();
        for route in &routes {
            events.add(route.event, event(route, is_rest, &api, served.streams()));
        }
        let mut own = FunctionParts::new(if served.streams() { STREAM } else { BEHIND_AN_API });
        own.properties.add("Events", events);
        own
    }

    /// The id of an API with this base path where nothing has these routes.
    fn free_api(&mut self, name: &str, is_rest: bool, base_path: Option<&str>, routes: &[Route]) -> String {
        let of_kind = |api: &&mut Api| api.is_rest == is_rest && api.base_path.as_deref() == base_path;
        let is_free = |api: &&mut Api| !api.routes.iter().any(|taken| routes.iter().any(|route| route.clashes(taken)));
        if let Some(api) = self.apis.iter_mut().filter(of_kind).find(is_free) {
            api.routes.extend_from_slice(routes);
            return api.id.clone();
        }
        let kind = if is_rest { "RestApi" } else { "HttpApi" };
        let is_first = self.apis.iter().all(|api| api.is_rest != is_rest);
        let id = self.ids.claim(&if is_first { kind.to_owned() } else { format!("{name}{kind}") });
        let base_path = base_path.map(str::to_owned);
        self.apis.push(Api { id: id.clone(), is_rest, base_path, routes: routes.to_vec() });
        id
    }

    /// The APIs themselves, behind the functions.
    pub(super) fn add_apis(&mut self) {
        for api in std::mem::take(&mut self.apis) {
            let Api { id, is_rest, .. } = &api;
            let (kind, properties, stage) = match is_rest {
                true => ("AWS::Serverless::Api", Some(rest_properties()), format!("{STAGE}/")),
                false => ("AWS::Serverless::HttpApi", None, String::new()),
            };
            self.resources.add(id, Map::new().with("Type", kind).with_some("Properties", properties));
            let url = format!("https://${{{id}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{stage}");
            let what = if *is_rest { "The URL of the REST API" } else { "The URL of the HTTP API" };
            self.output(&format!("{id}Url"), what, sub(&url));
            if let Some(base_path) = &api.base_path {
                self.map_domain(id, base_path);
            }
        }
    }

    /// The functions take the base path away, so something has to put it there.
    fn map_domain(&mut self, api: &str, base_path: &str) {
        let domain = self.shared_parameter("DomainName", "A custom domain of API Gateway, which is there");
        let id = self.ids.claim(&format!("{api}Mapping"));
        let properties = Map::new()
            .with("DomainName", reference(domain))
            .with("ApiMappingKey", base_path.trim_start_matches('/'))
            .with("ApiId", reference(api))
            .with("Stage", Yaml::Plain(format!("!Ref {api}.Stage")));
        self.resources.add(id, Map::new().with("Type", "AWS::ApiGatewayV2::ApiMapping").with("Properties", properties));
    }
}

fn rest_properties() -> Map {
    Map::new()
        .with("StageName", STAGE)
        .note("With an older one, SAM makes a second stage, called Stage.")
        .with("OpenApiVersion", "3.0.1")
        .with("EndpointConfiguration", Map::new().with("Type", "REGIONAL"))
        .note("Of any type, so that bytes stay bytes.")
        .with("BinaryMediaTypes", ["*~1*"])
}

fn event(route: &Route, is_rest: bool, api: &str, streams: bool) -> Map {
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
    let kind = if is_rest { "Api" } else { "HttpApi" };
    Map::new().with("Type", kind).with("Properties", properties)
}

/// The route that was written, and that of its preflights: what asks with `OPTIONS` has to get to the layer that answers.
fn own_routes(route: &str, preflights: bool) -> Vec<Route> {
    let (method, path) = route.split_once(' ').unwrap_or(("ANY", route));
    let path: Vec<String> = path.split('/').map(segment).collect();
    let path = path.join("/");
    let mut routes = vec![Route::new("Request", method, &path)];
    if preflights && !matches!(method, "ANY" | "OPTIONS") {
        routes.push(Route::new("Preflight", "OPTIONS", &path));
    }
    routes
}

/// axum's `{*rest}` is `{rest+}` here.
fn segment(segment: &str) -> String {
    match segment.strip_prefix("{*").and_then(|name| name.strip_suffix('}')) {
        Some(name) => format!("{{{name}+}}"),
        None => segment.to_owned(),
    }
}

/// Whether one of the layers answers preflights: tower-http's is called `CorsLayer`, and so is what others call theirs.
pub(super) fn has_preflights(layers: &str) -> bool {
    layers.to_ascii_lowercase().contains("cors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_as_api_gateway_writes_them() {
        let of = |route, preflights| -> Vec<String> {
            let routes = own_routes(route, preflights);
            routes.iter().map(|Route { method, path, event }| format!("{event} {method} {path}")).collect()
        };
        assert_eq!(of("GET /orders/{id}", false), ["Request GET /orders/{id}"]);
        assert_eq!(of("PUT /files/{*path}", true), ["Request PUT /files/{path+}", "Preflight OPTIONS /files/{path+}"]);
        assert_eq!(of("ANY /{proxy+}", true), ["Request ANY /{proxy+}"]);
        assert_eq!(of("OPTIONS /", true), ["Request OPTIONS /"]);
    }
}
