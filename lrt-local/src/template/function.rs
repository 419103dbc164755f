//! The resource of a function.

use super::api::{Route, is_api};
use super::event_sources::{has_sns_envelope, has_visibility_backoff};
use super::idempotency::has_idempotency;
use super::services::find_services;
use super::yaml::{Map, reference};
use super::{Package, Template};
use crate::function::LocalFunction;

/// Timeout of an invocation, with the reason for it.
#[derive(Clone, Copy)]
pub(super) struct Timeout {
    pub(super) seconds: u32,
    pub(super) note: Option<&'static str>,
}

/// The default, which is far more than most functions need.
pub(super) const USUAL: Timeout = Timeout { seconds: 30, note: None };

/// API Gateway's limit is 29 seconds, or 30 for an HTTP API
/// ([quotas](https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)).
pub(super) const API: Timeout =
    Timeout { seconds: 29, note: Some("API Gateway's limit. lrt responds before a timeout.") };

/// The limit of HTTP APIs
/// ([quotas](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html)).
pub(super) const AUTHORIZER: Timeout =
    Timeout { seconds: 10, note: Some("API Gateway's limit for authorizers of HTTP APIs.") };

pub(super) const STREAM: Timeout =
    Timeout { seconds: 300, note: Some("Maximum duration of a stream, up to 900 (15 minutes).") };

pub(super) const BATCH: Timeout = Timeout {
    seconds: 60,
    note: Some("For the entire batch. Records that are not finished in time are reported as failed."),
};

/// A function, and the values that are determined before its resource is written.
pub(super) struct FunctionResource<'a> {
    pub(super) local: &'a dyn LocalFunction,
    /// Prefix of the ids of all resources of the function.
    pub(super) name: String,
    /// Id of the function itself.
    pub(super) id: String,
    /// Id and routes of its API, for functions behind API Gateway.
    pub(super) api: Option<String>,
    pub(super) routes: Vec<Route>,
}

/// The parts of a function that depend on its kind.
pub(super) struct FunctionParts {
    pub(super) timeout: Timeout,
    /// Properties of the function.
    pub(super) properties: Map,
    /// A permission of the function, with a comment.
    pub(super) policy: Option<(&'static str, Map)>,
    /// Resources after the function.
    pub(super) resources: Map,
}

impl FunctionParts {
    pub(super) fn new(timeout: Timeout) -> FunctionParts {
        FunctionParts { timeout, properties: Map::new(), policy: None, resources: Map::new() }
    }

    /// Adds an event, which SAM turns into an event source mapping or a route.
    pub(super) fn event(mut self, name: &str, kind: &str, properties: Map) -> FunctionParts {
        let event = Map::new().with("Type", kind).with("Properties", properties);
        self.properties.add("Events", Map::new().with(name, event));
        self
    }
}

/// Returns comments about settings that cannot be derived from the code.
const ENVIRONMENT: &str = "\
Variables that `init` reads, and permissions for the services that it connects to:
Environment:
  Variables:
    NAME: value
Policies:
  - DynamoDBCrudPolicy: {TableName: !Ref Table}";
const POLICIES: &str = "\
Permissions for the services that `init` connects to:
Policies:
  - DynamoDBCrudPolicy: {TableName: !Ref Table}";
const TRIGGERS: &str = "\
Triggers, for example:
Events:
  Schedule: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(5 minutes)}}
  Upload: {Type: S3, Properties: {Bucket: !Ref Bucket, Events: s3:ObjectCreated:*}}";

impl Template {
    /// Checks a function and reserves its ids.
    pub(super) fn function<'a>(&mut self, local: &'a dyn LocalFunction) -> Result<FunctionResource<'a>, String> {
        if local.streams() && matches!(local.kind(), "http_api" | "api_gateway" | "alb" | "lattice" | "websocket") {
            let (name, kind) = (local.name(), local.kind());
            return Err(format!("`{name}` is of kind {kind} and cannot stream (expected function_url or rest_api)"));
        }
        let name = self.ids.of_function(local.name());
        let id = self.ids.claim(&format!("{name}Function"));
        Ok(FunctionResource { local, name, id, api: None, routes: Vec::new() })
    }

    pub(super) fn add_function(&mut self, function: &FunctionResource<'_>, package: &Package) {
        let local = function.local;
        let parts = match local.kind() {
            "sqs" => self.queue(function),
            "dynamodb" | "kinesis" => self.stream(function),
            "kafka" => self.topic(function),
            "s3" => self.bucket(function),
            "firehose" => self.delivery_stream(function),
            "eventbridge" => self.rule(function),
            "http" | "function_url" => self.url(function),
            "websocket" => self.websocket(function),
            "authorizer" => self.authorizer(),
            "alb" => self.load_balancer(function),
            "lattice" => self.lattice(function),
            kind if is_api(kind) => self.api(function),
            _ => match local.deployment().schedule {
                Some(schedule) => self.schedule(function, schedule),
                None => self.invoked(function),
            },
        };
        let Timeout { seconds, note } = parts.timeout;
        let mut properties = Map::new().with("Handler", local.name()).note_some(note).with("Timeout", seconds);
        // Borrowed parameters come from `init`, which has created the clients that the code names.
        let parameters = local.deployment().parameters;
        let has_state = parameters.contains('&');
        let mut services = find_services(parameters);
        if services.is_empty() && has_state {
            services = find_services(&package.source);
        }
        properties = properties.and(self.permissions(function, &services, parts.policy));
        let has_known_client = !services.is_empty() || has_idempotency(local) || has_visibility_backoff(local);
        let has_unknown_state = has_state && !has_known_client;
        let comment = match (has_unknown_state, package.variables().is_empty()) {
            (true, true) => Some(ENVIRONMENT),
            (true, false) => Some(POLICIES),
            (false, _) => None,
        };
        let build = Map::new().with("BuildMethod", "rust-cargolambda");
        let resource = Map::new()
            .with("Type", "AWS::Serverless::Function")
            .with("Metadata", build.with("BuildProperties", Map::new().with("Binary", &*package.binary)))
            .with("Properties", properties.and(parts.properties).note_some(comment));
        self.resources.add(&function.id, resource);
        self.resources = std::mem::take(&mut self.resources).and(parts.resources);
    }

    /// Returns the parts of a JSON function. Its trigger is only known if it is a topic.
    fn invoked(&mut self, function: &FunctionResource<'_>) -> FunctionParts {
        let (id, name) = (&function.id, function.local.name());
        if has_sns_envelope(function) {
            let topic = self.ids.claim(&format!("{}Topic", function.name));
            self.output(&topic, &format!("Topic of `{name}`"), reference(&topic));
            let mut parts =
                FunctionParts::new(USUAL).event("Notification", "SNS", Map::new().with("Topic", reference(&topic)));
            parts.resources.add(topic, Map::new().with("Type", "AWS::SNS::Topic"));
            return parts;
        }
        let (operation, timeout) =
            if function.local.streams() { ("InvokeWithResponseStream", STREAM) } else { ("Invoke", USUAL) };
        self.output(id, &format!("Name of `{name}` for {operation}"), reference(id));
        let mut parts = FunctionParts::new(timeout);
        parts.properties = parts.properties.note(TRIGGERS);
        parts
    }
}
