//! Locates the fields of an event, and detects its origin.

use super::headers::Headers;
use crate::origin::Origin;
use bytes::Bytes;
use lrt_core::__private::json::{JsonCursor, JsonValue};
use serde::de::Error as _;

/// The fields that requests are built from, of all origins. An event has a subset of them.
pub(super) struct Fields<'a> {
    pub(super) version: JsonValue<'a>,
    pub(super) path: JsonValue<'a>,
    pub(super) raw_path: JsonValue<'a>,
    pub(super) method: JsonValue<'a>,
    pub(super) headers: Headers<'a>,
    pub(super) query: JsonValue<'a>,
    pub(super) multi_query: JsonValue<'a>,
    pub(super) raw_query: JsonValue<'a>,
    pub(super) cookies: JsonValue<'a>,
    pub(super) body: JsonValue<'a>,
    pub(super) is_base64: JsonValue<'a>,
    /// `resource` or `routeKey`
    route: JsonValue<'a>,
    pub(super) path_parameters: JsonValue<'a>,
    pub(super) stage_variables: JsonValue<'a>,
    pub(super) context: Context<'a>,
    /// `methodArn` or `routeArn`: only events of Lambda authorizers have it. They resemble requests otherwise.
    pub(super) authorizer_arn: JsonValue<'a>,
    /// True for version 1 of VPC Lattice, whose fields have other names.
    pub(super) is_lattice_v1: bool,
}

impl<'a> Fields<'a> {
    /// Creates the fields of an event without members.
    pub(super) fn new(payload: &'a Bytes) -> Fields<'a> {
        Fields {
            version: JsonValue::Null,
            path: JsonValue::Null,
            raw_path: JsonValue::Null,
            method: JsonValue::Null,
            headers: Headers::new(payload),
            query: JsonValue::Null,
            multi_query: JsonValue::Null,
            raw_query: JsonValue::Null,
            cookies: JsonValue::Null,
            body: JsonValue::Null,
            is_base64: JsonValue::Null,
            route: JsonValue::Null,
            path_parameters: JsonValue::Null,
            stage_variables: JsonValue::Null,
            context: Context::default(),
            authorizer_arn: JsonValue::Null,
            is_lattice_v1: false,
        }
    }

    /// Reads all fields in one pass.
    ///
    /// # Errors
    ///
    /// Returns an error if the payload is not JSON.
    // Inlined into the conversion of the event, the loop would run out of registers.
    #[inline(never)]
    pub(super) fn read(&mut self, payload: &'a Bytes) -> Result<(), serde_json::Error> {
        let json = std::str::from_utf8(payload).map_err(serde_json::Error::custom)?;
        let mut event = JsonCursor::new(json);
        let Some(mut members) = event.enter(b'{') else {
            event.skip()?;
            return event.end();
        };
        let mut other = JsonValue::Null;
        while let Some(name) = event.next_raw_name(&mut members)? {
            let is = |text: &[u8]| name.inner() == text;
            // The length distinguishes most names. A match on byte string patterns would compare byte by byte.
            let field = match name.inner().len() {
                4 if is(b"path") => &mut self.path,
                4 if is(b"body") => &mut self.body,
                6 if is(b"method") => &mut self.method,
                7 if is(b"version") => &mut self.version,
                7 if is(b"rawPath") => &mut self.raw_path,
                7 if is(b"cookies") => &mut self.cookies,
                // Payload format 2.0 has no `multiValueHeaders`. In other formats they may follow and are read together.
                7 if is(b"headers") && self.version.plain() == b"2.0" => {
                    self.headers.read_single(&mut event)?;
                    continue;
                }
                7 if is(b"headers") => &mut self.headers.single,
                8 if is(b"raw_path") => {
                    self.is_lattice_v1 = true;
                    &mut self.raw_path
                }
                8 if is(b"resource") || is(b"routeKey") => &mut self.route,
                8 if is(b"routeArn") => &mut self.authorizer_arn,
                9 if is(b"methodArn") => &mut self.authorizer_arn,
                10 if is(b"httpMethod") => &mut self.method,
                14 if is(b"requestContext") => {
                    self.context.read(&mut event)?;
                    continue;
                }
                14 if is(b"rawQueryString") => &mut self.raw_query,
                14 if is(b"pathParameters") => &mut self.path_parameters,
                14 if is(b"stageVariables") => &mut self.stage_variables,
                15 if is(b"isBase64Encoded") => &mut self.is_base64,
                17 if is(b"is_base64_encoded") => &mut self.is_base64,
                17 if is(b"multiValueHeaders") => {
                    self.headers.read_multi(&mut event)?;
                    continue;
                }
                21 if is(b"queryStringParameters") => &mut self.query,
                23 if is(b"query_string_parameters") => &mut self.query,
                31 if is(b"multiValueQueryStringParameters") => &mut self.multi_query,
                _ => &mut other,
            };
            *field = event.value()?;
        }
        event.end()
    }

    /// The route that API Gateway matched. Hand-written events may contain it in only one of the two places.
    pub(super) fn matched_route(&self) -> JsonValue<'a> {
        if self.route.is_null() { self.context.route } else { self.route }
    }

    /// Detects the origin from fields that only its events contain. Returns `None` if the event is not an HTTP event.
    ///
    /// `version` is ambiguous, since VPC Lattice also has a version 2.0. So is `httpMethod`, which emulators add to
    /// every event.
    pub(super) fn origin(&self) -> Option<Origin> {
        if self.authorizer_arn.is_null() { self.origin_of_request() } else { None }
    }

    /// Like [`origin`](Self::origin), also for the request in the event of an authorizer.
    pub(super) fn origin_of_request(&self) -> Option<Origin> {
        let context = &self.context;
        if !context.elb.is_null() {
            return Some(Origin::Alb);
        }
        if !context.connection.is_null() {
            return Some(Origin::WebSocket);
        }
        if context.has_http {
            // `<id>.lambda-url.<region>.on.aws`
            let is_url = context.domain.plain().split(|byte| *byte == b'.').nth(1) == Some(b"lambda-url");
            return Some(if is_url { Origin::FunctionUrl } else { Origin::HttpApi });
        }
        if self.method.is_null() {
            return None;
        }
        match self.version.plain() {
            b"2.0" if !self.path.is_null() && !context.lattice.is_null() => Some(Origin::Lattice),
            _ if self.is_lattice_v1 => Some(Origin::Lattice),
            b"1.0" if !self.path.is_null() => Some(Origin::HttpApi),
            b"" if !self.path.is_null() => Some(Origin::RestApi),
            _ => None,
        }
    }
}

/// The members of the request context that identify the origin, or are part of the request.
#[derive(Default)]
pub(super) struct Context<'a> {
    /// The entire request context.
    pub(super) json: &'a str,
    /// `resourcePath` or `routeKey`
    route: JsonValue<'a>,
    pub(super) stage: JsonValue<'a>,
    pub(super) domain: JsonValue<'a>,
    pub(super) event_type: JsonValue<'a>,
    /// `http.method`
    pub(super) method: JsonValue<'a>,
    /// True if there is a member `http`, which identifies payload format 2.0 regardless of `version`.
    pub(super) has_http: bool,
    connection: JsonValue<'a>,
    elb: JsonValue<'a>,
    lattice: JsonValue<'a>,
}

impl<'a> Context<'a> {
    #[inline(never)]
    fn read(&mut self, event: &mut JsonCursor<'a>) -> Result<(), serde_json::Error> {
        // The last one of several members with this name applies, as in serde_json.
        *self = Context::default();
        event.peek();
        let start = event.at();
        let Some(mut members) = event.enter(b'{') else {
            return event.value().map(drop);
        };
        let mut other = JsonValue::Null;
        while let Some(name) = event.next_raw_name(&mut members)? {
            let is = |text: &[u8]| name.inner() == text;
            let member = match name.inner().len() {
                3 if is(b"elb") => &mut self.elb,
                4 if is(b"http") => match event.enter(b'{') {
                    Some(mut http) => {
                        self.has_http = true;
                        while let Some((name, value)) = event.next_member(&mut http)? {
                            if name.inner() == b"method" {
                                self.method = value;
                            }
                        }
                        continue;
                    }
                    None => &mut other,
                },
                5 if is(b"stage") => &mut self.stage,
                8 if is(b"routeKey") => &mut self.route,
                9 if is(b"eventType") => &mut self.event_type,
                10 if is(b"domainName") => &mut self.domain,
                10 if is(b"serviceArn") => &mut self.lattice,
                12 if is(b"connectionId") => &mut self.connection,
                12 if is(b"resourcePath") => &mut self.route,
                14 if is(b"targetGroupArn") => &mut self.lattice,
                17 if is(b"serviceNetworkArn") => &mut self.lattice,
                _ => &mut other,
            };
            *member = event.value()?;
        }
        self.json = event.since(start);
        Ok(())
    }
}
