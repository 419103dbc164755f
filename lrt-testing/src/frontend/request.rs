//! Requests of clients, before a service converts them to events.

use super::object::Object;
use super::text::{is_text, query_decode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// A request as the client sends it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path of the request line, not decoded.
    pub path: String,
    /// The query, without the question mark.
    pub query: String,
    /// The headers in their order. Names may repeat.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// Overrides whether events contain the body as base64.
    pub base64: Option<bool>,
}

impl Request {
    /// Creates a request without headers and body. The target is a path, which may have a query.
    pub fn new(method: &str, target: &str) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
            base64: None,
        }
    }

    /// Returns the first header with this name, ignoring case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// Adds a header, unless there is one with this name.
    pub fn or_header(&mut self, name: &str, value: impl Into<String>) {
        if self.header(name).is_none() {
            self.headers.push((name.to_owned(), value.into()));
        }
    }

    /// Returns the cookies, each as `name=value`.
    pub fn cookies(&self) -> Vec<String> {
        let lines = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        let cookies = lines.flat_map(|(_, value)| value.split(';')).map(str::trim);
        cookies.filter(|cookie| !cookie.is_empty()).map(str::to_owned).collect()
    }

    /// Returns the pairs of the query, not decoded.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// Returns the pairs of the query, decoded.
    pub(super) fn decoded_pairs(&self) -> impl Iterator<Item = (String, String)> {
        self.pairs().map(|(name, value)| (query_decode(name), query_decode(value)))
    }

    /// Returns the body for an event (`None` if it is empty), and true if it is encoded as base64.
    ///
    /// A body without a content type is text if it is UTF-8.
    pub(super) fn body(&self) -> (Option<String>, bool) {
        if self.body.is_empty() {
            return (None, false);
        }
        let plain = self.header("content-encoding").is_none_or(|encoding| encoding.eq_ignore_ascii_case("identity"));
        let text = plain && self.header("content-type").is_none_or(is_text);
        match std::str::from_utf8(&self.body) {
            Ok(body) if !self.base64.unwrap_or(!text) => (Some(body.to_owned()), false),
            _ => (Some(STANDARD.encode(&self.body)), true),
        }
    }
}

/// Returns a map with the last value of each name.
pub(super) fn last_values(pairs: impl Iterator<Item = (String, String)>) -> Object {
    grouped(pairs).into_iter().map(|(name, mut values)| (name, values.pop().unwrap_or_default())).collect()
}

/// Returns a map with all values of each name, joined with commas.
pub(super) fn joined_values(pairs: impl Iterator<Item = (String, String)>) -> Object {
    grouped(pairs).into_iter().map(|(name, values)| (name, values.join(","))).collect()
}

/// Returns a map with a list of all values of each name.
pub(super) fn all_values(pairs: impl Iterator<Item = (String, String)>) -> Object {
    grouped(pairs).into_iter().collect()
}

/// Returns the values of each name, in the order of the first occurrence.
fn grouped(pairs: impl Iterator<Item = (String, String)>) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in pairs {
        match groups.iter_mut().find(|(other, _)| *other == name) {
            Some((_, values)) => values.push(value),
            None => groups.push((name, vec![value])),
        }
    }
    groups
}
