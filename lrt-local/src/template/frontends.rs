//! Function URLs, WebSocket APIs, load balancers and VPC Lattice.

use super::Template;
use super::api::has_preflights;
use super::function::{BEHIND_AN_API, Function, FunctionParts, STREAM, USUAL};
use super::yaml::{Map, arn, attribute, reference, sub};

const STAGE: &str = "prod";

impl Template {
    pub(super) fn url(&mut self, function: &Function<'_>) -> FunctionParts {
        let (id, served) = (&function.id, function.served);
        let mut url = Map::new()
            .note("Anyone who knows the URL may call it; with AWS_IAM, who signs requests and is allowed to.")
            .with("AuthType", "NONE");
        if served.streams() {
            url = url.with("InvokeMode", "RESPONSE_STREAM");
        }
        let mut own = FunctionParts::new(if served.streams() { STREAM } else { USUAL });
        if let Some(base_path) = served.deployment().base_path {
            let note =
                format!("The function takes {base_path} away, so what stands before the URL has to put it there.");
            own.properties = own.properties.note(&note);
        }
        own.properties.add("FunctionUrlConfig", url);
        let what = format!("The URL of `{}`", served.name());
        self.output(&format!("{}Url", function.name), &what, attribute(&format!("{id}Url"), "FunctionUrl"));
        own
    }

    /// A WebSocket API with the routes that every one has. The answer to a message is sent to its sender.
    pub(super) fn websocket(&mut self, function: &Function<'_>) -> FunctionParts {
        let api = self.ids.claim(&format!("{}Api", function.name));
        let response = self.ids.claim(&format!("{}Response", function.name));
        let to_function = || Map::new().with("FunctionArn", arn(&function.id));
        let routes = Map::new()
            .with("$connect", to_function())
            .with("$disconnect", to_function())
            .with("$default", to_function().with("RouteResponseSelectionExpression", "$default"));
        let properties = Map::new()
            .note("Messages with an `action` may have routes of their own; $default takes all others.")
            .with("RouteSelectionExpression", "$request.body.action")
            .with("StageName", STAGE)
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
        let mut own = FunctionParts::new(BEHIND_AN_API);
        own.properties = Map::new()
            .note("To send to other connections than the one that a message comes from.")
            .with("Policies", [policy]);
        own.resources
            .add(&api, Map::new().with("Type", "AWS::Serverless::WebSocketApi").with("Properties", properties));
        let kind = "AWS::ApiGatewayV2::RouteResponse";
        own.resources.add(response, Map::new().with("Type", kind).with("Properties", route_response));
        let url = format!("wss://${{{api}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{STAGE}");
        self.output(&format!("{api}Url"), &format!("The URL of `{}`", function.served.name()), sub(&url));
        own
    }

    /// A rule of a listener that is there.
    pub(super) fn load_balancer(&mut self, function: &Function<'_>) -> FunctionParts {
        let listener = self.shared_parameter("ListenerArn", "The ARN of a listener of an Application Load Balancer");
        let multi_value = Map::new().with("Key", "lambda.multi_value_headers.enabled").with("Value", "true");
        let group = |function: &Function<'_>, permission: &str| {
            Map::new().with("Type", "AWS::ElasticLoadBalancingV2::TargetGroup").with("DependsOn", permission).with(
                "Properties",
                Map::new()
                    .with("TargetType", "lambda")
                    .note("Without it, the last of several values is all that comes.")
                    .with("TargetGroupAttributes", [multi_value])
                    .with("Targets", [Map::new().with("Id", arn(&function.id))]),
            )
        };
        let (target_group, mut own) = self.targets(function, "elasticloadbalancing.amazonaws.com", group);
        let (methods, path) = self.reach(function);
        let path = Map::new().with("Field", "path-pattern").with("PathPatternConfig", values(path.patterns()));
        let mut conditions = vec![path];
        if !methods.is_empty() {
            let methods = Map::new().with("HttpRequestMethodConfig", values(methods));
            conditions.push(Map::new().with("Field", "http-request-method").and(methods));
        }
        let forward = Map::new().with("Type", "forward").with("TargetGroupArn", reference(&target_group));
        let rule = Map::new()
            .with("ListenerArn", reference(listener))
            .note("No other rule of the listener has this one.")
            .with("Priority", self.priority(function))
            .with("Conditions", conditions)
            .with("Actions", [forward]);
        self.add_rule(function, &mut own, "AWS::ElasticLoadBalancingV2::ListenerRule", rule);
        own
    }

    /// A rule of a listener of a service that is there.
    pub(super) fn lattice(&mut self, function: &Function<'_>) -> FunctionParts {
        let service = self.shared_parameter("LatticeService", "The id or ARN of a service of VPC Lattice");
        let listener = self.shared_parameter("LatticeListener", "The id or ARN of that service's listener");
        let group = |function: &Function<'_>, permission: &str| {
            Map::new().with("Type", "AWS::VpcLattice::TargetGroup").with("DependsOn", permission).with(
                "Properties",
                Map::new()
                    .with("Type", "LAMBDA")
                    .with("Config", Map::new().with("LambdaEventStructureVersion", "V2"))
                    .with("Targets", [Map::new().with("Id", arn(&function.id))]),
            )
        };
        let (target_group, mut own) = self.targets(function, "vpc-lattice.amazonaws.com", group);
        let (methods, path) = self.reach(function);
        let mut http = Map::new();
        // It is one or any.
        if let [method] = &methods[..] {
            http.add("Method", &**method);
        }
        http.add("PathMatch", Map::new().with("Match", path.prefix()));
        let forward =
            Map::new().with("TargetGroups", [Map::new().with("TargetGroupIdentifier", reference(&target_group))]);
        let rule = Map::new()
            .with("ServiceIdentifier", reference(service))
            .with("ListenerIdentifier", reference(listener))
            .note("No other rule of the listener has this one.")
            .with("Priority", self.priority(function))
            .with("Match", Map::new().with("HttpMatch", http))
            .with("Action", Map::new().with("Forward", forward));
        self.add_rule(function, &mut own, "AWS::VpcLattice::Rule", rule);
        own
    }

    /// A target group, and that its service may invoke the function. The group's ARN cannot be asked for: it takes the
    /// function only once that is so.
    fn targets(
        &mut self,
        function: &Function<'_>,
        principal: &str,
        group: impl FnOnce(&Function<'_>, &str) -> Map,
    ) -> (String, FunctionParts) {
        let permission = self.ids.claim(&format!("{}Permission", function.name));
        let target_group = self.ids.claim(&format!("{}TargetGroup", function.name));
        let allowed = Map::new()
            .with("FunctionName", arn(&function.id))
            .with("Action", "lambda:InvokeFunction")
            .with("Principal", principal);
        let mut own = FunctionParts::new(USUAL);
        let group = group(function, &permission);
        own.resources.add(permission, Map::new().with("Type", "AWS::Lambda::Permission").with("Properties", allowed));
        own.resources.add(&target_group, group);
        (target_group, own)
    }

    fn add_rule(&mut self, function: &Function<'_>, own: &mut FunctionParts, kind: &str, rule: Map) {
        let id = self.ids.claim(&format!("{}Rule", function.name));
        own.resources.add(id, Map::new().with("Type", kind).with("Properties", rule));
    }

    /// What has no route comes behind all that have one. VPC Lattice has 100 priorities.
    fn priority(&mut self, function: &Function<'_>) -> u32 {
        self.rules += 1;
        if function.served.route().is_some() { self.rules } else { 50 + self.rules }
    }

    /// The methods (none: any) and the path that a rule has to let through, base path included.
    fn reach(&self, function: &Function<'_>) -> (Vec<String>, Path) {
        let deployment = function.served.deployment();
        let base_path = deployment.base_path.unwrap_or_default();
        let (method, path) =
            function.served.route().and_then(|route| route.split_once(' ')).unwrap_or(("ANY", "/{all+}"));
        let mut methods = vec![method.to_owned()];
        match method {
            "ANY" => methods.clear(),
            // A route of GET answers HEAD as well.
            "GET" => methods.push("HEAD".to_owned()),
            _ => {}
        }
        if has_preflights(deployment.layers) && !matches!(method, "ANY" | "OPTIONS") {
            methods.push("OPTIONS".to_owned());
        }
        (methods, Path(format!("{base_path}{path}")))
    }
}

/// The path of a route.
struct Path(String);

impl Path {
    /// With stars for what may be anything. A star takes slashes as well: what it takes too much is a 404.
    fn patterns(&self) -> Vec<String> {
        let segments = self.0.split('/').map(|segment| if segment.starts_with('{') { "*" } else { segment });
        vec![segments.collect::<Vec<_>>().join("/")]
    }

    /// Up to the first parameter, or all of it.
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
    fn rules_let_through_what_the_route_may_take() {
        let of = |path: &str| (Path(path.to_owned()).patterns(), Path(path.to_owned()).prefix().to_string());
        let expected = |pattern: &str, prefix: Map| (vec![pattern.to_owned()], prefix.to_string());
        assert_eq!(of("/health"), expected("/health", Map::new().with("Exact", "/health")));
        assert_eq!(of("/orders/{id}/items"), expected("/orders/*/items", Map::new().with("Prefix", "/orders/")));
        assert_eq!(of("/v1/{all+}"), expected("/v1/*", Map::new().with("Prefix", "/v1/")));
    }
}
