//! Where requests come from.

/// Where a request came from.
///
/// The request knows it through its [`Event`](crate::Event).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A REST API of API Gateway, which calls in payload format 1.0.
    RestApi,
    /// An HTTP API of API Gateway, in payload format 2.0 or 1.0.
    ///
    /// `sam local start-api` writes a `version` into the events of REST APIs, too, so those are told as HTTP APIs' in
    /// payload format 1.0; and what has format 2.0 but no domain name of a function URL is told as an HTTP API's.
    HttpApi,
    /// A Lambda function URL.
    FunctionUrl,
    /// An Application Load Balancer.
    Alb,
    /// A service of VPC Lattice, with events of version 2 or 1.
    Lattice,
    /// A WebSocket API of API Gateway.
    WebSocket,
}

impl Origin {
    /// What it is called, with an article.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Origin::RestApi => "a REST API",
            Origin::HttpApi => "an HTTP API",
            Origin::FunctionUrl => "a function URL",
            Origin::Alb => "an Application Load Balancer",
            Origin::Lattice => "VPC Lattice",
            Origin::WebSocket => "a WebSocket API",
        }
    }

    /// The kind of function for it.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Origin::RestApi => "rest_api",
            Origin::HttpApi => "http_api",
            Origin::FunctionUrl => "function_url",
            Origin::Alb => "alb",
            Origin::Lattice => "lattice",
            Origin::WebSocket => "websocket",
        }
    }
}

/// The origins whose events a kind of function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Accepts {
    /// `http`: all of them.
    Any,
    /// `http` with `streaming`: those that take a stream.
    Streaming,
    /// `api_gateway`: REST APIs and HTTP APIs.
    ApiGateway,
    /// `rest_api`: payload format 1.0, whose two senders emulators do not tell apart.
    RestApi,
    /// `http_api`: payload format 2.0, and format 1.0 as HTTP APIs send it.
    HttpApi,
    /// `function_url`: payload format 2.0, whose two senders emulators do not tell apart.
    FunctionUrl,
    /// `alb`
    Alb,
    /// `lattice`
    Lattice,
    /// `websocket`
    WebSocket,
}

impl Accepts {
    /// The same for a function that streams; `None` if there is no such origin.
    pub fn streaming(self) -> Option<Accepts> {
        match self {
            Accepts::Any | Accepts::Streaming => Some(Accepts::Streaming),
            Accepts::FunctionUrl | Accepts::RestApi => Some(self),
            _ => None,
        }
    }

    /// Whether it takes an event of this origin. `second` tells payload format 2.0.
    pub(crate) fn takes(self, origin: Origin, second: bool) -> bool {
        match self {
            Accepts::Any => true,
            Accepts::Streaming => matches!(origin, Origin::FunctionUrl | Origin::RestApi),
            // A function URL's events are those of an HTTP API, so there is no reason to turn them down.
            Accepts::ApiGateway => matches!(origin, Origin::RestApi | Origin::HttpApi | Origin::FunctionUrl),
            Accepts::RestApi => origin == Origin::RestApi || (origin == Origin::HttpApi && !second),
            Accepts::HttpApi => matches!(origin, Origin::HttpApi | Origin::FunctionUrl),
            Accepts::FunctionUrl => origin == Origin::FunctionUrl || (origin == Origin::HttpApi && second),
            Accepts::Alb => origin == Origin::Alb,
            Accepts::Lattice => origin == Origin::Lattice,
            Accepts::WebSocket => origin == Origin::WebSocket,
        }
    }

    /// What it takes, for a message.
    pub(crate) fn names(self) -> &'static str {
        match self {
            Accepts::Any => "HTTP requests of any origin",
            Accepts::Streaming => "HTTP requests of a function URL or a REST API, since it streams",
            Accepts::ApiGateway => "HTTP requests of a REST API or an HTTP API",
            Accepts::RestApi => "HTTP requests of a REST API",
            Accepts::HttpApi => "HTTP requests of an HTTP API",
            Accepts::FunctionUrl => "HTTP requests of a function URL",
            Accepts::Alb => "HTTP requests of an Application Load Balancer",
            Accepts::Lattice => "HTTP requests of VPC Lattice",
            Accepts::WebSocket => "HTTP requests of a WebSocket API",
        }
    }
}
