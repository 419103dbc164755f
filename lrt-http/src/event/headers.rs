//! The headers of a request.

use super::Bad;
use super::pairs::{bad, both, each, fill};
use super::scan::{Broken, Cursor, Text, Value};
use bytes::Bytes;
use http::header::{COOKIE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue};

// What AWS puts into each request. As constants they are not put on the heap each time.
const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Headers, and those of them that are part of the URI.
///
/// They are read while the event is, and what is wrong with them is kept until it is known who is to be told.
pub(super) struct Headers<'a> {
    map: HeaderMap,
    /// The first `host`.
    pub(super) host: Option<Text<'a>>,
    /// The first `x-forwarded-proto`.
    pub(super) proto: Option<Text<'a>>,
    payload: &'a Bytes,
    /// `headers`, where it may be that `multiValueHeaders` follow.
    single: Value<'a>,
    multi: Value<'a>,
    bad: Option<Bad>,
}

impl<'a> Headers<'a> {
    pub(super) fn new(payload: &'a Bytes) -> Headers<'a> {
        Headers {
            map: HeaderMap::new(),
            host: None,
            proto: None,
            payload,
            single: Value::Null,
            multi: Value::Null,
            bad: None,
        }
    }

    /// Reads `headers`, or notes where they are.
    pub(super) fn single(&mut self, event: &mut Cursor<'a>, has_no_multi: bool) -> Result<(), Broken> {
        if has_no_multi {
            self.read(event, |headers, event| {
                each("headers", event, &mut |field, name, value| headers.append(field, name, value))
            })?;
        } else {
            self.single = event.value()?;
        }
        Ok(())
    }

    /// Reads `multiValueHeaders`, and with them `headers`, which come first.
    pub(super) fn multi(&mut self, event: &mut Cursor<'a>) -> Result<(), Broken> {
        let single = std::mem::take(&mut self.single);
        self.multi = self.read(event, |headers, event| {
            let mut take = |field, name, value| headers.append(field, name, value);
            both("multiValueHeaders", event, "headers", single, &mut take)
        })?;
        Ok(())
    }

    /// Whether there are `multiValueHeaders`.
    pub(super) fn has_multi(&self) -> bool {
        !self.multi.is_null()
    }

    /// All of them: `headers` fill what `multiValueHeaders` lack, and `cookies` come back as the one header that they
    /// were; function URLs have that as well.
    pub(super) fn finish(&mut self, cookies: Value<'a>) -> Result<HeaderMap, Bad> {
        if let Some(bad) = self.bad.take() {
            return Err(bad);
        }
        if !self.single.is_null() {
            self.reserve();
            let (single, multi) = (self.single, Cursor::of(self.multi));
            fill("headers", single, multi, &mut |field, name, value| self.append(field, name, value))?;
        }
        if let Some(value) = self.cookie(cookies)? {
            self.map.insert(COOKIE, value);
        }
        Ok(std::mem::take(&mut self.map))
    }

    fn read(
        &mut self,
        event: &mut Cursor<'a>,
        read: impl FnOnce(&mut Headers<'a>, &mut Cursor<'a>) -> Result<(), Bad>,
    ) -> Result<Value<'a>, Broken> {
        event.peek();
        let start = *event;
        self.reserve();
        if let Err(bad) = read(self, event) {
            self.bad.get_or_insert(bad);
            *event = start;
            return event.value();
        }
        let json = &self.payload[start.at()..event.at()];
        Ok(if json == b"null" { Value::Null } else { Value::Nested(json) })
    }

    /// Makes room for what a browser sends behind a proxy.
    fn reserve(&mut self) {
        self.map.reserve(24);
    }

    fn append(&mut self, field: &str, name: Text<'a>, text: Text<'a>) -> Result<(), Bad> {
        // No name of a header has an escape, so it may stay in.
        let bytes = name.inner();
        let known = match bytes.len() {
            4 if bytes.eq_ignore_ascii_case(b"host") => {
                self.host.get_or_insert(text);
                Some(HOST)
            }
            15 if bytes.eq_ignore_ascii_case(b"x-forwarded-for") => Some(X_FORWARDED_FOR),
            15 if bytes.eq_ignore_ascii_case(b"x-amzn-trace-id") => Some(X_AMZN_TRACE_ID),
            16 if bytes.eq_ignore_ascii_case(b"x-forwarded-port") => Some(X_FORWARDED_PORT),
            17 if bytes.eq_ignore_ascii_case(b"x-forwarded-proto") => {
                self.proto.get_or_insert(text);
                Some(X_FORWARDED_PROTO)
            }
            _ => None,
        };
        let key = match known {
            Some(key) => key,
            None => HeaderName::from_bytes(bytes).map_err(|error| bad(field, name, error))?,
        };
        let value = value(self.payload, text).ok_or_else(|| bad(field, name, "it is no header value"))?;
        self.map.try_append(key, value).map_err(|error| bad(field, name, error))?;
        Ok(())
    }

    /// The cookies of payload format 2.0 as one header.
    fn cookie(&self, cookies: Value<'a>) -> Result<Option<HeaderValue>, Bad> {
        let Value::Nested(json) = cookies else { return Ok(None) };
        let mut list = Cursor::new(json);
        let mut joined = Vec::with_capacity(json.len());
        list.enter(b'[');
        while let Some(cookie) = list.element().map_err(|Broken| Bad::new("cookies", "it is no list"))? {
            let Value::Text(text) = cookie else { return Err(Bad::new("cookies", "one of them is no string")) };
            if !joined.is_empty() {
                joined.extend_from_slice(b"; ");
            }
            joined.extend_from_slice(&text.read().ok_or_else(|| Bad::new("cookies", "one of them is no text"))?);
        }
        if joined.is_empty() {
            return Ok(None);
        }
        let value = HeaderValue::from_maybe_shared(Bytes::from(joined));
        value.map(Some).map_err(|_| Bad::new("cookies", "one of them is no header value"))
    }
}

/// A value as a slice of the event, if it has no escapes. JSON is UTF-8, and so are bytes beyond ASCII.
fn value(payload: &Bytes, text: Text<'_>) -> Option<HeaderValue> {
    let bytes = match text.plain() {
        Some(plain) => payload.slice_ref(plain),
        None => text.read()?.into_owned().into(),
    };
    HeaderValue::from_maybe_shared(bytes).ok()
}
