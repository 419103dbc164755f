//! Replies of HTTP functions as responses.

use super::Origin;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// A response as the client receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// All headers except cookies, in the order of the reply.
    pub headers: Vec<(String, String)>,
    /// Values of `set-cookie`.
    pub cookies: Vec<String>,
    /// The decoded body.
    pub body: Vec<u8>,
}

/// Selects the map of headers that the service reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderMode {
    /// `headers`, as in payload format 2.0 and for a load balancer by default.
    Single,
    /// `multiValueHeaders`, as for a load balancer with multi-value headers.
    Multi,
    /// Both, as in payload format 1.0. `multiValueHeaders` takes precedence.
    Both,
}

/// Final status codes. 1xx are informational.
const STATUSES: RangeInclusive<u64> = 200..=599;

impl Reply {
    /// Parses a reply like one of these origins.
    ///
    /// In payload format 2.0, any JSON without a `statusCode` is a body
    /// ([response format](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads)).
    ///
    /// # Errors
    ///
    /// Returns the reason why the origin rejects the reply.
    pub fn read(reply: &[u8], origins: &[Origin], mode: HeaderMode) -> Result<Reply, String> {
        let any = serde_json::from_slice(reply).map_err(|error| format!("invalid JSON: {error}"))?;
        let format_2 = origins.iter().any(|origin| matches!(origin, Origin::HttpApi | Origin::FunctionUrl));
        let members = match any {
            Value::Object(members) if !format_2 || members.contains_key("statusCode") => members,
            _ if format_2 => return Ok(Reply::json(reply.to_vec())),
            _ => return Err("expected an object with a `statusCode`".to_owned()),
        };
        let status = status(members.get("statusCode"))?;
        let (mut headers, mut cookies) = (Vec::new(), Vec::new());
        for (name, value) in header_lines(&members, mode)? {
            match name.eq_ignore_ascii_case("set-cookie") {
                true => cookies.push(value),
                false => headers.push((name, value)),
            }
        }
        if format_2 {
            for cookie in texts("cookies", members.get("cookies"))? {
                cookies.push(checked("set-cookie", cookie)?);
            }
        }
        Ok(Reply { status, headers, cookies, body: body(&members)? })
    }

    /// Parses the prelude of a streamed reply, restricted to what both function URLs and REST APIs accept.
    ///
    /// # Errors
    ///
    /// Returns the reason why the prelude is rejected.
    pub fn read_prelude(prelude: &[u8]) -> Result<Reply, String> {
        let any = serde_json::from_slice(prelude).map_err(|error| format!("invalid JSON in the prelude: {error}"))?;
        let Value::Object(members) = any else { return Err("expected an object as the prelude".to_owned()) };
        if let Some(other) = members
            .keys()
            .find(|key| !["statusCode", "headers", "multiValueHeaders", "cookies"].contains(&key.as_str()))
        {
            return Err(format!("unexpected member `{other}` in the prelude"));
        }
        Reply::read(prelude, &[Origin::FunctionUrl], HeaderMode::Both)
    }

    fn json(body: Vec<u8>) -> Reply {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Reply { status: 200, headers, cookies: Vec::new(), body }
    }

    /// Returns the first header with this name, ignoring case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

fn status(value: Option<&Value>) -> Result<u16, String> {
    let number = match value {
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64(),
        None => return Err("missing `statusCode`".to_owned()),
    };
    let status = number.filter(|status| STATUSES.contains(status)).and_then(|status| u16::try_from(status).ok());
    status.ok_or_else(|| format!("invalid `statusCode`: {}", value.unwrap_or(&Value::Null)))
}

fn header_lines(members: &Map<String, Value>, mode: HeaderMode) -> Result<Vec<(String, String)>, String> {
    let map = |key: &str| match members.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(format!("expected an object in `{key}`")),
    };
    let (single, multi) = (map("headers")?, map("multiValueHeaders")?);
    let multi = multi.filter(|_| mode != HeaderMode::Single);
    let in_multi = |name: &str| multi.is_some_and(|multi| multi.keys().any(|key| key.eq_ignore_ascii_case(name)));
    let mut lines = Vec::new();
    for (name, value) in single.filter(|_| mode != HeaderMode::Multi).into_iter().flatten() {
        if !in_multi(name) {
            lines.push((name.clone(), checked(name, text("headers", value)?)?));
        }
    }
    for (name, values) in multi.into_iter().flatten() {
        for value in texts("multiValueHeaders", Some(values))? {
            lines.push((name.clone(), checked(name, value)?));
        }
    }
    Ok(lines)
}

/// Checks the name and value of a header.
fn checked(name: &str, value: String) -> Result<String, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(format!("invalid header name {name:?}"));
    }
    match value.bytes().all(|byte| byte == b'\t' || byte >= b' ' && byte != 0x7f) {
        true => Ok(value),
        false => Err(format!("control character in the value of header {name}")),
    }
}

fn texts(key: &str, values: Option<&Value>) -> Result<Vec<String>, String> {
    match values {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(values)) => values.iter().map(|value| text(key, value)).collect(),
        Some(_) => Err(format!("expected an array in `{key}`")),
    }
}

/// Returns a value as a string. Numbers and booleans are converted.
fn text(key: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(format!("expected a string in `{key}`, found {value}")),
    }
}

fn body(members: &Map<String, Value>) -> Result<Vec<u8>, String> {
    let body = match members.get("body") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(body)) => body,
        Some(_) => return Err("expected a string in `body`".to_owned()),
    };
    match members.get("isBase64Encoded") {
        Some(Value::Bool(true)) => STANDARD.decode(body).map_err(|error| format!("invalid base64 in `body`: {error}")),
        None | Some(Value::Null | Value::Bool(false)) => Ok(body.clone().into_bytes()),
        Some(other) => Err(format!("expected a boolean in `isBase64Encoded`, found {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// JSON that resembles a reply.
    fn arbitrary_reply() -> impl Strategy<Value = Value> {
        let key = || {
            let keys = ["statusCode", "headers", "multiValueHeaders", "cookies", "body", "isBase64Encoded", "a", "é\n"];
            prop::sample::select(keys.to_vec()).prop_map(str::to_owned)
        };
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (0..999_u64).prop_map(Value::from),
            "\\PC{0,4}|[\\r\\n\u{0}a=]{0,3}|[0-9]{1,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(key(), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn arbitrary_replies_do_not_panic(reply in arbitrary_reply(), bytes in any::<Vec<u8>>()) {
            for origin in [Origin::RestApi, Origin::HttpApi, Origin::FunctionUrl, Origin::Alb, Origin::Lattice] {
                for mode in [HeaderMode::Single, HeaderMode::Multi, HeaderMode::Both] {
                    let is_json = serde_json::from_slice::<Value>(&bytes).is_ok();
                    prop_assert!(is_json || Reply::read(&bytes, &[origin], mode).is_err());
                    if let Ok(reply) = read(&reply, origin, mode) {
                        prop_assert!((200..600).contains(&reply.status));
                        let lines = reply.headers.iter().map(|(_, value)| value).chain(&reply.cookies);
                        prop_assert!(!lines.clone().any(|line| line.contains(['\r', '\n', '\0'])), "{reply:?}");
                    }
                }
            }
        }
    }

    fn read(answer: &Value, origin: Origin, mode: HeaderMode) -> Result<Reply, String> {
        Reply::read(answer.to_string().as_bytes(), &[origin], mode)
    }

    #[test]
    fn each_origin_reads_its_map_of_headers() {
        let answer = json!({
            "statusCode": 201,
            "headers": {"A": "single", "B": 7, "Set-Cookie": "a=1"},
            "multiValueHeaders": {"a": ["x", "y"], "set-cookie": ["b=2", "c=3"]},
            "cookies": ["d=4"],
            "body": "eA==",
            "isBase64Encoded": true,
        });
        let of = |origin, mode| {
            let reply = read(&answer, origin, mode).unwrap();
            assert_eq!((reply.status, &*reply.body), (201, &b"x"[..]));
            let headers: Vec<_> = reply.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
            (headers.join(" "), reply.cookies.join(" "))
        };
        let expected = |headers: &str, cookies: &str| (headers.to_owned(), cookies.to_owned());
        assert_eq!(of(Origin::RestApi, HeaderMode::Both), expected("B=7 a=x a=y", "b=2 c=3"));
        assert_eq!(of(Origin::HttpApi, HeaderMode::Single), expected("A=single B=7", "a=1 d=4"));
        assert_eq!(of(Origin::Alb, HeaderMode::Single), expected("A=single B=7", "a=1"));
        assert_eq!(of(Origin::Alb, HeaderMode::Multi), expected("a=x a=y", "b=2 c=3"));
    }

    #[test]
    fn format_2_accepts_any_json_as_a_body() {
        for answer in [json!("hello"), json!({"body": "b"}), json!(null), json!([1])] {
            let reply = read(&answer, Origin::FunctionUrl, HeaderMode::Single).unwrap();
            assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("application/json")));
            assert_eq!(reply.body, answer.to_string().as_bytes());
            assert!(read(&answer, Origin::RestApi, HeaderMode::Both).is_err(), "{answer}");
        }
    }

    #[test]
    fn invalid_replies_are_rejected_with_a_reason() {
        for (reply, error) in [
            (json!({"statusCode": 99}), "invalid `statusCode`: 99"),
            (json!({"statusCode": 101}), "invalid `statusCode`: 101"),
            (json!({"statusCode": 600}), "invalid `statusCode`: 600"),
            (json!({"statusCode": "x"}), "invalid `statusCode`: \"x\""),
            (json!({"statusCode": null}), "invalid `statusCode`: null"),
            (json!({"statusCode": 200, "body": {}}), "expected a string in `body`"),
            (json!({"statusCode": 200, "headers": []}), "expected an object in `headers`"),
            (json!({"statusCode": 200, "headers": {"a": []}}), "expected a string in `headers`, found []"),
            (json!({"statusCode": 200, "headers": {"a b": ""}}), "invalid header name \"a b\""),
            (json!({"statusCode": 200, "headers": {"a": "b\r\nc: d"}}), "control character in the value of header a"),
            (json!({"statusCode": 200, "cookies": ["a=1\n"]}), "control character in the value of header set-cookie"),
            (
                json!({"statusCode": 200, "isBase64Encoded": 1, "body": ""}),
                "expected a boolean in `isBase64Encoded`, found 1",
            ),
        ] {
            assert_eq!(read(&reply, Origin::HttpApi, HeaderMode::Single).unwrap_err(), error);
        }
        let broken = json!({"statusCode": 200, "isBase64Encoded": true, "body": "?"});
        let error = read(&broken, Origin::Alb, HeaderMode::Single).unwrap_err();
        assert!(error.starts_with("invalid base64 in `body`: "), "{error}");
        assert_eq!(read(&json!({"statusCode": "404"}), Origin::Alb, HeaderMode::Single).unwrap().status, 404);
    }
}
