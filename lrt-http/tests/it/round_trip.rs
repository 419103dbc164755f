//! Any request is the same from each origin, if its events can represent it.

use crate::support::query;
use axum_core::extract::FromRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use lrt_http::{AcceptedOrigins, Event, read};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The request of a client: names and values of the query are decoded; everything else is as sent.
#[derive(Clone, Debug)]
struct Sent {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    cookies: Vec<String>,
    body: Vec<u8>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let method = prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PURGE"]);
    let path = "(/([a-zA-Z0-9!$&'()*+,;=:@~{}\"|^._-]|%[0-9A-Fa-f]{2}){0,8}){1,4}";
    let value = "[!-~é😀]([ -~\té😀]{0,20}[!-~])?";
    let body = prop_oneof![Just(Vec::new()), any::<String>().prop_map(String::into_bytes), any::<Vec<u8>>()];
    (
        method.prop_map(str::to_owned),
        path,
        prop::collection::vec((any::<String>(), any::<String>()), 0..5),
        prop::collection::vec(("x-[a-c]{1,2}|accept|content-type", value), 0..8),
        prop::collection::vec("[a-z]{1,3}=[!#-+--:<-~]{0,9}", 0..4),
        body,
    )
        .prop_map(|(method, path, query, headers, cookies, body)| Sent {
            method,
            path,
            query,
            headers,
            cookies,
            body,
        })
}

impl Sent {
    /// The query as a client encodes it.
    fn raw_query(&self) -> String {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        let pairs = self.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    fn body(&self) -> (Value, bool) {
        match std::str::from_utf8(&self.body) {
            _ if self.body.is_empty() => (Value::Null, false),
            Ok(text) => (json!(text), false),
            Err(_) => (json!(STANDARD.encode(&self.body)), true),
        }
    }

    /// All headers, including `host`.
    fn headers(&self, with_cookie: bool) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        headers.push(("host".to_owned(), "api.example:8443".to_owned()));
        if with_cookie && !self.cookies.is_empty() {
            headers.push(("cookie".to_owned(), self.cookies.join("; ")));
        }
        headers
    }

    fn event(&self, fields: Value) -> Value {
        let (body, is_base64) = self.body();
        let mut event = json!({"body": body, "isBase64Encoded": is_base64});
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        event
    }

    fn rest_api(&self) -> Value {
        let headers = self.headers(true);
        self.event(json!({
            "path": self.path, "httpMethod": self.method,
            "headers": last(&headers), "multiValueHeaders": lists(&headers),
            "queryStringParameters": last(&self.query), "multiValueQueryStringParameters": lists(&self.query),
            "requestContext": {"stage": "prod"},
        }))
    }

    fn second(&self, context: Value) -> Value {
        let mut context = context;
        context["http"] = json!({"method": self.method});
        let cookies = if self.cookies.is_empty() { Value::Null } else { json!(self.cookies) };
        self.event(json!({
            "version": "2.0", "rawPath": self.path, "rawQueryString": self.raw_query(), "cookies": cookies,
            "headers": joined(&self.headers(false)), "requestContext": context,
        }))
    }

    fn alb(&self) -> Value {
        let raw = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let query: Vec<_> = self.query.iter().map(|(name, value)| (raw(name), raw(value))).collect();
        self.event(json!({
            "path": self.path, "httpMethod": self.method, "multiValueHeaders": lists(&self.headers(true)),
            "multiValueQueryStringParameters": lists(&query), "requestContext": {"elb": {"targetGroupArn": "arn"}},
        }))
    }

    fn lattice(&self) -> Value {
        self.event(json!({
            "version": "2.0", "path": self.path, "method": self.method, "headers": lists(&self.headers(true)),
            "queryStringParameters": lists(&self.query), "requestContext": {"serviceArn": "arn"},
        }))
    }

    fn websocket(&self) -> Value {
        let mut event = self.rest_api();
        event["requestContext"] = json!({"connectionId": "c", "eventType": "CONNECT"});
        event
    }
}

fn lists(pairs: &[(String, String)]) -> Value {
    let mut lists = Map::new();
    for (name, value) in pairs {
        let list = lists.entry(name).or_insert_with(|| json!([]));
        list.as_array_mut().unwrap().push(json!(value));
    }
    Value::Object(lists)
}

fn last(pairs: &[(String, String)]) -> Value {
    pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
}

fn joined(pairs: &[(String, String)]) -> Value {
    let mut joined: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        let all =
            joined.get(name).map_or_else(|| value.clone(), |others| format!("{},{value}", others.as_str().unwrap()));
        joined.insert(name.clone(), json!(all));
    }
    Value::Object(joined)
}

fn check(sent: &Sent, name: &str, event: &Value, has_lists: bool) -> Result<(), TestCaseError> {
    let payload = Bytes::from(if sent.body.len().is_multiple_of(2) { event.to_string() } else { format!("{event:#}") });
    let (request, _) = read(&payload, AcceptedOrigins::Any, None).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    prop_assert_eq!(request.method(), Method::try_from(&*sent.method).unwrap(), "{}", name);
    prop_assert_eq!(request.uri().path(), &sent.path, "{}", name);
    prop_assert_eq!(
        request.uri().authority().map(|authority| authority.as_str()),
        Some("api.example:8443"),
        "{}",
        name
    );
    prop_assert_eq!(request.uri().scheme_str(), Some("https"));
    let mut expected = sent.query.clone();
    expected.sort_unstable();
    prop_assert_eq!(query(&request), expected, "{}", name);
    prop_assert_eq!(request.extensions().get::<Event>().unwrap().raw_path(), &*sent.path, "{}", name);
    let mut expected = http::HeaderMap::new();
    for (name, value) in sent.headers(true) {
        expected.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let names = |map: &http::HeaderMap| map.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
    prop_assert_eq!(names(request.headers()), names(&expected), "{}", name);
    for key in expected.keys() {
        let all = |map: &http::HeaderMap| map.get_all(key).iter().cloned().collect::<Vec<_>>();
        let (found, mut expected) = (all(request.headers()), all(&expected));
        if !has_lists {
            let joined = expected.iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b","[..]);
            expected = vec![HeaderValue::from_bytes(&joined).unwrap()];
        }
        prop_assert_eq!(found, expected, "{} of {}", key, name);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let body = runtime.block_on(Bytes::from_request(request, &())).unwrap();
    prop_assert_eq!(&body[..], &sent.body[..], "{}", name);
    Ok(())
}

proptest! {
    #[test]
    fn any_request_is_the_same_from_each_origin(sent in sent()) {
        let url = json!({"stage": "$default", "domainName": "a.lambda-url.eu-west-1.on.aws"});
        check(&sent, "rest_api", &sent.rest_api(), true)?;
        check(&sent, "http_api", &sent.second(json!({"stage": "$default"})), false)?;
        check(&sent, "function_url", &sent.second(url), false)?;
        check(&sent, "alb", &sent.alb(), true)?;
        check(&sent, "lattice", &sent.lattice(), true)?;
        check(&sent, "websocket", &sent.websocket(), true)?;
    }
}
