//! The services that send HTTP requests as events.

/// The service that a request came through.
///
/// Available from the request's [`Event`](crate::Event), and as an extractor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A REST API of API Gateway, which uses payload format 1.0.
    RestApi,
    /// An HTTP API of API Gateway, with payload format 2.0 or 1.0.
    ///
    /// Two other kinds of events have this origin as well, since they cannot be distinguished from events of an HTTP
    /// API: REST API events of `sam local start-api`, which have a `version`, and events in payload format 2.0 without
    /// the domain name of a function URL.
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
    /// The name of the service with its article, for messages.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Origin::RestApi => "a REST API",
            Origin::HttpApi => "an HTTP API",
            Origin::FunctionUrl => "a function URL",
            Origin::Alb => "an Application Load Balancer",
            Origin::Lattice => "VPC Lattice",
            Origin::WebSocket => "a WebSocket API",
        }
    }

    /// The kind of function that accepts only this origin.
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

/// The origins whose events a kind of function accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AcceptedOrigins {
    /// `http`: every origin.
    Any,
    /// `http` with `streaming`: function URLs and REST APIs, which support response streaming, and HTTP APIs, since their events
    /// cannot be distinguished from those of emulators and of function URLs with a custom domain.
    Streaming,
    /// `api_gateway`: REST APIs and HTTP APIs.
    ApiGateway,
    /// `rest_api`: payload format 1.0 of REST APIs, and of HTTP APIs because emulators do not distinguish them.
    RestApi,
    /// `http_api`: payload formats 1.0 and 2.0 of HTTP APIs, and format 2.0 of function URLs.
    HttpApi,
    /// `function_url`: payload format 2.0.
    FunctionUrl,
    /// `alb`: Application Load Balancers.
    Alb,
    /// `lattice`: VPC Lattice.
    Lattice,
    /// `websocket`: WebSocket APIs.
    WebSocket,
}

impl AcceptedOrigins {
    /// Returns the accepted origins that support response streaming, if any.
    pub fn streaming(self) -> Option<AcceptedOrigins> {
        match self {
            AcceptedOrigins::Any | AcceptedOrigins::Streaming => Some(AcceptedOrigins::Streaming),
            AcceptedOrigins::FunctionUrl | AcceptedOrigins::RestApi => Some(self),
            _ => None,
        }
    }

    /// Returns true if an event of this origin is accepted. `is_v2` is true for payload format 2.0.
    pub(crate) fn contains(self, origin: Origin, is_v2: bool) -> bool {
        match self {
            AcceptedOrigins::Any => true,
            AcceptedOrigins::Streaming => matches!(origin, Origin::FunctionUrl | Origin::RestApi | Origin::HttpApi),
            AcceptedOrigins::ApiGateway => matches!(origin, Origin::RestApi | Origin::HttpApi | Origin::FunctionUrl),
            AcceptedOrigins::RestApi => origin == Origin::RestApi || (origin == Origin::HttpApi && !is_v2),
            AcceptedOrigins::HttpApi => matches!(origin, Origin::HttpApi | Origin::FunctionUrl),
            AcceptedOrigins::FunctionUrl => origin == Origin::FunctionUrl || (origin == Origin::HttpApi && is_v2),
            AcceptedOrigins::Alb => origin == Origin::Alb,
            AcceptedOrigins::Lattice => origin == Origin::Lattice,
            AcceptedOrigins::WebSocket => origin == Origin::WebSocket,
        }
    }

    /// The accepted services, for messages.
    pub(crate) fn description(self) -> &'static str {
        match self {
            AcceptedOrigins::Any => "an HTTP source",
            AcceptedOrigins::Streaming => "a function URL or a REST API",
            AcceptedOrigins::ApiGateway => "a REST API or an HTTP API",
            AcceptedOrigins::RestApi => "a REST API",
            AcceptedOrigins::HttpApi => "an HTTP API",
            AcceptedOrigins::FunctionUrl => "a function URL",
            AcceptedOrigins::Alb => "an Application Load Balancer",
            AcceptedOrigins::Lattice => "VPC Lattice",
            AcceptedOrigins::WebSocket => "a WebSocket API",
        }
    }
}
