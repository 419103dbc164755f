//! Function URLs, WebSocket APIs, load balancers and VPC Lattice.

use super::Template;
use super::api::has_cors;
use super::authorizers::{AuthorizerResource, authorizer_of};
use super::function::{API, FunctionParts, FunctionResource, STREAM, USUAL};
use super::yaml::{Map, arn, attribute, reference, sub};

const STAGE: &str = "prod";

impl Template {
    pub(super) fn url(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let (id, local) = (&function.id, function.local);
        let mut url = Map::new()
            .note("Anyone can call the URL. With AWS_IAM, callers need permission and must sign their requests.")
            .with("AuthType", "NONE");
        if local.streams() {
            url = url.with("InvokeMode", "RESPONSE_STREAM");
        }
        let mut parts = FunctionParts::new(if local.streams() { STREAM } else { USUAL });
        if let Some(base_path) = local.deployment().base_path {
            let note = format!(
                "The function removes {base_path} from paths: a CDN or proxy in front of the URL has to add it."
            );
            parts.properties = parts.properties.note(&note);
        }
        parts.properties.add("FunctionUrlConfig", url);
        let description = format!("URL of `{}`", local.name());
        self.output(&format!("{}Url", function.name), &description, attribute(&format!("{id}Url"), "FunctionUrl"));
        parts
    }

    /// Adds a WebSocket API with the default routes. The reply to a message is sent to its sender.
    pub(super) fn websocket(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let api = self.ids.claim(&format!("{}Api", function.name));
        let response = self.ids.claim(&format!("{}Response", function.name));
        let to_function = || Map::new().with("FunctionArn", arn(&function.id));
        let routes = Map::new()
            .with("$connect", to_function())
            .with("$disconnect", to_function())
            .with("$default", to_function().with("RouteResponseSelectionExpression", "$default"));
        let properties = Map::new()
            .note("Messages can be routed by `action`; $default receives all others.")
            .with("RouteSelectionExpression", "$request.body.action")
            .with("StageName", STAGE)
            .with_some("Auth", authorizer_of(&self.authorizers, function.local).map(AuthorizerResource::of_websocket))
            .with("Routes", routes);
        let route_response = Map::new()
            .with("ApiId", reference(&api))
            .with("RouteId", reference(&format!("{api}DefaultRoute")))
            .with("RouteResponseKey", "$default");
        let connections =
            format!("arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{api}}}/*");
        let statement = Map::new()
            .with("Effect", "Allow")
            .with("Action", "execute-api:ManageConnections")
            .with("Resource", sub(&connections));
        let policy = Map::new().with("Version", "2012-10-17").with("Statement", [statement]);
        let mut parts = FunctionParts::new(API);
        parts.policy = Some(("For sending messages to other connections.", policy));
        parts
            .resources
            .add(&api, Map::new().with("Type", "AWS::Serverless::WebSocketApi").with("Properties", properties));
        let kind = "AWS::ApiGatewayV2::RouteResponse";
        parts.resources.add(response, Map::new().with("Type", kind).with("Properties", route_response));
        let url = format!("wss://${{{api}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{STAGE}");
        self.output(&format!("{api}Url"), &format!("URL of `{}`", function.local.name()), sub(&url));
        parts
    }

    /// Adds a rule to the listener of an existing load balancer.
    pub(super) fn load_balancer(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let listener = self.shared_parameter("ListenerArn", "ARN of a listener of an Application Load Balancer");
        let multi_value = Map::new().with("Key", "lambda.multi_value_headers.enabled").with("Value", "true");
        let group = |function: &FunctionResource<'_>, permission: &str| {
            Map::new().with("Type", "AWS::ElasticLoadBalancingV2::TargetGroup").with("DependsOn", permission).with(
                "Properties",
                Map::new()
                    .with("TargetType", "lambda")
                    .note("Otherwise the function receives only the last of repeated headers and parameters.")
                    .with("TargetGroupAttributes", [multi_value])
                    .with("Targets", [Map::new().with("Id", arn(&function.id))]),
            )
        };
        let (target_group, mut parts) = self.targets(function, "elasticloadbalancing.amazonaws.com", group);
        let (methods, path) = self.conditions(function);
        let path = Map::new().with("Field", "path-pattern").with("PathPatternConfig", values(path.patterns()));
        let mut conditions = vec![path];
        if !methods.is_empty() {
            let methods = Map::new().with("HttpRequestMethodConfig", values(methods));
            conditions.push(Map::new().with("Field", "http-request-method").and(methods));
        }
        let forward = Map::new().with("Type", "forward").with("TargetGroupArn", reference(&target_group));
        let rule = Map::new()
            .with("ListenerArn", reference(listener))
            .note("Must be unique among the rules of the listener.")
            .with("Priority", self.priority(function))
            .with("Conditions", conditions)
            .with("Actions", [forward]);
        self.add_rule(function, &mut parts, "AWS::ElasticLoadBalancingV2::ListenerRule", rule);
        parts
    }

    /// Adds a rule to the listener of an existing service of VPC Lattice.
    pub(super) fn lattice(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let service = self.shared_parameter("LatticeService", "Id or ARN of a service of VPC Lattice");
        let listener = self.shared_parameter("LatticeListener", "Id or ARN of that service's listener");
        let group = |function: &FunctionResource<'_>, permission: &str| {
            Map::new().with("Type", "AWS::VpcLattice::TargetGroup").with("DependsOn", permission).with(
                "Properties",
                Map::new()
                    .with("Type", "LAMBDA")
                    .with("Config", Map::new().with("LambdaEventStructureVersion", "V2"))
                    .with("Targets", [Map::new().with("Id", arn(&function.id))]),
            )
        };
        let (target_group, mut parts) = self.targets(function, "vpc-lattice.amazonaws.com", group);
        let (methods, path) = self.conditions(function);
        let mut http = Map::new();
        // A rule matches one method or all methods.
        if let [method] = &methods[..] {
            http.add("Method", &**method);
        }
        http.add("PathMatch", Map::new().with("Match", path.prefix()));
        let forward =
            Map::new().with("TargetGroups", [Map::new().with("TargetGroupIdentifier", reference(&target_group))]);
        let rule = Map::new()
            .with("ServiceIdentifier", reference(service))
            .with("ListenerIdentifier", reference(listener))
            .note("Must be unique among the rules of the listener.")
            .with("Priority", self.priority(function))
            .with("Match", Map::new().with("HttpMatch", http))
            .with("Action", Map::new().with("Forward", forward));
        self.add_rule(function, &mut parts, "AWS::VpcLattice::Rule", rule);
        parts
    }

    /// Adds a target group, and the permission to invoke the function, which has to exist before the group.
    fn targets(
        &mut self,
        function: &FunctionResource<'_>,
        principal: &str,
        group: impl FnOnce(&FunctionResource<'_>, &str) -> Map,
    ) -> (String, FunctionParts) {
        let permission = self.ids.claim(&format!("{}Permission", function.name));
        let target_group = self.ids.claim(&format!("{}TargetGroup", function.name));
        let allowed = Map::new()
            .with("FunctionName", arn(&function.id))
            .with("Action", "lambda:InvokeFunction")
            .with("Principal", principal);
        let mut parts = FunctionParts::new(USUAL);
        let group = group(function, &permission);
        parts.resources.add(permission, Map::new().with("Type", "AWS::Lambda::Permission").with("Properties", allowed));
        parts.resources.add(&target_group, group);
        (target_group, parts)
    }

    fn add_rule(&mut self, function: &FunctionResource<'_>, parts: &mut FunctionParts, kind: &str, rule: Map) {
        let id = self.ids.claim(&format!("{}Rule", function.name));
        parts.resources.add(id, Map::new().with("Type", kind).with("Properties", rule));
    }

    /// Returns a priority. Functions without a route come after all others. VPC Lattice has 100 priorities.
    fn priority(&mut self, function: &FunctionResource<'_>) -> u32 {
        self.rules += 1;
        if function.local.route().is_some() { self.rules } else { 50 + self.rules }
    }

    /// Returns the methods (empty for all) and the path that a rule must match, including the base path.
    fn conditions(&self, function: &FunctionResource<'_>) -> (Vec<String>, Path) {
        let deployment = function.local.deployment();
        let base_path = deployment.base_path.unwrap_or_default();
        let (method, path) =
            function.local.route().and_then(|route| route.split_once(' ')).unwrap_or(("ANY", "/{all+}"));
        let mut methods = vec![method.to_owned()];
        match method {
            "ANY" => methods.clear(),
            // A route for GET also handles HEAD.
            "GET" => methods.push("HEAD".to_owned()),
            _ => {}
        }
        if has_cors(deployment.layers) && !matches!(method, "ANY" | "OPTIONS") {
            methods.push("OPTIONS".to_owned());
        }
        (methods, Path(format!("{base_path}{path}")))
    }
}

/// Path of a route.
struct Path(String);

impl Path {
    /// Replaces parameters with `*`, which also matches slashes. The function responds with 404 to paths that do not
    /// match the route.
    fn patterns(&self) -> Vec<String> {
        let segments = self.0.split('/').map(|segment| if segment.starts_with('{') { "*" } else { segment });
        vec![segments.collect::<Vec<_>>().join("/")]
    }

    /// Returns the path up to the first parameter.
    fn prefix(&self) -> Map {
        match self.0.split_once('{') {
            Some((prefix, _)) => Map::new().with("Prefix", prefix),
            None => Map::new().with("Exact", &*self.0),
        }
    }
}

fn values(values: Vec<String>) -> Map {
    Map::new().with("Values", values.iter().map(|value| &**value).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::Path;
    use crate::template::yaml::Map;

    #[test]
    fn rules_match_the_paths_of_the_route() {
        let of = |path: &str| (Path(path.to_owned()).patterns(), Path(path.to_owned()).prefix().to_string());
        let expected = |pattern: &str, prefix: Map| (vec![pattern.to_owned()], prefix.to_string());
        assert_eq!(of("/health"), expected("/health", Map::new().with("Exact", "/health")));
        assert_eq!(of("/orders/{id}/items"), expected("/orders/*/items", Map::new().with("Prefix", "/orders/")));
        assert_eq!(of("/v1/{all+}"), expected("/v1/*", Map::new().with("Prefix", "/v1/")));
    }
}
