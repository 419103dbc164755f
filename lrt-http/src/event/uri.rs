//! The URI of a request.

use super::fields::Fields;
use super::pairs::{invalid_entry, visit_merged, visit_missing};
use super::percent::{Part, encode};
use super::{InvalidField, Target};
use bytes::Bytes;
use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use lrt_core::__private::json::{JsonCursor, JsonStr, JsonValue};
use std::borrow::Cow;

/// The path of the event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'a> {
    field: &'static str,
    value: JsonValue<'a>,
    /// True if the origin decodes paths: in that case, a `%` that does not start an escape is a literal `%`.
    decoded: bool,
    stage: &'a [u8],
    /// The position of the query string in the path, if there is one.
    query: Option<usize>,
}

impl<'a> Path<'a> {
    /// Creates a path that the origin does not change.
    pub(super) fn encoded(field: &'static str, value: JsonValue<'a>) -> Path<'a> {
        Path { field, value, decoded: false, stage: b"", query: None }
    }

    /// Marks the path as decoded by the origin.
    pub(super) fn set_decoded(&mut self) {
        self.decoded = true;
    }

    /// Sets the stage that precedes the path. The stage `$default` does not precede it.
    pub(super) fn set_stage(&mut self, stage: JsonValue<'a>) {
        let stage = stage.plain();
        self.stage = if stage == b"$default" { b"" } else { stage };
    }

    /// Splits off the query string, if there is one.
    pub(super) fn take_query(&mut self) -> Option<Query<'a>> {
        let JsonValue::Text(path) = self.value else { return None };
        // The position is that in the decoded path: a JSON string can have an escape for any character.
        let at = path.decode()?.iter().position(|byte| *byte == b'?')?;
        self.query = Some(at);
        Some(Query::InPath { path, start: at + 1 })
    }

    /// Returns the unchanged value of the event.
    pub(super) fn text(self) -> JsonValue<'a> {
        self.value
    }

    fn write(self, out: &mut Vec<u8>, base: &[u8]) -> Result<(), InvalidField> {
        let text = match self.value {
            JsonValue::Null => Cow::Borrowed(&b"/"[..]),
            JsonValue::Text(text) => {
                text.decode().ok_or_else(|| InvalidField::new(self.field, &"invalid escape sequence"))?
            }
            _ => return Err(InvalidField::new(self.field, &"expected a string")),
        };
        let path = strip_segments(&text[..self.query.unwrap_or(text.len())], self.stage);
        let rest = strip_segments(path, base);
        if !rest.starts_with(b"/") {
            out.push(b'/');
        }
        if encode(out, rest, Part::Path) && !self.decoded {
            return Err(InvalidField::new(
                self.field,
                &"invalid percent-encoding (expected two hexadecimal digits after `%`)",
            ));
        }
        Ok(())
    }
}

/// Strips leading segments from a path that starts with them.
fn strip_segments<'a>(path: &'a [u8], first: &[u8]) -> &'a [u8] {
    if first.is_empty() {
        return path;
    }
    match path.strip_prefix(b"/").and_then(|path| path.strip_prefix(first)) {
        Some(rest) if rest.is_empty() || rest.starts_with(b"/") => rest,
        _ => path,
    }
}

/// The query string of the event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Query<'a> {
    /// The unchanged query string of the client.
    Raw(JsonValue<'a>),
    /// The unchanged query string of the client, as the part of the path from this position.
    InPath { path: JsonStr<'a>, start: usize },
    /// Names and values, percent-encoded.
    Encoded { multi: JsonValue<'a>, single: JsonValue<'a> },
    /// Names and values, decoded.
    Decoded { multi: JsonValue<'a>, single: JsonValue<'a> },
}

impl Query<'_> {
    fn write(self, out: &mut Vec<u8>) -> Result<(), InvalidField> {
        let (parts, multi, single) = match self {
            Query::InPath { path, start } => {
                let path = path.decode().ok_or_else(|| InvalidField::new("path", &"invalid escape sequence"))?;
                encode(out, &path[start..], Part::Query);
                return Ok(());
            }
            Query::Raw(JsonValue::Text(query)) => {
                let query =
                    query.decode().ok_or_else(|| InvalidField::new("rawQueryString", &"invalid escape sequence"))?;
                encode(out, &query, Part::Query);
                return Ok(());
            }
            Query::Raw(_) => return Err(InvalidField::new("rawQueryString", &"expected a string")),
            Query::Encoded { multi, single } => ((Part::EncodedName, Part::EncodedValue), multi, single),
            Query::Decoded { multi, single } => ((Part::Text, Part::Text), multi, single),
        };
        let start = out.len();
        let mut pair = |field, name: JsonStr<'_>, value: JsonStr<'_>| {
            let (Some(text), Some(value)) = (name.decode(), value.decode()) else {
                return Err(invalid_entry(field, name, &"invalid escape sequence"));
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
            JsonValue::Null => visit_missing("queryStringParameters", single, JsonCursor::nested(multi), &mut pair),
            multi => {
                let field = "multiValueQueryStringParameters";
                visit_merged(field, &mut JsonCursor::nested(multi), "queryStringParameters", single, &mut pair)
            }
        }
    }
}

pub(super) fn build(
    payload: &Bytes,
    target: &Target<'_>,
    fields: &Fields<'_>,
    base_path: Option<&str>,
) -> Result<Uri, InvalidField> {
    // Usually the exact length: converting a full vector to `Bytes` does not allocate.
    let query = if let Query::Raw(query) = target.query { query.plain().len() } else { 128 };
    let mut out = Vec::with_capacity(target.path.value.plain().len() + 1 + query);
    target.path.write(&mut out, base_path.unwrap_or_default().trim_matches('/').as_bytes())?;
    let path = out.len();
    out.push(b'?');
    target.query.write(&mut out)?;
    if out.len() == path + 1 {
        out.truncate(path);
    }
    let path_and_query = PathAndQuery::from_maybe_shared(Bytes::from(out));
    let mut parts = Parts::default();
    parts.path_and_query = Some(path_and_query.map_err(|error| InvalidField::new(target.path.field, &error))?);
    let domain = if let JsonValue::Text(domain) = fields.context.domain { Some(domain) } else { None };
    parts.authority = [fields.headers.host, domain].into_iter().flatten().find_map(|host| authority(payload, host));
    if parts.authority.is_some() {
        let is_http = fields.headers.proto.is_some_and(|proto| proto.inner().eq_ignore_ascii_case(b"http"));
        parts.scheme = Some(if is_http { Scheme::HTTP } else { Scheme::HTTPS });
    }
    Uri::from_parts(parts).map_err(|error| InvalidField::new(target.path.field, &error))
}

/// Parses a host, which comes from the client and may be invalid.
fn authority(payload: &Bytes, host: JsonStr<'_>) -> Option<Authority> {
    let host = payload.slice_ref(host.plain()?);
    Authority::from_maybe_shared(host).ok()
}
