//! The URI of a request.

use super::fields::Fields;
use super::pairs::{bad, both, fill};
use super::percent::{Part, encode};
use super::scan::Cursor;
use super::value::{Text, Value};
use super::{Bad, Target};
use crate::bytes::{is_same, shared};
use bytes::Bytes;
use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use std::borrow::Cow;

/// The path, as the event has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'a> {
    field: &'static str,
    value: Value<'a>,
    /// Whether the origin decoded it: a `%` is one then, where it begins no escape.
    decoded: bool,
    stage: &'a [u8],
    /// Where its query begins, if it has one.
    query: Option<usize>,
}

impl<'a> Path<'a> {
    /// A path as the client sent it.
    pub(super) fn encoded(field: &'static str, value: Value<'a>) -> Path<'a> {
        Path { field, value, decoded: false, stage: b"", query: None }
    }

    /// Notes that the origin may have decoded its escapes.
    pub(super) fn set_decoded(&mut self) {
        self.decoded = true;
    }

    /// Notes the stage in front, which only `$default` has not.
    pub(super) fn set_stage(&mut self, stage: Value<'a>) {
        let stage = stage.plain();
        self.stage = if stage == b"$default" { b"" } else { stage };
    }

    /// Takes the query behind it away, if it has one.
    pub(super) fn take_query(&mut self) -> Option<Query<'a>> {
        let path = self.value.plain();
        self.query = path.iter().position(|byte| *byte == b'?');
        self.query.map(|at| Query::Plain(&path[at + 1..]))
    }

    /// All of it, as the event has it.
    pub(super) fn text(self) -> Value<'a> {
        self.value
    }

    fn write(self, out: &mut Vec<u8>, base: &[u8]) -> Result<(), Bad> {
        let text = match self.value {
            Value::Null => Cow::Borrowed(&b"/"[..]),
            Value::Text(text) => text.read().ok_or_else(|| Bad::new(self.field, &"it is no text"))?,
            _ => return Err(Bad::new(self.field, &"it is no string")),
        };
        let path = without_segments(&text[..self.query.unwrap_or(text.len())], self.stage);
        let rest = without_segments(path, base);
        if !rest.starts_with(b"/") {
            out.push(b'/');
        }
        if encode(out, rest, Part::Path) && !self.decoded {
            return Err(Bad::new(self.field, &"a `%` in it is followed by no two hex digits"));
        }
        Ok(())
    }
}

/// A base path without the slashes around it. By hand: `trim_matches` looks for characters.
fn between_slashes(mut path: &[u8]) -> &[u8] {
    while let [b'/', rest @ ..] | [rest @ .., b'/'] = path {
        path = rest;
    }
    path
}

/// A path without the segments that it begins with, if it does.
fn without_segments<'a>(path: &'a [u8], first: &[u8]) -> &'a [u8] {
    if first.is_empty() {
        return path;
    }
    match path.strip_prefix(b"/").and_then(|path| path.strip_prefix(first)) {
        Some(rest) if rest.is_empty() || rest.starts_with(b"/") => rest,
        _ => path,
    }
}

/// The query, as the event has it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Query<'a> {
    /// As the client sent it.
    Raw(Value<'a>),
    Plain(&'a [u8]),
    /// Names and values as the client sent them, taken apart.
    Encoded {
        multi: Value<'a>,
        single: Value<'a>,
    },
    /// Names and values, decoded.
    Decoded {
        multi: Value<'a>,
        single: Value<'a>,
    },
}

impl Query<'_> {
    fn write(self, out: &mut Vec<u8>) -> Result<(), Bad> {
        let (parts, multi, single) = match self {
            Query::Plain(query) => {
                encode(out, query, Part::Query);
                return Ok(());
            }
            Query::Raw(Value::Text(query)) => {
                let query = query.read().ok_or_else(|| Bad::new("rawQueryString", &"it is no text"))?;
                encode(out, &query, Part::Query);
                return Ok(());
            }
            Query::Raw(_) => return Err(Bad::new("rawQueryString", &"it is no string")),
            Query::Encoded { multi, single } => ((Part::EncodedName, Part::EncodedValue), multi, single),
            Query::Decoded { multi, single } => ((Part::Text, Part::Text), multi, single),
        };
        let start = out.len();
        let mut pair = |field, name: Text<'_>, value: Text<'_>| {
            let (Some(text), Some(value)) = (name.read(), value.read()) else {
                return Err(bad(field, name, &"it is no text"));
            };
            if out.len() > start {
                out.push(b'&');
            }
            encode(out, &text, parts.0);
            out.push(b'=');
            encode(out, &value, parts.1);
            Ok(())
        };
        match multi {
            Value::Null => fill("queryStringParameters", single, Cursor::of(multi), &mut pair),
            multi => {
                let field = "multiValueQueryStringParameters";
                both(field, &mut Cursor::of(multi), "queryStringParameters", single, &mut pair)
            }
        }
    }
}

pub(super) fn build(
    payload: &Bytes,
    target: &Target<'_>,
    fields: &Fields<'_>,
    base_path: Option<&str>,
) -> Result<Uri, Bad> {
    // Exactly what is needed, in the usual case: `Bytes` puts nothing beside a vector that is full.
    let query = if let Query::Raw(query) = target.query { query.plain().len() } else { 128 };
    let mut out = Vec::with_capacity(target.path.value.plain().len() + 1 + query);
    target.path.write(&mut out, between_slashes(base_path.unwrap_or_default().as_bytes()))?;
    let path = out.len();
    out.push(b'?');
    target.query.write(&mut out)?;
    if out.len() == path + 1 {
        out.truncate(path);
    }
    let path_and_query = PathAndQuery::from_maybe_shared(shared(out));
    let mut parts = Parts::default();
    parts.path_and_query = Some(path_and_query.map_err(|error| Bad::new(target.path.field, &error))?);
    let domain = if let Value::Text(domain) = fields.context.domain { Some(domain) } else { None };
    parts.authority = [fields.headers.host, domain].into_iter().flatten().find_map(|host| authority(payload, host));
    if parts.authority.is_some() {
        let is_http = fields.headers.proto.is_some_and(|proto| is_same(proto.inner(), b"http"));
        parts.scheme = Some(if is_http { Scheme::HTTP } else { Scheme::HTTPS });
    }
    Uri::from_parts(parts).map_err(|error| Bad::new(target.path.field, &error))
}

/// The authority of a host, if it is one: the client wrote it.
fn authority(payload: &Bytes, host: Text<'_>) -> Option<Authority> {
    let host = payload.slice_ref(host.plain()?);
    Authority::from_maybe_shared(host).ok()
}
