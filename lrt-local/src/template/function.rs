//! A function's resource.

use super::Template;
use super::event_sources::is_behind_a_topic;
use super::yaml::{Map, reference};
use crate::function::LocalFunction;

/// How long an invocation may take, and why so long.
#[derive(Clone, Copy)]
pub(super) struct Timeout {
    pub(super) seconds: u32,
    pub(super) why: Option<&'static str>,
}

/// Far more than most take.
pub(super) const USUAL: Timeout = Timeout { seconds: 30, why: None };

/// API Gateway's own limit is 29 seconds, or 30 for an HTTP API
/// ([quotas](https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)).
pub(super) const BEHIND_AN_API: Timeout =
    Timeout { seconds: 29, why: Some("API Gateway waits no longer; the guard answers before.") };

pub(super) const STREAM: Timeout =
    Timeout { seconds: 300, why: Some("How long a stream may go on: up to 900, 15 minutes.") };

pub(super) const BATCH: Timeout =
    Timeout { seconds: 60, why: Some("For a whole batch; what is not done just before is reported as failed.") };

/// A function, with what stands in front of it.
pub(super) struct Function<'a> {
    pub(super) served: &'a dyn LocalFunction,
    /// What the ids of all that belongs to it begin with.
    pub(super) name: String,
    /// Its own id.
    pub(super) id: String,
}

/// What a function has by its kind.
pub(super) struct FunctionParts {
    pub(super) timeout: Timeout,
    /// Of the function.
    pub(super) properties: Map,
    /// Behind it.
    pub(super) resources: Map,
}

impl FunctionParts {
    pub(super) fn new(timeout: Timeout) -> FunctionParts {
        FunctionParts { timeout, properties: Map::new(), resources: Map::new() }
    }

    /// With one event, which SAM makes an event source or a route of.
    pub(super) fn event(mut self, name: &str, kind: &str, properties: Map) -> FunctionParts {
        let event = Map::new().with("Type", kind).with("Properties", properties);
        self.properties.add("Events", Map::new().with(name, event));
        self
    }
}

impl Template {
    pub(super) fn add_function(&mut self, served: &dyn LocalFunction, binary: &str) -> Result<(), String> {
        if served.streams() && matches!(served.kind(), "http_api" | "api_gateway" | "alb" | "lattice" | "websocket") {
            let (name, kind) = (served.name(), served.kind());
            let who = "only a function URL and a REST API take streams";
            return Err(format!("`{name}` is of kind {kind} and cannot stream: {who}"));
        }
        let name = self.ids.of_function(served.name());
        let id = self.ids.claim(&format!("{name}Function"));
        let function = Function { served, name, id };
        let own = match served.kind() {
            "sqs" => self.queue(&function),
            "dynamodb" | "kinesis" => self.stream(&function),
            "kafka" => self.topic(&function),
            "http" | "function_url" => self.url(&function),
            "http_api" | "api_gateway" | "rest_api" => self.api(&function),
            "websocket" => self.websocket(&function),
            "alb" => self.load_balancer(&function),
            "lattice" => self.lattice(&function),
            _ => self.invoked(&function),
        };
        let Timeout { seconds, why } = own.timeout;
        let properties = Map::new().with("Handler", served.name()).note_some(why).with("Timeout", seconds);
        let build = Map::new().with("BuildMethod", "rust-cargolambda");
        let function_resource = Map::new()
            .with("Type", "AWS::Serverless::Function")
            .with("Metadata", build.with("BuildProperties", Map::new().with("Binary", binary)))
            .with("Properties", properties.and(own.properties));
        self.resources.add(&function.id, function_resource);
        self.resources = std::mem::take(&mut self.resources).and(own.resources);
        Ok(())
    }

    /// A function of JSON: it is called by its name, or by a service that this cannot know.
    fn invoked(&mut self, function: &Function<'_>) -> FunctionParts {
        let (id, name) = (&function.id, function.served.name());
        if is_behind_a_topic(function) {
            let topic = self.ids.claim(&format!("{}Topic", function.name));
            self.output(&topic, &format!("Where `{name}` has its events from"), reference(&topic));
            let mut own =
                FunctionParts::new(USUAL).event("Notification", "SNS", Map::new().with("Topic", reference(&topic)));
            own.resources.add(topic, Map::new().with("Type", "AWS::SNS::Topic"));
            return own;
        }
        let (how, timeout) =
            if function.served.streams() { ("InvokeWithResponseStream", STREAM) } else { ("Invoke", USUAL) };
        self.output(id, &format!("What {how} calls `{name}`"), reference(id));
        FunctionParts::new(timeout)
    }
}
