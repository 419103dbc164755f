//! Compares requests and responses with those of other implementations, for the sample events of the workspace. The expected
//! results are in `tests/conformance`.

use crate::support::{Received, decoded, query, received};
use axum_core::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Response;
use http::header::{CONTENT_LENGTH, COOKIE};
use lrt_http::{AcceptedOrigins, Request, read};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Case {
    file: String,
    kind: String,
    request: Expected,
    #[serde(rename = "answers")]
    responses: BTreeMap<String, Received>,
}

/// The expected request, without members on which the implementations disagree.
#[derive(Deserialize)]
struct Expected {
    method: Option<String>,
    path: Option<String>,
    query: Option<Vec<(String, String)>>,
    headers: Option<BTreeMap<String, String>>,
    cookies: Option<Vec<String>>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Given {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

fn expected(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance").join(file)).unwrap()
}

fn sample_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples")
}

fn event(file: &str) -> bytes::Bytes {
    std::fs::read(sample_folder().join(file)).unwrap().into()
}

/// The headers, with repeated values joined by commas. Implementations differ in the space after the comma.
fn joined(request: &Request) -> BTreeMap<String, String> {
    let names = request.headers().keys().filter(|name| **name != COOKIE && **name != CONTENT_LENGTH);
    let value = |name| {
        let values: Vec<_> = request.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
        values.join(",").replace(", ", ",")
    };
    names.map(|name| (name.to_string(), value(name))).collect()
}

fn cookies(request: &Request) -> Vec<String> {
    let mut cookies = request.headers().get_all(COOKIE).iter();
    cookies.next().map_or_else(Vec::new, |all| all.to_str().unwrap().split("; ").map(str::to_owned).collect())
}

async fn body(request: Request) -> String {
    use axum_core::extract::FromRequest;
    STANDARD.encode(bytes::Bytes::from_request(request, &()).await.unwrap())
}

fn accepts(kind: &str) -> AcceptedOrigins {
    match kind {
        "alb" => AcceptedOrigins::Alb,
        "apigw-v1" => AcceptedOrigins::RestApi,
        "apigw-v2" => AcceptedOrigins::HttpApi,
        "function-url" => AcceptedOrigins::FunctionUrl,
        "websocket" => AcceptedOrigins::WebSocket,
        "lattice-v1" | "lattice-v2" => AcceptedOrigins::Lattice,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn requests_equal_those_of_other_implementations() {
    let cases = expected("expected.jsonl");
    for case in cases.lines() {
        let Case { file, kind, request: expected, .. } = serde_json::from_str(case).unwrap();
        for accepts in [accepts(&kind), AcceptedOrigins::Any] {
            let (request, _) = read(&event(&file), accepts, None).unwrap();
            let path = decoded(request.uri().path());
            let found = (request.method().as_str(), path, query(&request), joined(&request), cookies(&request));
            assert_eq!(Some(found.0), expected.method.as_deref().or(Some(found.0)), "{file}");
            assert_eq!(Some(&found.1), expected.path.as_ref().or(Some(&found.1)), "{file}");
            assert_eq!(Some(&found.2), expected.query.as_ref().or(Some(&found.2)), "{file}");
            assert_eq!(Some(&found.3), expected.headers.as_ref().or(Some(&found.3)), "{file}");
            assert_eq!(Some(&found.4), expected.cookies.as_ref().or(Some(&found.4)), "{file}");
            let found = body(request).await;
            assert_eq!(Some(&found), expected.body.as_ref().or(Some(&found)), "{file}");
        }
    }
}

#[test]
fn responses_equal_those_of_other_implementations() {
    let given: BTreeMap<String, Given> = serde_json::from_str(&expected("responses.json")).unwrap();
    let cases = expected("expected.jsonl");
    for case in cases.lines() {
        let case: Case = serde_json::from_str(case).unwrap();
        let (_, format) = read(&event(&case.file), accepts(&case.kind), None).unwrap();
        for (name, expected) in case.responses {
            let given = &given[&name];
            let mut response = Response::builder().status(given.status);
            for (name, value) in &given.headers {
                response = response.header(name, value);
            }
            let (parts, ()) = response.body(()).unwrap().into_parts();
            let reply = format.write(parts, &STANDARD.decode(&given.body).unwrap(), Default::default()).unwrap();
            assert_eq!(received(&format, reply.body()), expected, "{name} to {}", case.file);
        }
    }
}

/// The sample events whose kind, the start of the file name, satisfies the predicate.
fn samples(is_kind: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = sample_folder();
    let folders = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let files = folders.filter(|path| path.is_dir()).flat_map(|path| std::fs::read_dir(path).unwrap());
    let name = |path: PathBuf| path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
    let names = files.map(|file| name(file.unwrap().path()));
    let kind = |name: &String| name.split(['/', '.']).nth(1).unwrap().to_owned();
    let found: Vec<_> = names.filter(|name| name.ends_with(".json") && is_kind(&kind(name))).collect();
    assert!(!found.is_empty());
    found
}

const KINDS: [&str; 7] = ["alb", "apigw-v1", "apigw-v2", "function-url", "lattice-v1", "lattice-v2", "websocket"];

#[tokio::test]
async fn sample_events_of_http_origins_are_requests() {
    for file in samples(|kind| KINDS.contains(&kind)) {
        let kind = file.split(['/', '.']).nth(1).unwrap();
        let payload = event(&file);
        let (request, format) = read(&payload, accepts(kind), None).unwrap_or_else(|error| panic!("{file}: {error:?}"));
        let event: Value = serde_json::from_slice(&payload).unwrap();
        let found: &lrt_http::Event = request.extensions().get().unwrap();
        assert_eq!(found.origin(), format.origin(), "{file}");
        if let Some(context) = event.get("requestContext") {
            assert_eq!(&serde_json::from_slice::<Value>(found.context()).unwrap(), context, "{file}");
        }
        let parameters: BTreeMap<_, _> = found.path_parameters().collect();
        let expected = event["pathParameters"].as_object();
        assert_eq!(parameters.len(), expected.map_or(0, serde_json::Map::len), "{file}");
        for (name, value) in expected.into_iter().flatten() {
            assert_eq!(parameters[&**name], value.as_str().unwrap(), "{file}");
        }
        let has_host = request.headers().contains_key("host") && !file.contains("console-request");
        assert!(request.uri().authority().is_some() || !has_host, "{file}: {}", request.uri());
    }
}

#[test]
fn other_sample_events_are_rejected_with_a_description() {
    for file in samples(|kind| !KINDS.contains(&kind)) {
        match read(&event(&file), AcceptedOrigins::Any, None) {
            Err(lrt_http::EventError::NotHttp(report) | lrt_http::EventError::Unexpected(report)) => {
                assert_eq!(report.name(), "Runtime.UnmarshalError", "{file}");
                let message = report.to_string();
                assert!(message.starts_with("expected an event from an HTTP source, got "), "{file}: {message}");
            }
            other => panic!("{file}: {:?}", other.map(|(request, _): (http::Request<Body>, _)| request)),
        }
    }
}

#[test]
fn truncated_and_corrupted_sample_events_never_panic() {
    for file in samples(|kind| KINDS.contains(&kind)) {
        let complete = event(&file);
        for at in (0..complete.len()).step_by(29) {
            let _ = read(&complete.slice(..at), AcceptedOrigins::Any, None);
            for byte in [b'"', b'\\', b'{', b'}', b']', b',', b'0', 0, 0xC3] {
                let mut changed = complete.to_vec();
                changed[at] = byte;
                if let Ok((request, _)) = read(&changed.into(), AcceptedOrigins::Any, None) {
                    let event: &lrt_http::Event = request.extensions().get().unwrap();
                    let _ = (event.raw_path(), event.path_parameters().count(), event.stage_variables().count());
                }
            }
        }
    }
}
