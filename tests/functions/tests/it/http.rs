//! An HTTP function under real emulators: events through the Runtime Interface Emulator, and requests through
//! cargo-lambda's function URL.

// The emulators run on Linux only.
#![cfg(target_os = "linux")]
// In tests, `unwrap` is an assertion.
use crate::support::cargo_lambda::CargoLambda;
use crate::support::rie::Rie;
use crate::support::{Process, Response, send};
use serde_json::{Value, json};

const MIRROR: &str = env!("CARGO_BIN_EXE_mirror");

/// Returns the event of a `GET` request, as `cargo run -- sample` prints it.
fn event(origin: &str, path: &str) -> Value {
    let sample = Process::start(MIRROR, &["sample", "--origin", origin], &[]).ended();
    let mut event: Value = serde_json::from_str(&sample.stdout).unwrap_or_else(|_| panic!("invalid JSON: {sample:?}"));
    let field = if event.get("rawPath").is_some() { "rawPath" } else { "path" };
    event[field] = path.into();
    event
}

/// Converts the event to a `POST` with a body.
fn post(mut event: Value, base64: &str) -> Value {
    for method in ["/httpMethod", "/method", "/requestContext/httpMethod", "/requestContext/http/method"] {
        if let Some(method) = event.pointer_mut(method) {
            *method = "POST".into();
        }
    }
    event["body"] = base64.into();
    event["isBase64Encoded"] = true.into();
    event
}

const ORIGINS: [(&str, &str); 5] = [
    ("rest_api", "RestApi"),
    ("http_api", "HttpApi"),
    ("function_url", "FunctionUrl"),
    ("alb", "Alb"),
    ("lattice", "Lattice"),
];

#[test]
fn events_of_each_origin_are_decoded_under_the_rie() {
    let Some(rie) = Rie::of(MIRROR) else { return };
    for (origin, name) in ORIGINS {
        let answer = rie.invoke(event(origin, "/tea")).json();
        assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(200), &json!(false)), "{origin}");
        let seen: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!((&seen["origin"], &seen["method"]), (&json!(name), &json!("GET")));
        let uri = seen["uri"].as_str().unwrap();
        assert!(uri.starts_with("http") && uri.ends_with("/tea?name=Ada"), "{origin}: {uri}");
    }
}

#[test]
fn binary_bodies_are_returned_as_base64_under_the_rie() {
    let Some(rie) = Rie::of(MIRROR) else { return };
    for (origin, _) in ORIGINS {
        // The bytes FF FE 00.
        let answer = rie.invoke(post(event(origin, "/bytes"), "//4A")).json();
        assert_eq!((&answer["isBase64Encoded"], &answer["body"]), (&json!(true), &json!("//4A")), "{origin}");
    }
}

/// Each reply has the form of its origin.
#[test]
fn cookies_and_repeated_headers_have_the_form_of_each_origin() {
    let Some(rie) = Rie::of(MIRROR) else { return };
    let answer = |origin| rie.invoke(event(origin, "/twice")).json();
    let [one, two] = ["a=1; Secure", "b=2; Path=/"];
    for origin in ["http_api", "function_url"] {
        let answer = answer(origin);
        assert_eq!(answer["cookies"], json!([one, two]), "{origin}");
        assert_eq!(answer["headers"], json!({ "via": "1.1 one,1.1 two" }), "{origin}");
    }
    let rest_api = answer("rest_api");
    assert_eq!(rest_api["multiValueHeaders"], json!({ "set-cookie": [one, two], "via": ["1.1 one", "1.1 two"] }));
    let alb = answer("alb");
    assert_eq!(alb["statusDescription"], "200 OK");
    for single in [alb, answer("lattice")] {
        let headers = json!({ "via": "1.1 one,1.1 two", "set-cookie": one, "Set-cookie": two });
        assert_eq!(single["headers"], headers);
    }
    // Load balancers and VPC Lattice do not reliably support several cookies, so each of them causes a warning.
    let log = rie.stop();
    assert_eq!(log.matches(" the response has 2 cookies").count(), 2, "{log}");
}

#[test]
fn event_of_unknown_origin_is_an_error_under_the_rie() {
    let Some(rie) = Rie::of(MIRROR) else { return };
    let error = rie.invoke(json!({ "Records": [] })).json();
    assert_eq!(error["errorType"], "Runtime.UnmarshalError");
    assert_eq!(rie.invoke(event("alb", "/")).json()["statusCode"], 200);
}

/// Sends a request to cargo-lambda's function URL.
fn ask(emulator: &CargoLambda, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    send(&emulator.address, method, &format!("/lambda-url/mirror{target}"), headers, body)
}

/// Returns the values of a header that reached the function.
fn values<'a>(seen: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = seen["headers"].as_array().unwrap();
    headers.iter().filter(|header| header[0] == name).map(|header| header[1].as_str().unwrap()).collect()
}

#[test]
fn cargo_lambda_requests_reach_the_function() {
    let Some(emulator) = CargoLambda::of(MIRROR, "mirror") else { return };
    let response = ask(&emulator, "GET", "/tea/a%20b?x=1&x=%20%26", &[], b"");
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    let seen = response.json();
    // The event has the form of a function URL's, but with a different domain name.
    assert_eq!((&seen["origin"], &seen["method"], &seen["body"]), (&json!("HttpApi"), &json!("GET"), &json!("")));
    assert_eq!(seen["uri"], format!("https://{}/tea/a%20b?x=1&x=%20%26", emulator.address));

    let headers = [("Content-Type", "application/json"), ("Cookie", "a=1; b=2"), ("X-Many", "one"), ("X-Many", "two")];
    let seen = ask(&emulator, "POST", "/tea", &headers, r#"{"a":"ä"}"#.as_bytes()).json();
    assert_eq!((&seen["method"], &seen["body"]), (&json!("POST"), &json!(r#"{"a":"ä"}"#)));
    assert_eq!(values(&seen, "content-type"), ["application/json"]);
    assert_eq!(values(&seen, "cookie"), ["a=1; b=2"]);
    // A function URL joins them: "one,two". The emulator only sends the first one.
    assert_eq!(values(&seen, "x-many"), ["one"]);
}

#[test]
fn responses_reach_the_client_of_cargo_lambda() {
    let Some(emulator) = CargoLambda::of(MIRROR, "mirror") else { return };
    let bytes: Vec<u8> = (0..=255).collect();
    let response = ask(&emulator, "POST", "/bytes", &[("Content-Type", "application/octet-stream")], &bytes);
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/octet-stream")));
    assert_eq!(response.bytes, bytes);

    let response = ask(&emulator, "GET", "/twice", &[], b"");
    assert_eq!(response.headers("set-cookie"), ["a=1; Secure", "b=2; Path=/"]);
    assert_eq!(response.headers("via"), ["1.1 one,1.1 two"]);
}
