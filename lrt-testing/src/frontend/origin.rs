//! Which service invokes the function.

/// A service that makes events of HTTP requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    RestApi,
    HttpApi,
    FunctionUrl,
    Alb,
    Lattice,
    WebSocket,
}

use Origin::{Alb, FunctionUrl, HttpApi, Lattice, RestApi, WebSocket};

impl Origin {
    /// The origins whose events a function of this kind takes, the usual one first; none where the kind is no HTTP.
    pub fn of_kind(kind: &str) -> &'static [Origin] {
        match kind {
            "http" => &[FunctionUrl, HttpApi, RestApi, Alb, Lattice],
            "api_gateway" => &[HttpApi, RestApi],
            "rest_api" => &[RestApi],
            // They share payload format 2.0.
            "http_api" => &[HttpApi, FunctionUrl],
            "function_url" => &[FunctionUrl, HttpApi],
            "alb" => &[Alb],
            "lattice" => &[Lattice],
            "websocket" => &[WebSocket],
            _ => &[],
        }
    }

    /// Its name, which is that of the kind that takes its events alone.
    #[doc(hidden)]
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

    /// Whether its events tell which route a request has taken: URLs and load balancers have none.
    #[doc(hidden)]
    pub fn has_routes(self) -> bool {
        matches!(self, RestApi | HttpApi)
    }
}
