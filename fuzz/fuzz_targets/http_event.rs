//! HTTP events, their requests, and responses with the content of the requests.
//!
//! Oracles: serde_json and the crate base64, for the parts of the request; the client's side of the local front ends, for the
//! response.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lrt_fuzz::{block_on, has_repeated_names};
use lrt_http::{AcceptedOrigins, Event, EventError, Request, Response, ResponseFormat, read};
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let base_path = (bytes.len() % 2 == 1).then_some("/v1");
    let converted = read(&bytes.to_vec().into(), AcceptedOrigins::Any, base_path);
    let text = str::from_utf8(bytes).ok();
    let is_json = text.is_some_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
    let event: Option<Value> =
        text.filter(|text| !has_repeated_names(text)).and_then(|text| serde_json::from_str(text).ok());
    let (request, format) = match converted {
        Ok(converted) => converted,
        Err(EventError::Invalid { field, .. }) => {
            assert!(is_json && !field.is_empty());
            // Names with escapes are invalid.
            if let Some(event) = event.filter(|_| !bytes.contains(&b'\\')) {
                assert!(!is_valid(&event, &field), "{field} is valid");
            }
            return;
        }
        Err(EventError::NotHttp(_) | EventError::Unexpected(_)) => return,
    };
    assert!(is_json);
    let (parts, body) = request.into_parts();
    let body = block_on(lrt_http::collect(body, usize::MAX)).expect("the body is in memory");
    if let Some(event) = event {
        check(&event, &Request::from_parts(parts.clone(), body.clone().into()), &body);
    }
    let origin = parts.extensions.get::<Event>().expect("each request has its event").origin();
    let mut response = Response::new(body.clone().into());
    *response.headers_mut() = parts.headers;
    let is_multi = format!("{format:?}").contains("headers: Multi");
    let (head, _) = response.into_parts();
    let has_body = format.has_body(head.status);
    let reply = format.write(head, &body, Default::default()).expect("the response is small");
    let reply = read_reply(reply.body(), origin, is_multi);
    assert_eq!((reply.status, &reply.body[..]), (200, if has_body { &body[..] } else { b"" }));
    let _: ResponseFormat = format;
});

/// Returns true if a field of an event is valid. False for fields that are not checked here.
fn is_valid(event: &Value, field: &str) -> bool {
    let flags = [event.get("isBase64Encoded"), event.get("is_base64_encoded")];
    if field == "body" {
        let is_text = event.get("body").is_none_or(|body| body.is_null() || body.is_string());
        return is_text && flags == [None, None];
    }
    let Some((map, name)) = field.split_once('.') else { return false };
    let Some(value) = event.get(map).and_then(|map| map.get(name)) else { return false };
    let is_header = map == "headers" || map == "multiValueHeaders";
    let is_scalar = |value: &Value| {
        let is_value = !is_header || http::HeaderValue::from_bytes(text(value).as_bytes()).is_ok();
        !value.is_array() && !value.is_object() && is_value
    };
    let are_scalars = match value {
        Value::Array(values) => values.iter().all(is_scalar),
        value => is_scalar(value),
    };
    are_scalars && (!is_header || http::HeaderName::from_bytes(name.as_bytes()).is_ok())
}

/// Checks the request of an event that has no repeated names.
fn check(event: &Value, request: &Request, body: &[u8]) {
    let flags = [event.get("isBase64Encoded"), event.get("is_base64_encoded")];
    let is_base64 = match flags.into_iter().flatten().collect::<Vec<_>>()[..] {
        [] => false,
        [flag] => text(flag).eq_ignore_ascii_case("true"),
        // The services have one of them.
        _ => return,
    };
    match event.get("body") {
        None | Some(Value::Null) => assert_eq!(body, b""),
        Some(Value::String(text)) if is_base64 => {
            // Padding is optional for lrt.
            if let Ok(expected) = STANDARD.decode(text) {
                assert_eq!(body, expected);
            }
        }
        Some(Value::String(text)) => assert_eq!(body, text.as_bytes()),
        Some(body) => panic!("{body} is not a string"),
    }
    let methods = ["/httpMethod", "/method", "/requestContext/http/method"].map(|method| event.pointer(method));
    let is_connect = event.pointer("/requestContext/connectionId").is_some();
    assert!(is_connect || methods.contains(&Some(&Value::from(request.method().as_str()))), "{}", request.method());
    let mut sent = Vec::new();
    for field in ["headers", "multiValueHeaders"] {
        for (name, value) in event.get(field).and_then(Value::as_object).into_iter().flatten() {
            match value {
                Value::Array(values) => {
                    sent.extend(values.iter().map(|value| (name.to_ascii_lowercase(), value)));
                }
                value => sent.push((name.to_ascii_lowercase(), value)),
            }
        }
    }
    for (name, value) in request.headers() {
        let is_sent = sent.iter().any(|(sent, json)| *sent == name.as_str() && is_text_of(value.as_bytes(), json));
        assert!(is_sent || *name == http::header::COOKIE, "{name}: {value:?}");
    }
    // None is lost, except for those that have no value.
    for (name, value) in sent.iter().filter(|(name, _)| name != "cookie") {
        let mut received = request.headers().get_all(name).iter();
        let is_overridden = |(other, _): &&(String, &Value)| other == name;
        assert!(
            received.any(|received| is_text_of(received.as_bytes(), value))
                || text(value).is_empty()
                || sent.iter().filter(is_overridden).count() > 1,
            "{name}: {value}"
        );
    }
}

/// Returns true for the text of a value. A number is compared as such, since a [`Value`] does not keep all of its digits.
fn is_text_of(received: &[u8], value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            let received = str::from_utf8(received).ok().and_then(|text| text.parse::<f64>().ok());
            received.zip(number.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= b.abs() * 1e-12)
        }
        value => text(value).as_bytes() == received,
    }
}

/// Returns a string, or the text of a number or a boolean.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        value => value.to_string(),
    }
}

fn read_reply(reply: &[u8], origin: lrt_http::Origin, is_multi: bool) -> lrt_testing::__private::Reply {
    use lrt_testing::__private::{HeaderMode, Origin, Reply};
    let (origin, mode) = match origin {
        lrt_http::Origin::RestApi => (Origin::RestApi, HeaderMode::Both),
        // Format 1.0 is that of REST APIs.
        lrt_http::Origin::HttpApi if is_multi => (Origin::RestApi, HeaderMode::Both),
        lrt_http::Origin::HttpApi => (Origin::HttpApi, HeaderMode::Single),
        lrt_http::Origin::FunctionUrl => (Origin::FunctionUrl, HeaderMode::Single),
        lrt_http::Origin::Alb if is_multi => (Origin::Alb, HeaderMode::Multi),
        lrt_http::Origin::Alb => (Origin::Alb, HeaderMode::Single),
        lrt_http::Origin::Lattice => (Origin::Lattice, HeaderMode::Single),
        _ => (Origin::WebSocket, HeaderMode::Both),
    };
    Reply::read(reply, &[origin], mode).expect("the origin accepts the reply")
}
