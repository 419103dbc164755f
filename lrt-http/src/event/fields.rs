//! What an event has: its fields as they stand, and from them its origin.

use super::headers::Headers;
use super::scan::{Broken, Cursor};
use super::value::Value;
use crate::origin::Origin;
use bytes::Bytes;

/// The fields of every origin's events that a request is made of. An event has some of them.
pub(super) struct Fields<'a> {
    pub(super) version: Value<'a>,
    pub(super) path: Value<'a>,
    pub(super) raw_path: Value<'a>,
    pub(super) method: Value<'a>,
    pub(super) headers: Headers<'a>,
    pub(super) query: Value<'a>,
    pub(super) multi_query: Value<'a>,
    pub(super) raw_query: Value<'a>,
    pub(super) cookies: Value<'a>,
    pub(super) body: Value<'a>,
    pub(super) is_base64: Value<'a>,
    pub(super) path_parameters: Value<'a>,
    pub(super) stage_variables: Value<'a>,
    pub(super) context: Context<'a>,
    /// A Lambda authorizer's event has all that a request has, and the ARN of what is to be authorized.
    authorized: Value<'a>,
    /// Version 1 of VPC Lattice names its fields in its own way.
    pub(super) is_lattice_v1: bool,
}

impl<'a> Fields<'a> {
    /// Reads an event in one go.
    pub(super) fn read(payload: &'a Bytes) -> Result<Fields<'a>, Broken> {
        let mut fields = Fields {
            version: Value::Null,
            path: Value::Null,
            raw_path: Value::Null,
            method: Value::Null,
            headers: Headers::new(payload),
            query: Value::Null,
            multi_query: Value::Null,
            raw_query: Value::Null,
            cookies: Value::Null,
            body: Value::Null,
            is_base64: Value::Null,
            path_parameters: Value::Null,
            stage_variables: Value::Null,
            context: Context::default(),
            authorized: Value::Null,
            is_lattice_v1: false,
        };
        let mut event = Cursor::new(payload);
        if !event.enter(b'{') {
            return if event.peek() == 0 { Err(Broken) } else { Ok(fields) };
        }
        let mut other = Value::Null;
        while let Some(name) = event.name()? {
            let is = |text: &[u8]| name.inner() == text;
            // Not a pattern of bytes, which are compared one by one: that is three times as much code.
            let place = match () {
                _ if is(b"version") => &mut fields.version,
                _ if is(b"path") => &mut fields.path,
                _ if is(b"rawPath") => &mut fields.raw_path,
                _ if is(b"rawQueryString") => &mut fields.raw_query,
                _ if is(b"httpMethod") || is(b"method") => &mut fields.method,
                // Payload format 2.0 has no `multiValueHeaders`; else they may follow, and are read together.
                _ if is(b"headers") && fields.version.plain() == b"2.0" => {
                    fields.headers.alone(&mut event)?;
                    continue;
                }
                _ if is(b"headers") => &mut fields.headers.single,
                _ if is(b"multiValueHeaders") => {
                    fields.headers.multi(&mut event)?;
                    continue;
                }
                _ if is(b"queryStringParameters") || is(b"query_string_parameters") => &mut fields.query,
                _ if is(b"multiValueQueryStringParameters") => &mut fields.multi_query,
                _ if is(b"cookies") => &mut fields.cookies,
                _ if is(b"body") => &mut fields.body,
                _ if is(b"pathParameters") => &mut fields.path_parameters,
                _ if is(b"stageVariables") => &mut fields.stage_variables,
                _ if is(b"requestContext") => {
                    fields.context = Context::read(payload, &mut event)?;
                    continue;
                }
                _ if is(b"isBase64Encoded") || is(b"is_base64_encoded") => &mut fields.is_base64,
                _ if is(b"raw_path") => {
                    fields.is_lattice_v1 = true;
                    &mut fields.raw_path
                }
                _ if is(b"methodArn") || is(b"routeArn") => &mut fields.authorized,
                _ => &mut other,
            };
            *place = event.value()?;
        }
        Ok(fields)
    }

    /// The origin, by what only its events have; `None` of what is no HTTP event.
    ///
    /// `version` alone tells nothing, since VPC Lattice has a 2.0 of its own, and `httpMethod` neither: emulators put
    /// one into each event.
    pub(super) fn origin(&self) -> Option<Origin> {
        let context = &self.context;
        if !self.authorized.is_null() {
            return None;
        }
        if !context.elb.is_null() {
            return Some(Origin::Alb);
        }
        if !context.connection.is_null() {
            return Some(Origin::WebSocket);
        }
        if context.has_http {
            let is_url = context.domain.plain().windows(12).any(|part| part == b".lambda-url.");
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

/// What the request context tells of the origin and of the request.
#[derive(Default)]
pub(super) struct Context<'a> {
    /// All of it.
    pub(super) json: &'a [u8],
    pub(super) stage: Value<'a>,
    pub(super) domain: Value<'a>,
    pub(super) event_type: Value<'a>,
    /// `http.method`
    pub(super) method: Value<'a>,
    /// Payload format 2.0, whatever `version` says.
    pub(super) has_http: bool,
    connection: Value<'a>,
    elb: Value<'a>,
    lattice: Value<'a>,
}

impl<'a> Context<'a> {
    fn read(payload: &'a [u8], event: &mut Cursor<'a>) -> Result<Context<'a>, Broken> {
        let mut found = Context::default();
        event.peek();
        let start = event.at();
        if !event.enter(b'{') {
            event.any()?;
            return Ok(found);
        }
        let mut other = Value::Null;
        while let Some(name) = event.name()? {
            let is = |text: &[u8]| name.inner() == text;
            let place = match () {
                _ if is(b"stage") => &mut found.stage,
                _ if is(b"domainName") => &mut found.domain,
                _ if is(b"eventType") => &mut found.event_type,
                _ if is(b"connectionId") => &mut found.connection,
                _ if is(b"elb") => &mut found.elb,
                _ if is(b"serviceNetworkArn") || is(b"serviceArn") || is(b"targetGroupArn") => &mut found.lattice,
                _ if is(b"http") && event.enter(b'{') => {
                    found.has_http = true;
                    while let Some((name, value)) = event.member()? {
                        if name.inner() == b"method" {
                            found.method = value;
                        }
                    }
                    continue;
                }
                _ => &mut other,
            };
            *place = event.value()?;
        }
        found.json = &payload[start..event.at()];
        Ok(found)
    }
}
