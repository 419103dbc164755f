//! Data that a service adds to a request.

use crate::START;
use crate::frontend::text::percent_decode;
use crate::frontend::{Origin, Request, route};
use serde_json::Value;
use std::time::Duration;

/// Data of an event that is not part of the client's request. Each origin uses the fields that its events contain.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// Request id of the service.
    pub request_id: String,
    /// The value of `X-Amzn-Trace-Id`.
    pub trace_id: String,
    /// Time since 1970.
    pub time: Duration,
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// Id of the API, URL, load balancer or service.
    pub id: String,
    /// A custom domain.
    pub domain: Option<String>,
    /// Scheme, `http` or `https`.
    pub scheme: &'static str,
    /// Port that the client connected to.
    pub port: u16,
    /// Stage of the API.
    pub stage: String,
    /// The matched route, such as `GET /orders/{id}`.
    pub route: Option<String>,
    /// Path parameters that take precedence over those of the route.
    pub path_parameters: Vec<(String, String)>,
    /// Stage variables.
    pub stage_variables: Vec<(String, String)>,
    /// Address of the client.
    pub source_ip: String,
    /// Member `authorizer` of the event.
    pub authorizer: Option<Value>,
    /// Members of the caller's identity, with the names of the service.
    pub identity: Vec<(&'static str, Value)>,
    /// True for an HTTP API with payload format 1.0.
    pub format_1: bool,
    /// True for a target group of a load balancer with `lambda.multi_value_headers.enabled`.
    pub multi_value: bool,
    /// The WebSocket connection.
    pub connection: Connection,
    pub(super) origin: Origin,
}

/// A WebSocket connection.
#[derive(Clone, Debug)]
pub struct Connection {
    pub id: String,
    /// Time since 1970.
    pub connected_at: Duration,
    pub phase: Phase,
    pub message_id: String,
}

/// The type of an event on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A client connects.
    Connect,
    /// A client sends a message.
    Message,
    /// The connection is closed.
    Disconnect {
        /// The close code.
        code: u16,
        /// The close reason.
        reason: String,
    },
}

impl RequestContext {
    /// Constant, so that the event is the same in each run.
    pub fn example(origin: Origin) -> RequestContext {
        let (id, stage, request_id) = match origin {
            Origin::RestApi => ("a1b2c3d4e5", "prod", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
            Origin::HttpApi => ("a1b2c3d4e5", "$default", "JKJaXmPLvHcESHA="),
            Origin::FunctionUrl => {
                ("abcdefghijklmnopqrstuvwxyz012345", "$default", "e1506fd5-9e7b-434f-bd42-4f8fa224b599")
            }
            Origin::Alb => ("lambda-alb-1234567890", "", ""),
            Origin::Lattice => ("svc-0a40eebed65f8d69c", "", ""),
            Origin::WebSocket => ("a1b2c3d4e5", "prod", "JKJaXmPLvHcESHA="),
        };
        RequestContext {
            request_id: request_id.to_owned(),
            trace_id: "Root=1-6955b900-000000000000000000000000".to_owned(),
            time: START,
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            id: id.to_owned(),
            domain: None,
            scheme: "https",
            port: 443,
            stage: stage.to_owned(),
            route: None,
            path_parameters: Vec::new(),
            stage_variables: Vec::new(),
            source_ip: "192.0.2.1".to_owned(),
            authorizer: None,
            identity: Vec::new(),
            format_1: false,
            multi_value: false,
            connection: Connection {
                id: "L0SM9cOFvHcCIhw=".to_owned(),
                connected_at: START,
                phase: Phase::Connect,
                message_id: "L0SNAcOFvHcCIhx=".to_owned(),
            },
            origin,
        }
    }

    /// Returns the header `Host`.
    pub(super) fn host(&self) -> String {
        self.domain.clone().unwrap_or_else(|| self.own_domain())
    }

    /// Returns the domain name of the event. Function URLs have no custom domains.
    pub(super) fn domain(&self) -> String {
        if self.origin == Origin::FunctionUrl { self.own_domain() } else { self.host() }
    }

    fn own_domain(&self) -> String {
        let RequestContext { id, region, .. } = self;
        match self.origin {
            Origin::FunctionUrl => format!("{id}.lambda-url.{region}.on.aws"),
            Origin::Alb => format!("{id}.{region}.elb.amazonaws.com"),
            Origin::Lattice => format!("{id}.7d67968.vpc-lattice-svcs.{region}.on.aws"),
            Origin::RestApi | Origin::HttpApi | Origin::WebSocket => {
                format!("{id}.execute-api.{region}.amazonaws.com")
            }
        }
    }

    pub(super) fn domain_prefix(&self) -> String {
        self.domain().split('.').next().unwrap_or_default().to_owned()
    }

    pub(super) fn epoch_ms(&self) -> u64 {
        ms(self.time)
    }

    /// Returns the path parameters that the route extracts, and those that were set. REST APIs do not decode them, the others do.
    pub(super) fn parameters(&self, route: &str, request: &Request) -> Vec<(String, String)> {
        let mut parameters = self.path_parameters.clone();
        for (name, value) in route::parameters(route, &request.path) {
            if parameters.iter().all(|(given, _)| *given != name) {
                let value = if self.origin == Origin::RestApi { value } else { percent_decode(&value) };
                parameters.push((name, value));
            }
        }
        parameters
    }
}

/// Returns a time in milliseconds.
pub(super) fn ms(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}
