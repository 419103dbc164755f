//! Converts requests to events.

mod alb;
mod authorizer;
mod http_api;
mod lattice;
mod request_context;
mod rest_api;
mod websocket;

pub use authorizer::AuthorizerType;
pub use request_context::{Phase, RequestContext};

use super::object::Object;
use super::request::{Request, all_values, last_values};
use super::{Json, Origin};

impl RequestContext {
    /// Returns the event of a request.
    pub fn event(&self, mut request: Request) -> Object {
        self.add_headers(&mut request);
        match self.origin {
            Origin::RestApi => rest_api::event(&request, self),
            Origin::HttpApi if self.format_1 => rest_api::event_of_http_api(&request, self),
            Origin::HttpApi | Origin::FunctionUrl => http_api::event(&request, self),
            Origin::Alb => alb::event(&request, self),
            Origin::Lattice => lattice::event(&request, self),
            Origin::WebSocket => websocket::event(&request, self),
        }
    }

    /// Adds the headers that the service adds.
    fn add_headers(&self, request: &mut Request) {
        request.or_header("Host", self.host());
        if !request.body.is_empty() {
            request.or_header("Content-Length", request.body.len().to_string());
        }
        request.or_header("X-Forwarded-For", &*self.source_ip);
        if self.origin == Origin::Lattice {
            return;
        }
        request.or_header("X-Forwarded-Port", self.port.to_string());
        request.or_header("X-Forwarded-Proto", self.scheme);
        request.or_header("X-Amzn-Trace-Id", &*self.trace_id);
    }
}

/// Returns the headers with names in lower case.
fn lower_case(request: &Request) -> impl Iterator<Item = (String, String)> {
    request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
}

fn owned<'a>((name, value): (&'a str, &'a str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Adds the headers and the query of payload format 1.0, each as a map of the last values and as a map of all values.
fn format_1_maps(event: Object, request: &Request) -> Object {
    event
        .with("headers", last_values(request.headers.iter().cloned()).or_null())
        .with("multiValueHeaders", all_values(request.headers.iter().cloned()).or_null())
        .with("queryStringParameters", last_values(request.decoded_pairs()).or_null())
        .with("multiValueQueryStringParameters", all_values(request.decoded_pairs()).or_null())
}

fn map(pairs: &[(String, String)]) -> Object {
    pairs.iter().map(|(name, value)| (name, Json::from(&**value))).collect()
}
