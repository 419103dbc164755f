//! Responses in the formats of the origins.

use crate::support::received;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Response};
use lrt_core::{ErrorReport, MAX_REPLY_BYTES, capture_log};
use lrt_http::{AcceptedOrigins, ResponseFormat, read};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The response format of each origin.
fn formats(method: &str) -> [(&'static str, ResponseFormat); 8] {
    let first = json!({"path": "/", "httpMethod": method});
    let second = json!({"version": "2.0", "rawPath": "/", "requestContext": {"http": {"method": method}}});
    let elb = json!({"elb": {"targetGroupArn": "arn"}});
    let format = |event: Value| read(&event.to_string().into(), AcceptedOrigins::Any, None).unwrap().1;
    let with = |mut event: Value, name: &str, value: Value| {
        event[name] = value;
        event
    };
    [
        ("rest_api", format(first.clone())),
        ("http_api 1.0", format(with(first.clone(), "version", json!("1.0")))),
        ("http_api", format(second.clone())),
        (
            "function_url",
            format(with(
                second,
                "requestContext",
                json!({"domainName": "a.lambda-url.x.on.aws", "http": {"method": method}}),
            )),
        ),
        ("alb", format(with(first.clone(), "requestContext", elb.clone()))),
        ("alb multi", format(with(with(first.clone(), "requestContext", elb), "multiValueHeaders", json!({})))),
        ("lattice", format(json!({"raw_path": "/", "method": method}))),
        ("websocket", format(with(first, "requestContext", json!({"connectionId": "c"})))),
    ]
}

fn write(format: &ResponseFormat, response: http::response::Builder, body: &[u8]) -> Result<Value, ErrorReport> {
    let (parts, ()) = response.body(()).unwrap().into_parts();
    let reply = format.write(parts, body, Default::default())?;
    Ok(serde_json::from_slice(reply.body()).unwrap())
}

#[test]
fn each_origin_has_its_format() {
    let response = || Response::builder().status(201).header("x-a", "1").header("x-a", "2").header("set-cookie", "c=1");
    for (name, format) in formats("GET") {
        let found = write(&format, response(), b"tea").unwrap();
        let headers = json!({"x-a": "1,2"});
        let with_cookie = json!({"x-a": "1,2", "set-cookie": "c=1"});
        let multi = json!({"x-a": ["1", "2"], "set-cookie": ["c=1"]});
        let rest = json!({"statusCode": 201, "isBase64Encoded": false, "body": "tea"});
        let expected = match name {
            "rest_api" | "http_api 1.0" => json!({"multiValueHeaders": multi}),
            "websocket" => json!({"multiValueHeaders": multi, "headers": with_cookie}),
            "http_api" | "function_url" => json!({"headers": headers, "cookies": ["c=1"]}),
            "alb" => json!({"headers": with_cookie, "statusDescription": "201 Created"}),
            "alb multi" => json!({"multiValueHeaders": multi, "statusDescription": "201 Created"}),
            _ => json!({"headers": with_cookie}),
        };
        let mut expected: serde_json::Map<String, Value> = expected.as_object().unwrap().clone();
        expected.extend(rest.as_object().unwrap().clone());
        assert_eq!(found, Value::Object(expected), "{name}");
    }
}

#[test]
fn responses_without_headers_are_complete() {
    for (name, format) in formats("GET") {
        let found = write(&format, Response::builder().status(299), b"").unwrap();
        let is_multi = matches!(name, "rest_api" | "http_api 1.0" | "alb multi" | "websocket");
        assert_eq!(found[if is_multi { "multiValueHeaders" } else { "headers" }], json!({}), "{name}");
        assert_eq!(
            (&found["statusCode"], &found["isBase64Encoded"], &found["body"]),
            (&json!(299), &json!(false), &json!(""))
        );
        let has_cookies = matches!(name, "http_api" | "function_url");
        assert_eq!(found.get("cookies"), has_cookies.then_some(&json!([])), "{name}");
    }
}

#[test]
fn binary_and_encoded_bodies_are_base64() {
    for (name, format) in formats("GET") {
        let encoded =
            |encoding| write(&format, Response::builder().header("content-encoding", encoding), b"abc").unwrap();
        assert_eq!(encoded("gzip")["body"], "YWJj", "{name}");
        assert_eq!(encoded("gzip")["isBase64Encoded"], true, "{name}");
        assert_eq!(encoded("identity")["body"], "abc", "{name}");
        let binary = write(&format, Response::builder(), b"\xFF\x00").unwrap();
        assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&json!("/wA="), &json!(true)), "{name}");
    }
}

#[test]
fn bodies_of_head_204_and_304_are_dropped() {
    for (name, format) in formats("HEAD") {
        let found = write(&format, Response::builder().header("content-length", "5"), b"hello").unwrap();
        let headers =
            if found.get("multiValueHeaders").is_some() { &found["multiValueHeaders"] } else { &found["headers"] };
        assert!(
            matches!(&headers["content-length"], Value::String(length) if length == "5")
                || headers["content-length"] == json!(["5"])
        );
        assert_eq!(found["body"], "", "{name}");
    }
    for (_, format) in formats("GET") {
        for (status, has_length) in [(204, false), (304, true)] {
            let found =
                write(&format, Response::builder().status(status).header("content-length", "5"), b"hello").unwrap();
            assert_eq!(found["body"], "");
            assert_eq!(found.to_string().contains("content-length"), has_length);
        }
    }
}

/// Lambda and its emulators forward them, which breaks the response: only the server that owns the connection may send
/// them.
#[test]
fn hop_by_hop_headers_are_dropped() {
    for (name, format) in formats("GET") {
        let response = Response::builder()
            .header("connection", "keep-alive, X-Hop")
            .header("connection", "x-other,,")
            .header("keep-alive", "timeout=5")
            .header("proxy-authenticate", "Basic")
            .header("proxy-authorization", "Basic YQ==")
            .header("proxy-connection", "keep-alive")
            .header("te", "trailers")
            .header("trailer", "expires")
            .header("transfer-encoding", "chunked")
            .header("upgrade", "websocket")
            .header("x-hop", "1")
            .header("x-other", "2")
            .header("x-connection", "kept")
            .header("content-type", "text/plain");
        let found = write(&format, response, b"tea").unwrap();
        let expected = [("content-type", "text/plain"), ("x-connection", "kept")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(received(&format, found.to_string().as_bytes()).headers, expected.into(), "{name}");
    }
}

#[tokio::test]
async fn headers_that_an_origin_cannot_carry_are_one_warning() {
    for (name, format) in formats("GET") {
        let response = (0..5).fold(Response::builder(), |response, n| response.header("set-cookie", format!("c{n}=1")));
        let response = response.header("x-a", HeaderValue::from_bytes(b"caf\xE9").unwrap());
        let (found, log) = capture_log(async { write(&format, response, b"").unwrap() }).await;
        let text = serde_json::to_vec(&found).unwrap();
        let found = received(&format, &text);
        assert_eq!(found.headers["x-a"], "café", "{name}");
        let mut cookies = found.cookies;
        cookies.sort_unstable();
        assert_eq!(cookies, ["c0=1", "c1=1", "c2=1", "c3=1", "c4=1"], "{name}");
        assert_eq!(log.len(), 1, "{log:?}");
        let is_single = matches!(name, "alb" | "lattice");
        assert_eq!(log[0].contains("5 cookies"), is_single, "{log:?}");
        assert_eq!(log[0].contains("ISO 8859-1"), !is_single, "{log:?}");
        assert_eq!(log[0].contains("Enable multi-value headers"), name == "alb", "{log:?}");
    }
}

#[tokio::test]
async fn a_single_cookie_is_carried_by_every_origin_without_warning() {
    for (_, format) in formats("GET") {
        let response = Response::builder().header("set-cookie", "a=1").header("content-type", "text/plain");
        let (found, log) = capture_log(async { write(&format, response, b"").unwrap() }).await;
        assert_eq!(received(&format, &serde_json::to_vec(&found).unwrap()).cookies, ["a=1"]);
        assert_eq!(log, [""; 0]);
    }
}

#[test]
fn cookies_beyond_the_number_of_spellings_are_dropped() {
    let (_, format) = formats("GET").into_iter().find(|(name, _)| *name == "lattice").unwrap();
    let response = (0..600).fold(Response::builder(), |response, n| response.header("set-cookie", format!("c{n}=1")));
    let found = write(&format, response, b"").unwrap();
    assert_eq!(found["headers"].as_object().unwrap().len(), 512);
}

#[test]
fn responses_over_the_size_limit_are_errors_with_both_sizes() {
    for (name, format) in formats("GET") {
        let limit = if name.starts_with("alb") { 1024 * 1024 } else { MAX_REPLY_BYTES };
        let size = |body: usize| {
            let (parts, ()) = Response::new(()).into_parts();
            format.write(parts, &vec![b'x'; body], Default::default()).map(|reply| reply.body().len())
        };
        let around = size(0).unwrap();
        assert_eq!(size(limit - around).unwrap(), limit, "{name}");
        let report = size(limit - around + 1).unwrap_err();
        assert_eq!(report.name(), "Function.ResponseSizeTooLarge");
        let service = if name.starts_with("alb") { "Application Load Balancers" } else { "Lambda" };
        assert_eq!(
            report.to_string(),
            format!("the response has {} bytes, which exceeds the limit of {service} ({limit} bytes)", limit + 1)
        );
    }
}

proptest! {
    /// The client receives any response unchanged, with repeated headers joined by commas.
    #[test]
    fn any_response_reaches_the_client(
        status in (200u16..600).prop_filter("has a body", |status| !matches!(status, 204 | 304)),
        headers in prop::collection::vec(("[a-c][a-z0-9-]{0,2}|set-cookie", "[ -~\té😀]{0,20}"), 0..12),
        body in prop_oneof![any::<String>().prop_map(String::into_bytes), any::<Vec<u8>>()],
    ) {
        for (name, format) in formats("GET") {
            let (mut parts, ()) = Response::builder().status(status).body(()).unwrap().into_parts();
            for (name, value) in &headers {
                parts.headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            let expected = parts.headers.clone();
            let reply = format.write(parts, &body, Default::default()).unwrap();
            let found = received(&format, reply.body());
            let values = |name| expected.get_all(name).iter().map(|value| std::str::from_utf8(value.as_bytes()).unwrap());
            for key in expected.keys().filter(|key| *key != "set-cookie") {
                let joined = values(key.as_str()).collect::<Vec<_>>().join(",");
                prop_assert_eq!(&found.headers[key.as_str()], &joined, "{}", name);
            }
            let (mut cookies, mut sent) = (found.cookies, values("set-cookie").map(str::to_owned).collect::<Vec<_>>());
            if matches!(name, "alb" | "lattice") {
                // The members of an object are not ordered.
                cookies.sort_unstable();
                sent.sort_unstable();
            }
            prop_assert_eq!(cookies, sent, "{}", name);
            prop_assert_eq!(found.headers.len(), expected.keys().filter(|key| *key != "set-cookie").count());
            prop_assert_eq!((found.status, found.body), (status, STANDARD.encode(&body)), "{}", name);
        }
    }
}
