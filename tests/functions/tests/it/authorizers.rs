//! Authorizers in the local Lambda: `curl` and boto3 call the functions that name them.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::boto3::Boto3;
use crate::support::{Process, TIMEOUT};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Instant;

const AUTHORIZED: &str = env!("CARGO_BIN_EXE_authorized");

struct Api {
    process: Process,
    address: String,
}

/// Status, error type and body of a response.
type Answer = (u16, String, Value);

impl Api {
    fn start(args: &[&str]) -> Api {
        let process = Process::start(AUTHORIZED, &[&["--port", "0"], args].concat(), &[]);
        let line = process.stdout_line();
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split(' ').next());
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
        Api { process, address }
    }

    fn curl(&self, arguments: &[&str], path: &str) -> Answer {
        let write_out = "\n%{http_code} %header{x-amzn-errortype}";
        let output = Command::new("curl")
            .args(["--silent", "--max-time", "20", "--write-out", write_out])
            .args(arguments)
            .arg(format!("http://{}{path}", self.address))
            .output()
            .expect("curl is installed");
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap_or_else(|| panic!("no status in {text:?}"));
        let (status, error) = status.split_once(' ').unwrap_or((status, ""));
        let body = serde_json::from_str(body).unwrap_or_else(|_| body.into());
        (status.parse().unwrap(), error.trim().to_owned(), body)
    }

    fn get(&self, path: &str, token: &str) -> Answer {
        self.curl(&["--header", &format!("Authorization: Bearer {token}")], path)
    }

    /// Returns the number of the authorizer's call whose decision a request got.
    fn call(&self, path: &str, token: &str) -> u64 {
        let (status, _, user) = self.get(path, token);
        assert_eq!((status, &user["name"]), (200, &json!(token)));
        user["call"].as_u64().unwrap()
    }
}

#[test]
fn decisions_have_the_responses_of_each_api() {
    let denied = "User is not authorized to access this resource with an explicit deny";
    for (origin, unauthorized, forbidden, failed) in [
        (
            "http_api",
            (401, "", json!({"message": "Unauthorized"})),
            (403, "", json!({"message": "Forbidden"})),
            (500, "", json!({"message": "Internal Server Error"})),
        ),
        (
            "rest_api",
            (401, "UnauthorizedException", json!({"message": "Unauthorized"})),
            (403, "AccessDeniedException", json!({"Message": denied})),
            (500, "AuthorizerConfigurationException", json!({"message": null})),
        ),
    ] {
        let api = Api::start(&["--origin", origin, "--timeout", "2"]);
        let owned = |(status, error, body): (u16, &str, Value)| (status, error.to_owned(), body);
        let (unauthorized, forbidden, failed) = (owned(unauthorized), owned(forbidden), owned(failed));
        let (status, _, user) = api.get("/me", "ada");
        assert_eq!((status, &user["name"]), (200, &json!("ada")), "{origin}");
        // An identity source is missing or empty, or the authorizer rejects the token.
        for arguments in [&[][..], &["--header", "Authorization;"], &["--header", "Authorization: Bearer expired"]] {
            assert_eq!(api.curl(arguments, "/me"), unauthorized, "{origin} {arguments:?}");
        }
        assert_eq!(api.get("/me", "denied"), forbidden, "{origin}");
        // The second one is cached.
        assert_eq!(api.get("/me", "denied"), forbidden, "{origin}");
        // An error, a panic, and a timeout.
        for token in ["broken", "panic", "slow"] {
            assert_eq!(api.get("/me", token), failed, "{origin} {token}");
        }
        // The functions without the option are public.
        assert_eq!(api.get("/public", "ada"), (200, String::new(), json!("None")), "{origin}");
        api.process.wait_for_stdout("auth: 401, an identity source is missing or empty (header.Authorization)");
        api.process.wait_for_stdout("auth: 403 (cached)");
    }
}

/// The simple response of an HTTP API cannot be narrowed.
#[test]
fn narrowed_policy_applies_to_other_routes_while_it_is_cached() {
    let rest = Api::start(&["--origin", "rest_api"]);
    assert_eq!(rest.get("/me", "narrow").0, 200);
    let not_allowed = json!({"Message": "User is not authorized to access this resource"});
    assert_eq!(rest.get("/cors", "narrow"), (403, "AccessDeniedException".to_owned(), not_allowed));
    let http = Api::start(&["--origin", "http_api"]);
    assert_eq!(http.get("/me", "narrow").0, 500);
}

#[test]
fn decisions_are_cached_by_token_for_all_routes_until_they_expire() {
    let api = Api::start(&["--origin", "http_api"]);
    let first = api.call("/me", "ada");
    let begin = Instant::now();
    assert_eq!(api.call("/me", "ada"), first);
    assert_eq!(api.call("/cors", "ada"), first);
    assert_ne!(api.call("/me", "eve"), first);
    while api.call("/me", "ada") == first {
        assert!(begin.elapsed() < TIMEOUT, "the decision never expires");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(begin.elapsed().as_secs() >= 1, "the decision expires after {:?}", begin.elapsed());
}

#[test]
fn each_part_of_a_request_can_identify_the_caller() {
    for origin in ["http_api", "rest_api"] {
        let api = Api::start(&["--origin", origin]);
        let get = |tenant: &str, path: &str| api.curl(&["--header", &format!("X-Tenant: {tenant}")], path);
        let call = |tenant: &str, path: &str| {
            let (status, _, user) = get(tenant, path);
            assert_eq!((status, &user["name"]), (200, &json!(tenant)), "{origin} {path}");
            user["call"].as_u64().unwrap()
        };
        let first = call("a", "/key?key=1");
        // Another query parameter is not an identity source.
        assert_eq!(call("a", "/key?key=1&page=2"), first, "{origin}");
        assert_ne!(call("b", "/key?key=1"), first, "{origin}");
        assert_ne!(call("a", "/key?key=2"), first, "{origin}");
        assert_eq!(call("a", "/key?key=1"), first, "{origin}");
        for (arguments, path) in [
            (&[][..], "/key?key=1"),
            (&["--header", "X-Tenant: a"], "/key"),
            (&["--header", "X-Tenant: a"], "/key?key="),
        ] {
            assert_eq!(api.curl(arguments, path).0, 401, "{origin} {path}");
        }
        assert_eq!(api.curl(&[], "/stage").0, 401, "{origin}");
        api.process.wait_for_stdout("staged: 401, an identity source is missing or empty (stage.color)");
    }
}

#[test]
fn preflight_requests_do_not_need_a_token() {
    let api = Api::start(&["--origin", "http_api"]);
    let preflight = ["--request", "OPTIONS", "--header", "Access-Control-Request-Method: GET"];
    let origin = ["--header", "Origin: http://127.0.0.1:1"];
    assert_eq!(api.curl(&[&preflight[..], &origin].concat(), "/cors").0, 200);
    assert_eq!(api.curl(&origin, "/cors").0, 401);
}

#[test]
fn claims_replace_authorizers_that_are_not_functions() {
    let api = Api::start(&["--origin", "http_api", "--claims", r#"{"sub":"ada","exp":7}"#]);
    assert_eq!(api.curl(&[], "/claims").2, json!({"sub": "ada", "exp": "7"}));
    // The function's own authorizer is still called.
    assert_eq!(api.curl(&[], "/me").0, 401);
    let file = std::env::temp_dir().join(format!("lrt-claims-of-eve-{}.json", std::process::id()));
    std::fs::write(&file, r#"{"sub":"eve","scope":["a","b"]}"#).unwrap();
    for (origin, scope) in [("http_api", "[a b]"), ("rest_api", "a,b")] {
        let api = Api::start(&["--origin", origin, "--claims", file.to_str().unwrap()]);
        assert_eq!(api.curl(&[], "/claims").2, json!({"sub": "eve", "scope": scope}), "{origin}");
    }
    std::fs::remove_file(&file).unwrap();
    let arn = "arn:aws:iam::123456789012:user/ada";
    let identity = json!({"userArn": arn}).to_string();
    for origin in ["http_api", "rest_api", "function_url"] {
        let api = Api::start(&["--origin", origin, "--claims", &identity]);
        assert_eq!(api.curl(&[], "/signed"), (200, String::new(), json!(arn)), "{origin}");
    }
    let api = Api::start(&["--origin", "http_api"]);
    assert_eq!((api.curl(&[], "/claims").0, api.curl(&[], "/signed").0), (401, 401));
}

/// API Gateway sees what boto3 sees: a decision, or a function error.
#[test]
fn authorizer_is_invoked_with_boto3() {
    let api = Api::start(&[]);
    let sample = |origin: &str| {
        let printed = Process::start(AUTHORIZED, &["sample", "auth", "--origin", origin], &[]).ended();
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        printed.stdout
    };
    for (origin, expected) in [
        ("http_api", json!({"isAuthorized": true, "context": {"name": "ada", "call": 1}})),
        ("http_api_format_1", json!({"name": "ada", "call": "2"})),
        ("rest_api", json!({"name": "ada", "call": "3"})),
        ("rest_api_token", json!({"name": "ada", "call": "4"})),
        ("websocket", json!({"name": "ada", "call": "5"})),
    ] {
        let event = sample(origin).replace("TOKEN\"", "ada\"").replace("\"type\": \"ada\"", "\"type\": \"TOKEN\"");
        let Some(boto3) = Boto3::plain(&api.address, "auth", &event, &json!({})) else { return };
        let said = boto3.next();
        let payload: Value = serde_json::from_str(said["Payload"].as_str().unwrap()).unwrap();
        let decision = if origin == "http_api" { &payload } else { &payload["context"] };
        assert_eq!((&said["FunctionError"], decision), (&Value::Null, &expected), "{origin}");
    }
    let event = sample("http_api").replace("TOKEN", "expired");
    let said = Boto3::plain(&api.address, "auth", &event, &json!({})).unwrap().next();
    let payload: Value = serde_json::from_str(said["Payload"].as_str().unwrap()).unwrap();
    assert_eq!((&said["FunctionError"], &payload["errorMessage"]), (&json!("Unhandled"), &json!("Unauthorized")));
}

#[test]
fn boto3_receives_the_responses_of_each_api() {
    for (origin, unauthorized, forbidden) in [
        ("http_api", Value::Null, (Value::Null, json!({"message": "Forbidden"}))),
        (
            "rest_api",
            json!("UnauthorizedException"),
            (
                json!("AccessDeniedException"),
                json!({"Message": "User is not authorized to access this resource with an explicit deny"}),
            ),
        ),
    ] {
        let api = Api::start(&["--origin", origin]);
        let url = format!("http://{}/me", api.address);
        let Some(said) = Boto3::request(&url, &["", "expired", "denied", "denied", "ada", "ada"]) else { return };
        let unauthorized = json!({"status": 401, "error": unauthorized, "body": {"message": "Unauthorized"}});
        let forbidden = json!({"status": 403, "error": forbidden.0, "body": forbidden.1});
        assert_eq!(said[..4], [unauthorized.clone(), unauthorized, forbidden.clone(), forbidden], "{origin}");
        api.process.wait_for_stdout("auth: 403 (cached)");
        assert_eq!((&said[4]["status"], &said[4]["body"]["name"]), (&json!(200), &json!("ada")), "{origin}");
        assert_eq!(said[5], said[4], "{origin}: the second decision is not the cached one");
        let begin = Instant::now();
        while Boto3::request(&url, &["ada"]).unwrap()[0] == said[4] {
            assert!(begin.elapsed() < TIMEOUT, "the decision never expires");
        }
    }
}
