//! A client's request, before a service has made an event of it.

use super::object::Object;
use super::text::{is_text, query_decode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// A request as it stands on the wire.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// As in the request line, escapes and all.
    pub path: String,
    /// What follows the question mark.
    pub query: String,
    /// In their order; a name may occur again.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// Whether the body is handed on in base64; `None`: as the service decides.
    pub base64: Option<bool>,
}

impl Request {
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

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// Adds a header unless there is one of this name.
    pub fn or_header(&mut self, name: &str, value: impl Into<String>) {
        if self.header(name).is_none() {
            self.headers.push((name.to_owned(), value.into()));
        }
    }

    /// The cookies, each as `name=value`.
    pub fn cookies(&self) -> Vec<String> {
        let lines = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        let cookies = lines.flat_map(|(_, value)| value.split(';')).map(str::trim);
        cookies.filter(|cookie| !cookie.is_empty()).map(str::to_owned).collect()
    }

    /// The query's pairs as they are.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// The query's pairs, decoded.
    pub(super) fn decoded_pairs(&self) -> impl Iterator<Item = (String, String)> {
        self.pairs().map(|(name, value)| (query_decode(name), query_decode(value)))
    }

    /// The body as it stands in an event, and whether that is base64; `None` if there is none.
    ///
    /// One without a type is text if it can be.
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

/// A map in which the last of several values counts.
pub(super) fn last_values(pairs: impl Iterator<Item = (String, String)>) -> Object {
    grouped(pairs).into_iter().map(|(name, mut values)| (name, values.pop().unwrap_or_default())).collect()
}

/// A map in which several values are one, with commas between them.
pub(super) fn joined_values(pairs: impl Iterator<Item = (String, String)>) -> Object {
    grouped(pairs).into_iter().map(|(name, values)| (name, values.join(","))).collect()
}

/// A map of all values.
pub(super) fn all_values(pairs: impl Iterator<Item = (String, String)>) -> Object {
    grouped(pairs).into_iter().collect()
}

/// The values of each name, in the order in which the names first occurred.
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
