//! Requests and responses from the client's point of view.

#![allow(clippy::unwrap_used)]
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lrt_http::{Origin, Request, ResponseFormat};
use serde_json::Value;
use std::collections::BTreeMap;

/// Percent-decodes a string.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Returns the sorted pairs of the query.
pub(crate) fn query(request: &Request) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default().replace('+', " ");
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut pairs: Vec<_> = pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
    pairs.sort_unstable();
    pairs
}

/// The response that a client receives: header names in lower case, repeated values joined by commas, the body in base64.
#[derive(Debug, PartialEq, serde::Deserialize)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) cookies: Vec<String>,
    pub(crate) body: String,
}

/// Converts a reply to a response as the origin does, according to AWS's documentation.
pub(crate) fn received(format: &ResponseFormat, reply: &[u8]) -> Received {
    let reply: Value = serde_json::from_slice(reply).unwrap();
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    let mut cookies = Vec::new();
    let mut add = |name: &str, value: &Value| {
        let (name, value) = (name.to_lowercase(), value.as_str().unwrap());
        if name == "set-cookie" {
            cookies.push(value.to_owned());
        } else if let Some(others) = headers.get_mut(&name) {
            *others = format!("{others},{value}");
        } else {
            headers.insert(name, value.to_owned());
        }
    };
    let multi = reply.get("multiValueHeaders").and_then(Value::as_object);
    for (name, values) in multi.into_iter().flatten() {
        values.as_array().unwrap().iter().for_each(|value| add(name, value));
    }
    if multi.is_none() {
        reply["headers"].as_object().unwrap().iter().for_each(|(name, value)| add(name, value));
    }
    if matches!(format.origin(), Origin::HttpApi | Origin::FunctionUrl) && multi.is_none() {
        reply["cookies"].as_array().unwrap().iter().for_each(|cookie| add("set-cookie", cookie));
    }
    if format.origin() == Origin::Alb {
        assert!(reply["statusDescription"].as_str().unwrap().starts_with(&reply["statusCode"].to_string()));
    }
    let body = reply["body"].as_str().unwrap();
    let body = if reply["isBase64Encoded"].as_bool().unwrap() { body.to_owned() } else { STANDARD.encode(body) };
    Received { status: reply["statusCode"].as_u64().unwrap().try_into().unwrap(), headers, cookies, body }
}
