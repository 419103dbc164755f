//! The headers of a request.

use super::Bad;
use super::pairs::{bad, each, fill};
use super::scan::{Broken, Cursor, Text, Value};
use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};

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
            self.read("headers", event)?;
        } else {
            self.single = event.value()?;
        }
        Ok(())
    }

    /// Reads `multiValueHeaders`.
    pub(super) fn multi(&mut self, event: &mut Cursor<'a>) -> Result<(), Broken> {
        self.multi = self.read("multiValueHeaders", event)?;
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
        let (single, multi) = (self.single, self.multi);
        if multi.is_null() && !single.is_null() {
            self.reserve();
        }
        fill("headers", single, multi, &mut |field, name, value| self.append(field, name, value))?;
        if let Some(value) = self.cookie(cookies)? {
            self.map.insert(COOKIE, value);
        }
        Ok(std::mem::take(&mut self.map))
    }

    fn read(&mut self, field: &'static str, event: &mut Cursor<'a>) -> Result<Value<'a>, Broken> {
        event.peek();
        let start = *event;
        self.reserve();
        if let Err(bad) = each(field, event, &mut |field, name, value| self.append(field, name, value)) {
            self.bad.get_or_insert(bad);
            *event = start;
            return event.value();
        }
        Ok(Value::Nested(&self.payload[start.at()..event.at()]))
    }

    /// Makes room for what a browser sends behind a proxy.
    fn reserve(&mut self) {
        self.map.reserve(24);
    }

    fn append(&mut self, field: &str, name: Text<'a>, text: Text<'a>) -> Result<(), Bad> {
        let bytes = name.inner();
        match bytes.len() {
            4 if bytes.eq_ignore_ascii_case(b"host") => drop(self.host.get_or_insert(text)),
            17 if bytes.eq_ignore_ascii_case(b"x-forwarded-proto") => drop(self.proto.get_or_insert(text)),
            _ => {}
        }
        // No name of a header has an escape, so it may stay in.
        let key = HeaderName::from_bytes(bytes).map_err(|error| bad(field, name, error))?;
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
