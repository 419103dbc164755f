//! What an event has: its fields as they stand, and from them its origin.

use super::scan::{Broken, Members, Value};
use crate::origin::Origin;

/// The fields of every origin's events that a request is made of. An event has some of them.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) version: Value<'a>,
    pub(super) path: Value<'a>,
    pub(super) raw_path: Value<'a>,
    pub(super) method: Value<'a>,
    pub(super) headers: Value<'a>,
    pub(super) multi_headers: Value<'a>,
    pub(super) query: Value<'a>,
    pub(super) multi_query: Value<'a>,
    pub(super) raw_query: Value<'a>,
    pub(super) cookies: Value<'a>,
    pub(super) body: Value<'a>,
    pub(super) is_base64: bool,
    pub(super) path_parameters: Value<'a>,
    pub(super) stage_variables: Value<'a>,
    pub(super) context: Value<'a>,
    /// A Lambda authorizer's event has all that a request has, and this.
    pub(super) authorizer: bool,
    /// Version 1 of VPC Lattice names its fields in its own way.
    pub(super) lattice_v1: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn read(event: &'a str) -> Result<Fields<'a>, Broken> {
        let mut fields = Fields::default();
        let mut members = Members::new(event);
        while let Some((name, value)) = members.member()? {
            let place = match name.plain().unwrap_or_default() {
                "version" => &mut fields.version,
                "path" => &mut fields.path,
                "rawPath" => &mut fields.raw_path,
                "rawQueryString" => &mut fields.raw_query,
                "httpMethod" | "method" => &mut fields.method,
                "headers" => &mut fields.headers,
                "multiValueHeaders" => &mut fields.multi_headers,
                "queryStringParameters" | "query_string_parameters" => &mut fields.query,
                "multiValueQueryStringParameters" => &mut fields.multi_query,
                "cookies" => &mut fields.cookies,
                "body" => &mut fields.body,
                "pathParameters" => &mut fields.path_parameters,
                "stageVariables" => &mut fields.stage_variables,
                "requestContext" => &mut fields.context,
                "isBase64Encoded" | "is_base64_encoded" => {
                    fields.is_base64 = matches!(value, Value::True);
                    continue;
                }
                "raw_path" => {
                    fields.lattice_v1 = true;
                    &mut fields.raw_path
                }
                "methodArn" | "routeArn" => {
                    fields.authorizer = true;
                    continue;
                }
                _ => continue,
            };
            *place = value;
        }
        Ok(fields)
    }
}

/// What the request context tells of the origin and of the request.
#[derive(Debug, Default)]
pub(super) struct Context<'a> {
    pub(super) stage: &'a str,
    pub(super) domain: Value<'a>,
    pub(super) event_type: &'a str,
    connection: Value<'a>,
    elb: Value<'a>,
    pub(super) http: Value<'a>,
    lattice: Value<'a>,
}

impl<'a> Context<'a> {
    pub(super) fn read(context: Value<'a>) -> Result<Context<'a>, Broken> {
        let mut found = Context::default();
        let mut members = Members::of(context);
        while let Some((name, value)) = members.member()? {
            match name.plain().unwrap_or_default() {
                "stage" => found.stage = value.plain(),
                "domainName" => found.domain = value,
                "eventType" => found.event_type = value.plain(),
                "connectionId" => found.connection = value,
                "elb" => found.elb = value,
                "http" => found.http = value,
                "serviceNetworkArn" | "serviceArn" | "targetGroupArn" => found.lattice = value,
                _ => {}
            }
        }
        Ok(found)
    }

    /// The origin, by what only its events have; `None` of what is no HTTP event.
    ///
    /// `version` alone tells nothing, since VPC Lattice has a 2.0 of its own, and `httpMethod` neither: emulators put
    /// one into each event.
    pub(super) fn origin(&self, fields: &Fields<'a>) -> Option<Origin> {
        if fields.authorizer {
            return None;
        }
        if !self.elb.is_null() {
            return Some(Origin::Alb);
        }
        if !self.connection.is_null() {
            return Some(Origin::WebSocket);
        }
        if !self.http.is_null() {
            let is_url = self.domain.plain().contains(".lambda-url.");
            return Some(if is_url { Origin::FunctionUrl } else { Origin::HttpApi });
        }
        if fields.method.is_null() {
            return None;
        }
        match fields.version.plain() {
            "2.0" if !fields.path.is_null() && !self.lattice.is_null() => Some(Origin::Lattice),
            _ if fields.lattice_v1 => Some(Origin::Lattice),
            "1.0" if !fields.path.is_null() => Some(Origin::HttpApi),
            "" if !fields.path.is_null() => Some(Origin::RestApi),
            _ => None,
        }
    }
}

/// What an event is that no HTTP origin sent, for the one who wired it to the function.
#[cold]
pub(super) fn describe(event: &str) -> String {
    let mut names = Vec::new();
    let mut members = Members::new(event);
    if !members.is_object() {
        return "no JSON object".to_owned();
    }
    while let Ok(Some((name, value))) = members.member() {
        match name.plain().unwrap_or_default() {
            "Records" => {
                if let Ok(Some(Value::Nested(record))) = Members::of(value).element() {
                    let source = |name: &str| matches!(name, "eventSource" | "EventSource");
                    let mut record = Members::new(record);
                    while let Ok(Some((name, value))) = record.member() {
                        if source(name.plain().unwrap_or_default()) {
                            return format!("a batch of records of {}", value.plain());
                        }
                    }
                }
            }
            "detail-type" => return "an event of EventBridge".to_owned(),
            "methodArn" | "routeArn" => return "that of a Lambda authorizer".to_owned(),
            _ => {}
        }
        if names.len() < 6 {
            names.push(format!("`{}`", name.read().unwrap_or_default()));
        }
    }
    match names.is_empty() {
        true => "an empty object".to_owned(),
        false => format!("an object of {}", names.join(", ")),
    }
}
