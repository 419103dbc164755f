//! Answers as the origins take them.

#![allow(clippy::unwrap_used)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Response};
use lrt_core::{MAX_REPLY_BYTES, Report, capture_log};
use lrt_http::{Accepts, Answer, read};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::received;

/// The answer to a request of each origin.
fn answers(method: &str) -> [(&'static str, Answer); 8] {
    let first = json!({"path": "/", "httpMethod": method});
    let second = json!({"version": "2.0", "rawPath": "/", "requestContext": {"http": {"method": method}}});
    let elb = json!({"elb": {"targetGroupArn": "arn"}});
    let answer = |event: Value| read(&event.to_string().into(), Accepts::Any, None).unwrap().1;
    let with = |mut event: Value, name: &str, value: Value| {
        event[name] = value;
        event
    };
    [
        ("rest_api", answer(first.clone())),
        ("http_api 1.0", answer(with(first.clone(), "version", json!("1.0")))),
        ("http_api", answer(second.clone())),
        (
            "function_url",
            answer(with(
                second,
                "requestContext",
                json!({"domainName": "a.lambda-url.x.on.aws", "http": {"method": method}}),
            )),
        ),
        ("alb", answer(with(first.clone(), "requestContext", elb.clone()))),
        ("alb multi", answer(with(with(first.clone(), "requestContext", elb), "multiValueHeaders", json!({})))),
        ("lattice", answer(json!({"raw_path": "/", "method": method}))),
        ("websocket", answer(with(first, "requestContext", json!({"connectionId": "c"})))),
    ]
}

fn write(answer: &Answer, response: http::response::Builder, body: &[u8]) -> Result<Value, Report> {
    let (parts, ()) = response.body(()).unwrap().into_parts();
    let reply = answer.write(parts, body, Default::default())?;
    Ok(serde_json::from_slice(reply.body()).unwrap())
}

#[test]
fn each_origin_has_its_shape() {
    let response = || Response::builder().status(201).header("x-a", "1").header("x-a", "2").header("set-cookie", "c=1");
    for (name, answer) in answers("GET") {
        let found = write(&answer, response(), b"tea").unwrap();
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
fn an_answer_without_headers_is_whole() {
    for (name, answer) in answers("GET") {
        let found = write(&answer, Response::builder().status(299), b"").unwrap();
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
fn bodies_that_are_no_text_or_encoded_are_base64() {
    for (name, answer) in answers("GET") {
        let encoded =
            |encoding| write(&answer, Response::builder().header("content-encoding", encoding), b"abc").unwrap();
        assert_eq!(encoded("gzip")["body"], "YWJj", "{name}");
        assert_eq!(encoded("gzip")["isBase64Encoded"], true, "{name}");
        assert_eq!(encoded("identity")["body"], "abc", "{name}");
        let binary = write(&answer, Response::builder(), b"\xFF\x00").unwrap();
        assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&json!("/wA="), &json!(true)), "{name}");
    }
}

#[test]
fn answers_that_have_no_body_have_none() {
    for (name, answer) in answers("HEAD") {
        let found = write(&answer, Response::builder().header("content-length", "5"), b"hello").unwrap();
        let headers =
            if found.get("multiValueHeaders").is_some() { &found["multiValueHeaders"] } else { &found["headers"] };
        assert!(
            matches!(&headers["content-length"], Value::String(length) if length == "5")
                || headers["content-length"] == json!(["5"])
        );
        assert_eq!(found["body"], "", "{name}");
    }
    for (_, answer) in answers("GET") {
        for (status, has_length) in [(204, false), (304, true)] {
            let found =
                write(&answer, Response::builder().status(status).header("content-length", "5"), b"hello").unwrap();
            assert_eq!(found["body"], "");
            assert_eq!(found.to_string().contains("content-length"), has_length);
        }
    }
}

#[tokio::test]
async fn what_an_origin_cannot_carry_is_one_warning() {
    for (name, answer) in answers("GET") {
        let response = (0..5).fold(Response::builder(), |response, n| response.header("set-cookie", format!("c{n}=1")));
        let response = response.header("x-a", HeaderValue::from_bytes(b"caf\xE9").unwrap());
        let (found, log) = capture_log(async { write(&answer, response, b"").unwrap() }).await;
        let text = serde_json::to_vec(&found).unwrap();
        let found = received(&answer, &text);
        assert_eq!(found.headers["x-a"], "café", "{name}");
        let mut cookies = found.cookies;
        cookies.sort_unstable();
        assert_eq!(cookies, ["c0=1", "c1=1", "c2=1", "c3=1", "c4=1"], "{name}");
        assert_eq!(log.len(), 1, "{log:?}");
        let is_single = matches!(name, "alb" | "lattice");
        assert_eq!(log[0].contains("5 cookies"), is_single, "{log:?}");
        assert_eq!(log[0].contains("ISO 8859-1"), !is_single, "{log:?}");
        assert_eq!(log[0].contains("turn on multi-value headers"), name == "alb", "{log:?}");
    }
}

#[tokio::test]
async fn one_cookie_is_carried_by_all_without_a_word() {
    for (_, answer) in answers("GET") {
        let response = Response::builder().header("set-cookie", "a=1").header("content-type", "text/plain");
        let (found, log) = capture_log(async { write(&answer, response, b"").unwrap() }).await;
        assert_eq!(received(&answer, &serde_json::to_vec(&found).unwrap()).cookies, ["a=1"]);
        assert_eq!(log, [""; 0]);
    }
}

#[test]
fn more_cookies_than_spellings_are_still_an_answer() {
    let (_, answer) = answers("GET").into_iter().find(|(name, _)| *name == "lattice").unwrap();
    let response = (0..600).fold(Response::builder(), |response, n| response.header("set-cookie", format!("c{n}=1")));
    let found = write(&answer, response, b"").unwrap();
    assert_eq!(found["headers"].as_object().unwrap().len(), 512);
}

#[test]
fn what_is_too_large_is_an_error_with_both_sizes() {
    for (name, answer) in answers("GET") {
        let limit = if name.starts_with("alb") { 1024 * 1024 } else { MAX_REPLY_BYTES };
        let size = |body: usize| {
            let (parts, ()) = Response::new(()).into_parts();
            answer.write(parts, &vec![b'x'; body], Default::default()).map(|reply| reply.body().len())
        };
        let around = size(0).unwrap();
        assert_eq!(size(limit - around).unwrap(), limit, "{name}");
        let report = size(limit - around + 1).unwrap_err();
        assert_eq!(report.name(), "Function.ResponseSizeTooLarge");
        let who = if name.starts_with("alb") { "an Application Load Balancer" } else { "Lambda" };
        assert_eq!(report.to_string(), format!("the answer has {} bytes, and {who} takes at most {limit}", limit + 1));
    }
}

proptest! {
    /// A client gets any response as it is, and repeated headers joined by commas.
    #[test]
    fn any_response_reaches_the_client(
        status in (200u16..600).prop_filter("has a body", |status| !matches!(status, 204 | 304)),
        headers in prop::collection::vec(("[a-c][a-z0-9-]{0,2}|set-cookie", "[ -~\té😀]{0,20}"), 0..12),
        body in prop_oneof![any::<String>().prop_map(String::into_bytes), any::<Vec<u8>>()],
    ) {
        for (name, answer) in answers("GET") {
            let (mut parts, ()) = Response::builder().status(status).body(()).unwrap().into_parts();
            for (name, value) in &headers {
                parts.headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            let expected = parts.headers.clone();
            let reply = answer.write(parts, &body, Default::default()).unwrap();
            let found = received(&answer, reply.body());
            let values = |name| expected.get_all(name).iter().map(|value| std::str::from_utf8(value.as_bytes()).unwrap());
            for key in expected.keys().filter(|key| *key != "set-cookie") {
                let joined = values(key.as_str()).collect::<Vec<_>>().join(",");
                prop_assert_eq!(&found.headers[key.as_str()], &joined, "{}", name);
            }
            let (mut cookies, mut sent) = (found.cookies, values("set-cookie").map(str::to_owned).collect::<Vec<_>>());
            if matches!(name, "alb" | "lattice") {
                // An object's members have no order.
                cookies.sort_unstable();
                sent.sort_unstable();
            }
            prop_assert_eq!(cookies, sent, "{}", name);
            prop_assert_eq!(found.headers.len(), expected.keys().filter(|key| *key != "set-cookie").count());
            prop_assert_eq!((found.status, found.body), (status, STANDARD.encode(&body)), "{}", name);
        }
    }
}
