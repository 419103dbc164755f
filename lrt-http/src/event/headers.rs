//! The headers of a request.

use super::InvalidField;
use super::pairs::{invalid_entry, visit, visit_merged, visit_missing};
use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, ORIGIN,
    USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use lrt_core::__private::json::{JsonCursor, JsonStr, JsonValue};

/// The headers, and the values of those that are part of the URI.
///
/// They are read in the same pass as the other fields. An invalid header is stored until the origin is known.
pub(super) struct Headers<'a> {
    map: HeaderMap,
    /// The first `host`.
    pub(super) host: Option<JsonStr<'a>>,
    /// The first `x-forwarded-proto`.
    pub(super) proto: Option<JsonStr<'a>>,
    /// True if there is a `cookie`.
    has_cookie: bool,
    payload: &'a Bytes,
    /// `headers`, if `multiValueHeaders` may follow.
    pub(super) single: JsonValue<'a>,
    multi: JsonValue<'a>,
    invalid: Option<InvalidField>,
}

impl<'a> Headers<'a> {
    pub(super) fn new(payload: &'a Bytes) -> Headers<'a> {
        Headers {
            // Enough for the headers of a browser and a proxy.
            map: HeaderMap::with_capacity(24),
            host: None,
            proto: None,
            has_cookie: false,
            payload,
            single: JsonValue::Null,
            multi: JsonValue::Null,
            invalid: None,
        }
    }

    /// Reads `headers` of an event that has no `multiValueHeaders`.
    pub(super) fn read_single(&mut self, event: &mut JsonCursor<'a>) -> Result<(), serde_json::Error> {
        self.read(event, None).map(drop)
    }

    /// Reads `multiValueHeaders`, and the `headers` that precede them.
    pub(super) fn read_multi(&mut self, event: &mut JsonCursor<'a>) -> Result<(), serde_json::Error> {
        let single = std::mem::take(&mut self.single);
        self.multi = self.read(event, Some(single))?;
        Ok(())
    }

    /// Returns true if there are `multiValueHeaders`.
    pub(super) fn has_multi(&self) -> bool {
        !self.multi.is_null()
    }

    /// Returns the complete headers: `headers` that are missing from `multiValueHeaders` are added, and the list
    /// `cookies` replaces the header `cookie`, which function URLs send as well.
    pub(super) fn finish(&mut self, cookies: JsonValue<'a>) -> Result<&mut HeaderMap, InvalidField> {
        if let Some(invalid) = self.invalid.take() {
            return Err(invalid);
        }
        if !self.single.is_null() {
            let (single, multi) = (self.single, JsonCursor::nested(self.multi));
            visit_missing("headers", single, multi, &mut |field, name, value| self.append(field, name, value))?;
        }
        if let Some(value) = self.cookie(cookies)? {
            // Looking up a header hashes its name, so the lookup is skipped unless the request has a `cookie`.
            let joined = if self.has_cookie { self.map.get_mut(COOKIE) } else { None };
            match joined {
                Some(joined) => *joined = value,
                None => {
                    let appended = self.map.try_append(COOKIE, value);
                    appended.map_err(|error| InvalidField::new("cookies", &error))?;
                }
            }
        }
        Ok(&mut self.map)
    }

    /// Reads `headers`; or `multiValueHeaders`, if `single` contains the `headers`.
    fn read(
        &mut self,
        event: &mut JsonCursor<'a>,
        single: Option<JsonValue<'a>>,
    ) -> Result<JsonValue<'a>, serde_json::Error> {
        event.peek();
        let start = *event;
        let mut append = |field, name, value| self.append(field, name, value);
        let read = match single {
            None => visit("headers", event, &mut append),
            Some(single) => visit_merged("multiValueHeaders", event, "headers", single, &mut append),
        };
        if let Err(invalid) = read {
            self.invalid.get_or_insert(invalid);
            *event = start;
            return event.value();
        }
        let json = event.since(start.at());
        Ok(if json == "null" { JsonValue::Null } else { JsonValue::Nested(json) })
    }

    fn append(&mut self, field: &str, name: JsonStr<'a>, text: JsonStr<'a>) -> Result<(), InvalidField> {
        // A header name cannot contain a character that JSON escapes, so an escape makes it invalid.
        let bytes = name.inner();
        let key = match known(bytes) {
            Some(key) => key,
            None => {
                let key = HeaderName::from_bytes(bytes).map_err(|error| invalid_entry(field, name, &error))?;
                self.has_cookie |= key == COOKIE;
                key
            }
        };
        match bytes.len() {
            4 if key == HOST => _ = self.host.get_or_insert(text),
            17 if key == X_FORWARDED_PROTO => _ = self.proto.get_or_insert(text),
            _ => {}
        }
        let value = value(self.payload, text).ok_or_else(|| invalid_entry(field, name, &"invalid header value"))?;
        self.map.try_append(key, value).map(drop).map_err(|error| invalid_entry(field, name, &error))
    }

    /// Joins the cookies of payload format 2.0 into one header.
    fn cookie(&self, cookies: JsonValue<'a>) -> Result<Option<HeaderValue>, InvalidField> {
        let json = match cookies {
            JsonValue::Null => return Ok(None),
            JsonValue::Nested(json) => json,
            _ => return Err(InvalidField::new("cookies", &"expected a list of strings")),
        };
        let not_a_list = || InvalidField::new("cookies", &"expected a list of strings");
        let mut list = JsonCursor::new(json);
        let mut joined = Vec::with_capacity(json.len());
        let mut elements = list.enter(b'[').ok_or_else(not_a_list)?;
        while let Some(cookie) = list.next_element(&mut elements).map_err(|_| not_a_list())? {
            let JsonValue::Text(text) = cookie else { return Err(not_a_list()) };
            if !joined.is_empty() {
                joined.extend_from_slice(b"; ");
            }
            joined.extend_from_slice(
                &text.decode().ok_or_else(|| InvalidField::new("cookies", &"invalid escape sequence"))?,
            );
        }
        if joined.is_empty() {
            return Ok(None);
        }
        let value = HeaderValue::from_maybe_shared(Bytes::from(joined));
        value.map(Some).map_err(|_| InvalidField::new("cookies", &"invalid header value"))
    }
}

/// Creates a header value, which is a slice of the event unless it contains escapes.
fn value(payload: &Bytes, text: JsonStr<'_>) -> Option<HeaderValue> {
    let bytes = match text.plain() {
        Some(plain) => payload.slice_ref(plain),
        None => text.decode()?.into_owned().into(),
    };
    HeaderValue::from_maybe_shared(bytes).ok()
}

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Returns the constant for a name that almost every request contains, in one of its two usual spellings. A constant
/// takes a tenth of the time of parsing the name, and does not allocate.
fn known(name: &[u8]) -> Option<HeaderName> {
    // As in `fields`, the length distinguishes most names.
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
    fn known_names_equal_parsed_names() {
        let names = "Host Accept Accept-Encoding Accept-Language Authorization Content-Length Content-Type Origin User-Agent \
            X-Amzn-Trace-Id X-Forwarded-For X-Forwarded-Port X-Forwarded-Proto";
        for name in names.split_whitespace().flat_map(|name| [name.to_owned(), name.to_lowercase()]) {
            assert_eq!(known(name.as_bytes()).unwrap(), HeaderName::try_from(&name).unwrap());
        }
        assert_eq!(known(b"HOST"), None);
    }
}
