//! The headers of a request.

use super::Bad;
use super::fields::Fields;
use super::pairs::{Pairs, bad};
use super::scan::{Members, Text, Value};
use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Headers, and those of them that are part of the URI.
pub(super) struct Headers<'a> {
    pub(super) map: HeaderMap,
    /// The first `host`.
    pub(super) host: Option<Text<'a>>,
    /// The first `x-forwarded-proto`.
    pub(super) proto: Option<Text<'a>>,
    payload: &'a Bytes,
}

impl<'a> Headers<'a> {
    pub(super) fn read(payload: &'a Bytes, fields: &Fields<'a>) -> Result<Headers<'a>, Bad> {
        // Room for what a browser sends behind a proxy.
        let map = HeaderMap::with_capacity(24);
        let mut headers = Headers { map, host: None, proto: None, payload };
        let pairs = Pairs {
            multi_field: "multiValueHeaders",
            multi: fields.multi_headers,
            single_field: "headers",
            single: fields.headers,
        };
        pairs.each(&mut |field, name, value| headers.append(field, name, value))?;
        Ok(headers)
    }

    fn append(&mut self, field: &str, name: Text<'a>, text: Text<'a>) -> Result<(), Bad> {
        let plain = name.plain().unwrap_or_default();
        match plain.len() {
            4 if plain.eq_ignore_ascii_case("host") => drop(self.host.get_or_insert(text)),
            17 if plain.eq_ignore_ascii_case("x-forwarded-proto") => drop(self.proto.get_or_insert(text)),
            _ => {}
        }
        let key = HeaderName::from_bytes(plain.as_bytes()).map_err(|error| bad(field, name, error))?;
        let value = value(self.payload, text).ok_or_else(|| bad(field, name, "it is no header value"))?;
        self.map.try_append(key, value).map_err(|error| bad(field, name, error))?;
        Ok(())
    }

    /// Payload format 2.0 has the cookies apart. They come back as the one header that they were; function URLs have
    /// that as well.
    pub(super) fn cookies(&mut self, cookies: Value<'a>) -> Result<(), Bad> {
        const FIELD: &str = "cookies";
        let mut joined = Vec::new();
        let mut only = None;
        let mut list = Members::of(cookies);
        while let Some(cookie) = list.element().map_err(Bad::broken(FIELD))? {
            let Value::Text(text) = cookie else { return Err(Bad::new(FIELD, "one of them is no string")) };
            if only.is_none() && joined.is_empty() {
                only = Some(text);
                continue;
            }
            if let Some(first) = only.take() {
                joined.reserve(list.rest() + first.quoted().len());
                push(&mut joined, first)?;
            }
            joined.extend_from_slice(b"; ");
            push(&mut joined, text)?;
        }
        let value = match only {
            Some(cookie) => value(self.payload, cookie),
            None if joined.is_empty() => return Ok(()),
            None => HeaderValue::from_maybe_shared(Bytes::from(joined)).ok(),
        };
        let value = value.ok_or_else(|| Bad::new(FIELD, "one of them is no header value"))?;
        self.map.insert(COOKIE, value);
        return Ok(());

        fn push(joined: &mut Vec<u8>, text: Text<'_>) -> Result<(), Bad> {
            let text = text.read().ok_or_else(|| Bad::new(FIELD, "one of them is no text"))?;
            joined.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
}

/// A value as a slice of the event, if it has no escapes. JSON is UTF-8, and so are bytes beyond ASCII.
fn value(payload: &Bytes, text: Text<'_>) -> Option<HeaderValue> {
    match text.plain() {
        Some(plain) => HeaderValue::from_maybe_shared(payload.slice_ref(plain.as_bytes())).ok(),
        None => HeaderValue::from_bytes(text.read()?.as_bytes()).ok(),
    }
}
