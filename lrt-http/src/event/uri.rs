//! The URI of a request.

use super::fields::Fields;
use super::pairs::{bad, both, fill};
use super::scan::{Cursor, Text, Value};
use super::{Bad, Target};
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

    /// A path whose escapes the origin may have decoded.
    pub(super) fn decoded(field: &'static str, value: Value<'a>) -> Path<'a> {
        Path { decoded: true, ..Path::encoded(field, value) }
    }

    /// Without the stage in front, which only `$default` has not.
    pub(super) fn without_stage(self, stage: &'a [u8]) -> Path<'a> {
        Path { stage: if stage == b"$default" { b"" } else { stage }, ..self }
    }

    /// Without the query behind it, if it has one.
    pub(super) fn with_query(self) -> (Path<'a>, Option<Query<'a>>) {
        let path = self.value.plain();
        match path.iter().position(|byte| *byte == b'?') {
            Some(at) => (Path { query: Some(at), ..self }, Some(Query::Plain(&path[at + 1..]))),
            None => (self, None),
        }
    }

    /// All of it, as the event has it.
    pub(super) fn text(self) -> Value<'a> {
        self.value
    }

    fn write(self, out: &mut Vec<u8>, base: &[u8]) -> Result<(), Bad> {
        let text = match self.value {
            Value::Null => Cow::Borrowed(&b"/"[..]),
            Value::Text(text) => text.read().ok_or_else(|| Bad::new(self.field, "it is no text"))?,
            _ => return Err(Bad::new(self.field, "it is no string")),
        };
        let path = without_segments(&text[..self.query.unwrap_or(text.len())], self.stage);
        let mut rest = without_segments(path, base);
        if !rest.starts_with(b"/") {
            out.push(b'/');
        }
        while let Some((&byte, behind)) = rest.split_first() {
            match byte {
                b'%' if is_escape(behind) => out.push(byte),
                b'%' if !self.decoded => {
                    return Err(Bad::new(self.field, "a `%` in it is followed by no two hex digits"));
                }
                b'%' => escape(out, byte),
                // What `http` takes in a path, so that it stays as the client wrote it.
                0x21 | 0x22 | 0x24..=0x3B | 0x3D | 0x40..=0x5F | 0x61..=0x7E => out.push(byte),
                _ => escape(out, byte),
            }
            rest = behind;
        }
        Ok(())
    }
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
        let (encoded, multi, single) = match self {
            Query::Plain(query) => {
                raw(out, query);
                return Ok(());
            }
            Query::Raw(Value::Text(query)) => {
                let query = query.read().ok_or_else(|| Bad::new("rawQueryString", "it is no text"))?;
                raw(out, &query);
                return Ok(());
            }
            Query::Raw(_) => return Err(Bad::new("rawQueryString", "it is no string")),
            Query::Encoded { multi, single } => (true, multi, single),
            Query::Decoded { multi, single } => (false, multi, single),
        };
        let start = out.len();
        let mut pair = |field, name, value| {
            if out.len() > start {
                out.push(b'&');
            }
            let written = part(out, encoded, name, true).and_then(|()| {
                out.push(b'=');
                part(out, encoded, value, false)
            });
            written.ok_or_else(|| bad(field, name, "it is no text"))
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

/// A name or a value.
fn part(out: &mut Vec<u8>, encoded: bool, text: Text<'_>, is_name: bool) -> Option<()> {
    let text = text.read()?;
    if encoded {
        again(out, &text, is_name);
    } else {
        once(out, &text);
    }
    Some(())
}

/// A query as it is, but for what no URI can have: emulators decode it.
fn raw(out: &mut Vec<u8>, query: &[u8]) {
    for &byte in query {
        match byte {
            0x21 | 0x24..=0x3B | 0x3D | 0x3F..=0x7E => out.push(byte),
            _ => escape(out, byte),
        }
    }
}

/// A name or value that is encoded already: what would be read as something else is escaped, and nothing else.
fn again(out: &mut Vec<u8>, text: &[u8], is_name: bool) {
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        match byte {
            b'%' if is_escape(behind) => out.push(byte),
            b'%' | b'&' => escape(out, byte),
            b'=' if is_name => escape(out, byte),
            0x21 | 0x24..=0x3B | 0x3D | 0x3F..=0x7E => out.push(byte),
            _ => escape(out, byte),
        }
        rest = behind;
    }
}

/// A decoded name or value, encoded.
fn once(out: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte),
            _ => escape(out, byte),
        }
    }
}

fn is_escape(behind: &[u8]) -> bool {
    matches!(behind, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

#[cold]
fn escape(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

pub(super) fn build(
    payload: &Bytes,
    target: &Target<'_>,
    fields: &Fields<'_>,
    base_path: Option<&str>,
) -> Result<Uri, Bad> {
    let mut out = Vec::with_capacity(160);
    target.path.write(&mut out, base_path.unwrap_or_default().trim_matches('/').as_bytes())?;
    let path = out.len();
    out.push(b'?');
    target.query.write(&mut out)?;
    if out.len() == path + 1 {
        out.truncate(path);
    }
    let path_and_query = PathAndQuery::from_maybe_shared(Bytes::from(out));
    let mut parts = Parts::default();
    parts.path_and_query = Some(path_and_query.map_err(|error| Bad::new(target.path.field, error))?);
    parts.authority = authority(payload, fields.headers.host).or_else(|| match fields.context.domain {
        Value::Text(domain) => authority(payload, Some(domain)),
        _ => None,
    });
    if parts.authority.is_some() {
        let is_http = fields.headers.proto.is_some_and(|proto| proto.inner().eq_ignore_ascii_case(b"http"));
        parts.scheme = Some(if is_http { Scheme::HTTP } else { Scheme::HTTPS });
    }
    Uri::from_parts(parts).map_err(|error| Bad::new(target.path.field, error))
}

/// The authority of a host, if it is one: the client wrote it.
fn authority(payload: &Bytes, host: Option<Text<'_>>) -> Option<Authority> {
    let host = payload.slice_ref(host?.plain()?);
    Authority::from_maybe_shared(host).ok()
}
