//! The services that invoke HTTP functions.

/// A service that invokes functions with HTTP requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A REST API of API Gateway.
    RestApi,
    /// An HTTP API of API Gateway.
    HttpApi,
    /// A function URL.
    FunctionUrl,
    /// An Application Load Balancer.
    Alb,
    /// A VPC Lattice service.
    Lattice,
    /// A WebSocket API of API Gateway.
    WebSocket,
}

use Origin::{Alb, FunctionUrl, HttpApi, Lattice, RestApi, WebSocket};

impl Origin {
    /// Returns the origins whose events a function of this kind accepts, the most common one first. Empty if it is not an HTTP kind.
    pub fn of_kind(kind: &str) -> &'static [Origin] {
        match kind {
            "http" => &[FunctionUrl, HttpApi, RestApi, Alb, Lattice],
            "api_gateway" => &[HttpApi, RestApi],
            "rest_api" => &[RestApi],
            // Both use payload format 2.0.
            "http_api" => &[HttpApi, FunctionUrl],
            "function_url" => &[FunctionUrl, HttpApi],
            "alb" => &[Alb],
            "lattice" => &[Lattice],
            "websocket" => &[WebSocket],
            _ => &[],
        }
    }

    /// Returns the name, which is also the name of the kind for only this origin.
    pub fn name(self) -> &'static str {
        match self {
            RestApi => "rest_api",
            HttpApi => "http_api",
            FunctionUrl => "function_url",
            Alb => "alb",
            Lattice => "lattice",
            WebSocket => "websocket",
        }
    }

    /// Returns true if its events contain the matched route. Function URLs and load balancers have no routes.
    pub fn has_routes(self) -> bool {
        matches!(self, RestApi | HttpApi)
    }
}
