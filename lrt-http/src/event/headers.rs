//! The headers of a request.

use super::Bad;
use super::pairs::{bad, both, each, fill};
use super::scan::{Broken, Cursor};
use super::value::{Text, Value};
use crate::bytes::{put, shared};
use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, ORIGIN,
    USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use lrt_core::http::append;

/// Headers, and those of them that are part of the URI.
///
/// They are read while the event is, and what is wrong with them is kept until it is known who is to be told.
pub(super) struct Headers<'a> {
    map: HeaderMap,
    /// The first `host`.
    pub(super) host: Option<Text<'a>>,
    /// The first `x-forwarded-proto`.
    pub(super) proto: Option<Text<'a>>,
    /// Whether there is a `cookie`.
    has_cookie: bool,
    payload: &'a Bytes,
    /// `headers`, where it may be that `multiValueHeaders` follow.
    pub(super) single: Value<'a>,
    multi: Value<'a>,
    bad: Option<Bad>,
}

impl<'a> Headers<'a> {
    pub(super) fn new(payload: &'a Bytes) -> Headers<'a> {
        Headers {
            // For what a browser sends behind a proxy.
            map: HeaderMap::with_capacity(24),
            host: None,
            proto: None,
            has_cookie: false,
            payload,
            single: Value::Null,
            multi: Value::Null,
            bad: None,
        }
    }

    /// Reads `headers`, behind which there are no `multiValueHeaders`.
    pub(super) fn alone(&mut self, event: &mut Cursor<'a>) -> Result<(), Broken> {
        self.read(event, None).map(drop)
    }

    /// Reads `multiValueHeaders`, and with them `headers`, which come first.
    pub(super) fn multi(&mut self, event: &mut Cursor<'a>) -> Result<(), Broken> {
        let single = std::mem::take(&mut self.single);
        self.multi = self.read(event, Some(single))?;
        Ok(())
    }

    /// Whether there are `multiValueHeaders`.
    pub(super) fn has_multi(&self) -> bool {
        !self.multi.is_null()
    }

    /// All of them: `headers` fill what `multiValueHeaders` lack, and `cookies` come back as the one header that they
    /// were; function URLs have that as well.
    pub(super) fn finish(&mut self, cookies: Value<'a>) -> Result<&mut HeaderMap, Bad> {
        if let Some(bad) = self.bad.take() {
            return Err(bad);
        }
        if !self.single.is_null() {
            let (single, multi) = (self.single, Cursor::of(self.multi));
            fill("headers", single, multi, &mut |field, name, value| self.append(field, name, value))?;
        }
        if let Some(value) = self.cookie(cookies)? {
            // Only looked for where there is one: to hash a name is 200 instructions.
            let joined = if self.has_cookie { self.map.get_mut(COOKIE) } else { None };
            match joined {
                Some(joined) => *joined = value,
                None => append(&mut self.map, COOKIE, value).map_err(|error| Bad::new("cookies", &error))?,
            }
        }
        Ok(&mut self.map)
    }

    /// Reads `headers`; with those given, which are `headers`, `multiValueHeaders`.
    #[inline(never)]
    fn read(&mut self, event: &mut Cursor<'a>, single: Option<Value<'a>>) -> Result<Value<'a>, Broken> {
        event.peek();
        let start = *event;
        let mut take = |field, name, value| self.append(field, name, value);
        let read = match single {
            None => each("headers", event, &mut take),
            Some(single) => both("multiValueHeaders", event, "headers", single, &mut take),
        };
        if let Err(bad) = read {
            self.bad.get_or_insert(bad);
            *event = start;
            return event.any();
        }
        let json = &self.payload[start.at()..event.at()];
        Ok(if json == b"null" { Value::Null } else { Value::Nested(json) })
    }

    #[inline(never)]
    fn append(&mut self, field: &str, name: Text<'a>, text: Text<'a>) -> Result<(), Bad> {
        // No name of a header has an escape, so it may stay in.
        let bytes = name.inner();
        let key = match known(bytes) {
            Some(key) => key,
            None => {
                let key = HeaderName::from_bytes(bytes).map_err(|error| bad(field, name, &error))?;
                self.has_cookie |= key == COOKIE;
                key
            }
        };
        match bytes.len() {
            4 if key == HOST => _ = self.host.get_or_insert(text),
            17 if key == X_FORWARDED_PROTO => _ = self.proto.get_or_insert(text),
            _ => {}
        }
        let value = value(self.payload, text).ok_or_else(|| bad(field, name, &"it is no header value"))?;
        append(&mut self.map, key, value).map_err(|error| bad(field, name, &error))
    }

    /// The cookies of payload format 2.0 as one header.
    fn cookie(&self, cookies: Value<'a>) -> Result<Option<HeaderValue>, Bad> {
        let json = match cookies {
            Value::Null => return Ok(None),
            Value::Nested(json) => json,
            _ => return Err(Bad::new("cookies", &"it is no list")),
        };
        let mut list = Cursor::new(json);
        let mut joined = Vec::with_capacity(json.len());
        list.enter(b'[');
        while let Some(cookie) = list.element().map_err(|Broken| Bad::new("cookies", &"it is no list"))? {
            let Value::Text(text) = cookie else { return Err(Bad::new("cookies", &"one of them is no string")) };
            if !joined.is_empty() {
                put(&mut joined, b"; ");
            }
            put(&mut joined, &text.read().ok_or_else(|| Bad::new("cookies", &"one of them is no text"))?);
        }
        if joined.is_empty() {
            return Ok(None);
        }
        let value = HeaderValue::from_maybe_shared(shared(joined));
        value.map(Some).map_err(|_| Bad::new("cookies", &"one of them is no header value"))
    }
}

/// A value as a slice of the event, if it has no escapes. JSON is UTF-8, and so are bytes beyond ASCII.
fn value(payload: &Bytes, text: Text<'_>) -> Option<HeaderValue> {
    let bytes = match text.plain() {
        Some(plain) => payload.slice_ref(plain),
        None => shared(text.read()?.into_owned()),
    };
    HeaderValue::from_maybe_shared(bytes).ok()
}

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The names that almost every request has, in their two usual spellings: a constant is had for a tenth of what parsing
/// the name costs, and is not on the heap.
fn known(name: &[u8]) -> Option<HeaderName> {
    // As in `fields`. The length alone tells most of them apart.
    let is = |text: &[u8]| name == text;
    Some(match name.len() {
        4 if is(b"host") || is(b"Host") => HOST,
        6 if is(b"accept") || is(b"Accept") => ACCEPT,
        6 if is(b"origin") || is(b"Origin") => ORIGIN,
        10 if is(b"user-agent") || is(b"User-Agent") => USER_AGENT,
        12 if is(b"content-type") || is(b"Content-Type") => CONTENT_TYPE,
        13 if is(b"authorization") || is(b"Authorization") => AUTHORIZATION,
        14 if is(b"content-length") || is(b"Content-Length") => CONTENT_LENGTH,
        15 if is(b"accept-encoding") || is(b"Accept-Encoding") => ACCEPT_ENCODING,
        15 if is(b"accept-language") || is(b"Accept-Language") => ACCEPT_LANGUAGE,
        15 if is(b"x-amzn-trace-id") || is(b"X-Amzn-Trace-Id") => const { HeaderName::from_static("x-amzn-trace-id") },
        15 if is(b"x-forwarded-for") || is(b"X-Forwarded-For") => const { HeaderName::from_static("x-forwarded-for") },
        16 if is(b"x-forwarded-port") || is(b"X-Forwarded-Port") => {
            const { HeaderName::from_static("x-forwarded-port") }
        }
        17 if is(b"x-forwarded-proto") || is(b"X-Forwarded-Proto") => X_FORWARDED_PROTO,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_what_they_would_be_parsed_to() {
        let names = "Host Accept Accept-Encoding Accept-Language Authorization Content-Length Content-Type Origin User-Agent \
            X-Amzn-Trace-Id X-Forwarded-For X-Forwarded-Port X-Forwarded-Proto";
        for name in names.split_whitespace().flat_map(|name| [name.to_owned(), name.to_lowercase()]) {
            assert_eq!(known(name.as_bytes()).unwrap(), HeaderName::try_from(&name).unwrap());
        }
        assert_eq!(known(b"HOST"), None);
    }
}
