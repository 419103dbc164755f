//! What a service knows of a request beside what the client sent.

use crate::frontend::text::percent_decode;
use crate::frontend::{Origin, Request, route};
use serde_json::Value;
use std::time::Duration;

/// What an event says that is not in the request. Each origin takes what it has a place for.
#[derive(Clone, Debug)]
pub struct RequestContext {
    pub request_id: String,
    /// The value of `X-Amzn-Trace-Id`.
    pub trace_id: String,
    /// Since 1970.
    pub time: Duration,
    pub account: String,
    pub region: String,
    /// The id of the API, the URL, the load balancer or the service.
    pub id: String,
    /// Unless it is the one that AWS gives.
    pub domain: Option<String>,
    pub scheme: &'static str,
    pub port: u16,
    pub stage: String,
    /// `GET /orders/{id}`
    pub route: Option<String>,
    /// These go before what the route finds in the path.
    pub path_parameters: Vec<(String, String)>,
    pub stage_variables: Vec<(String, String)>,
    pub source_ip: String,
    pub authorizer: Option<Value>,
    /// What is known of the caller, by the service's names.
    pub identity: Vec<(&'static str, Value)>,
    /// An HTTP API with payload format 1.0.
    pub format_1: bool,
    /// A load balancer's target group with `lambda.multi_value_headers.enabled`.
    pub multi_value: bool,
    pub connection: Connection,
    pub(super) origin: Origin,
}

/// A WebSocket connection.
#[derive(Clone, Debug)]
pub struct Connection {
    pub id: String,
    /// Since 1970.
    pub connected_at: Duration,
    pub phase: Phase,
    pub message_id: String,
}

/// What happens on it.
// The local Lambda has no connections that could end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    Connect,
    Message,
    Disconnect { code: u16, reason: String },
}

/// 2026-01-01T00:00:00Z
const START: Duration = Duration::from_secs(1_767_225_600);

impl RequestContext {
    /// The same in each run.
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

    /// What the client asked for, as the header `Host` says it.
    pub(super) fn host(&self) -> String {
        self.domain.clone().unwrap_or_else(|| self.own_domain())
    }

    /// What the event says. A function URL has no domain but its own, and is known by it.
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

    /// The parameters of this route's path that a request has, and those that were given. A REST API hands them on as
    /// they are in the path, the others decoded.
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

/// As many milliseconds as a time since 1970 has.
pub(super) fn ms(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}
