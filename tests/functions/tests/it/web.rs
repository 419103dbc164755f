//! The local Lambda as the HTTP service in front of a function, over real sockets.

// Release builds have no local Lambda.
#![cfg(debug_assertions)]
// In tests, `unwrap` is an assertion.
use crate::support::{Process, Response, TIMEOUT, send};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

const WEB: &str = env!("CARGO_BIN_EXE_web");

/// A running `cargo run -- --port 0 --origin ORIGIN`.
struct Web {
    process: Process,
    address: String,
    curl: String,
}

impl Web {
    fn of(kind: &str) -> Web {
        Web::start(kind, &[], &[])
    }

    fn behind(origin: &str) -> Web {
        Web::start("http", &["--origin", origin], &[])
    }

    fn start(kind: &str, args: &[&str], env: &[(&str, &OsStr)]) -> Web {
        let env = [env, &[("WEB_KIND", OsStr::new(kind))]].concat();
        let process = Process::start(WEB, &[&["--port", "0"], args].concat(), &env);
        let line = process.stdout_line();
        let address = line.strip_prefix("`web` is served at http://").and_then(|rest| rest.split(' ').next());
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
        let curl = process.stdout_line();
        Web { process, address, curl }
    }

    fn get(&self, target: &str) -> Response {
        send(&self.address, "GET", target, &[], "")
    }

    /// Returns the event of a request.
    fn event(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Value {
        send(&self.address, method, target, headers, body).json()
    }

    /// Returns the response for a reply of the function.
    fn answer(&self, answer: Value) -> Response {
        let json = ("Content-Type", "application/json");
        send(&self.address, "POST", "/answer", &[json], &answer.to_string())
    }

    /// Sends bytes, which need not be valid HTTP, and returns the entire response.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.write_all(bytes).unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        String::from_utf8_lossy(&response).into_owned()
    }
}

#[test]
fn http_functions_are_served_as_a_function_url() {
    let web = Web::of("http");
    assert_eq!(web.curl, format!("curl http://{}/", web.address));
    let headers = [("Cookie", "a=1; b=2"), ("X-Many", "one"), ("X-Many", "two"), ("Content-Type", "application/json")];
    let event = web.event("PUT", "/a%20b/%zz%2F?x=1&x=%20%&&=", &headers, "{}");
    assert_eq!((&event["version"], &event["rawPath"]), (&json!("2.0"), &json!("/a%20b/%zz%2F")));
    assert_eq!(event["rawQueryString"], "x=1&x=%20%&&=");
    assert_eq!(event["queryStringParameters"]["x"], "1, %");
    assert_eq!((&event["cookies"], &event["headers"]["x-many"]), (&json!(["a=1", "b=2"]), &json!("one,two")));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{}"), &json!(false)));
    let context = &event["requestContext"];
    assert_eq!((&context["http"]["method"], &context["http"]["sourceIp"]), (&json!("PUT"), &json!("127.0.0.1")));
    assert_eq!(event["headers"]["host"], web.address);
    // The domain distinguishes a function URL from an HTTP API.
    assert_eq!(context["domainName"], "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws");
    assert_eq!(event["headers"]["x-forwarded-proto"], "http");
    let port = web.address.split(':').nth(1).unwrap();
    assert_eq!(event["headers"]["x-forwarded-port"], port);
}

#[test]
fn each_origin_has_its_own_event() {
    let version = |web: &Web| web.event("GET", "/a?b=c", &[], "");
    let api = Web::of("api_gateway");
    assert_eq!(version(&api)["requestContext"]["domainName"], api.address);
    let rest = version(&Web::behind("rest_api"));
    assert_eq!(
        (&rest["resource"], &rest["multiValueQueryStringParameters"]),
        (&json!("/{proxy+}"), &json!({"b": ["c"]}))
    );
    let alb = version(&Web::of("alb"));
    assert!(alb["requestContext"]["elb"]["targetGroupArn"].is_string());
    assert_eq!(
        (&alb["queryStringParameters"], &alb["headers"]["x-forwarded-for"]),
        (&json!({"b": "c"}), &json!("127.0.0.1"))
    );
    let lattice = version(&Web::behind("lattice"));
    assert_eq!((&lattice["version"], &lattice["queryStringParameters"]), (&json!("2.0"), &json!({"b": ["c"]})));
}

#[test]
fn each_request_has_its_own_id_and_time() {
    let web = Web::of("function_url");
    let [first, second] = [(); 2].map(|()| web.get("/"));
    let id = |response: &Response| response.json()["requestContext"]["requestId"].clone();
    assert_ne!(id(&first), id(&second));
    assert_eq!(first.header("x-amzn-requestid").map(Value::from), Some(id(&first)));
    assert!(first.json()["requestContext"]["timeEpoch"].as_u64() > Some(1_767_225_600_000));
}

#[test]
fn route_is_in_the_event_and_in_the_curl_command() {
    let route = [("WEB_ROUTE", OsStr::new("POST /orders/{id}"))];
    let web = Web::start("http_api", &[], &route);
    let line = format!("curl -X POST http://{}/orders/1 -H 'content-type: application/json' -d '{{}}'", web.address);
    assert_eq!(web.curl, line);
    let event = web.event("POST", "/orders/7", &[], "");
    assert_eq!((&event["routeKey"], &event["pathParameters"]), (&json!("POST /orders/{id}"), &json!({"id": "7"})));
    // Requests for other routes reach the function.
    assert_eq!(web.event("GET", "/orders/7", &[], "")["routeKey"], "$default");
}

#[test]
fn reply_becomes_the_response() {
    let web = Web::of("http");
    let answer = json!({
        "statusCode": 418,
        "headers": {"X-One": "1", "Content-Type": "text/x", "Content-Length": "99", "Connection": "close"},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": "aMOp",
        "isBase64Encoded": true,
    });
    let response = web.answer(answer.clone());
    assert_eq!((response.status, response.header("x-one"), &*response.body), (418, Some("1"), "hé"));
    assert_eq!((response.header("content-type"), response.header("content-length")), (Some("text/x"), Some("3")));
    let body = answer.to_string();
    let request = format!(
        "POST /answer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let raw = web.raw(request.as_bytes()).to_lowercase();
    assert!(raw.contains("\r\nset-cookie: a=1; path=/\r\n") && raw.contains("\r\nset-cookie: b=2\r\n"), "{raw}");

    // In payload format 2.0, a reply without `statusCode` is a body.
    let response = web.answer(json!({"id": 7}));
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    assert_eq!(response.json(), json!({"id": 7}));
}

#[test]
fn rest_api_repeats_repeated_headers() {
    let web = Web::behind("rest_api");
    let answer = json!({"statusCode": 200, "headers": {"b": "3"}, "multiValueHeaders": {"x-a": ["1", "2"]}});
    let body = answer.to_string();
    let head = "POST /answer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close";
    let raw = web.raw(format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    assert!(raw.contains("\r\nx-a: 1\r\nx-a: 2\r\n"), "{raw}");
    assert!(raw.contains("\r\nb: 3\r\n"), "{raw}");
}

#[test]
fn head_response_has_a_length_and_no_body() {
    let web = Web::of("http");
    let raw = web.raw(b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-length: "), "{head}");
    assert_eq!(body, "");
}

#[test]
fn failures_have_the_error_response_of_each_service() {
    let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n\
                <body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
    for (origin, status, body) in [
        ("rest_api", 502, r#"{"message":"Internal server error"}"#),
        ("http_api", 500, r#"{"message":"Internal Server Error"}"#),
        ("function_url", 502, "Internal Server Error"),
        ("alb", 502, page),
        ("lattice", 502, "Bad Gateway"),
    ] {
        let web = Web::behind(origin);
        let failed = web.get("/fail");
        assert_eq!((failed.status, &*failed.body), (status, body), "{origin}");
        let malformed = web.answer(json!({"statusCode": 200, "headers": {"a": "b\r\nc: d"}}));
        assert_eq!((malformed.status, &*malformed.body), (status, body), "{origin}");
        // The reason is logged, and the next request is handled.
        let why = "rejected the function's reply: control character in the value of header a";
        web.process.wait_for_stderr(&format!("ERROR {origin} {why}"));
        assert_eq!(web.get("/").status, 200, "{origin}");
    }
}

#[test]
fn oversized_requests_and_responses_are_rejected() {
    let web = Web::of("alb");
    let text = [("Content-Type", "text/plain")];
    let post = |web: &Web, bytes: usize| send(&web.address, "POST", "/fail", &text, &"x".repeat(bytes)).status;
    assert_eq!(post(&web, 1_048_577), 413);
    // The request reached the function, which fails.
    assert_eq!(post(&web, 1_048_576), 502);
    let response = web.answer(json!({"statusCode": 200, "body": "x".repeat(1_000_000)}));
    assert_eq!((response.status, response.body.len()), (200, 1_000_000));

    let web = Web::of("function_url");
    assert_eq!((post(&web, 6_000_000), post(&web, 6_291_556), post(&web, 6_291_557)), (502, 413, 413));
    // Base64 makes the body a third larger.
    let response = send(&web.address, "POST", "/", &[("Content-Type", "image/png")], &"x".repeat(5_000_000));
    assert_eq!(response.status, 413);
    assert!(response.body.starts_with(r#"{"Message":"Request must be smaller than 6291456 bytes"#), "{response:?}");
}

#[test]
fn unusual_requests_are_answered() {
    let web = Web::of("http");
    let host = "Host: localhost\r\nConnection: close\r\n";
    let status = |request: String| web.raw(request.as_bytes()).split(' ').nth(1).map(str::to_owned);
    let refused = Some("400".to_owned());
    assert_eq!(status(format!("CONNECT localhost:80 HTTP/1.1\r\n{host}\r\n")), refused);
    assert_eq!(status(format!("OPTIONS * HTTP/1.1\r\n{host}\r\n")), refused);
    assert_eq!(status("nonsense\r\n\r\n".to_owned()), refused);
    assert_eq!(status("GET /\u{1} HTTP/1.1\r\n\r\n".to_owned()), refused);

    let event = |request: &[u8]| -> Value {
        let response = web.raw(request);
        serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap_or_else(|_| panic!("{response}"))
    };
    // Unknown methods reach the function.
    let brewed = event(format!("BREW /pot HTTP/1.1\r\n{host}\r\n").as_bytes());
    assert_eq!(brewed["requestContext"]["http"]["method"], "BREW");
    let absolute = event(format!("GET http://localhost:7/a?b HTTP/1.1\r\n{host}\r\n").as_bytes());
    assert_eq!((&absolute["rawPath"], &absolute["rawQueryString"]), (&json!("/a"), &json!("b")));
    assert_eq!(absolute["headers"]["host"], "localhost:7");
    // A value that is not UTF-8 is decoded as Latin-1.
    let latin = event(&[format!("GET / HTTP/1.1\r\n{host}X-Name: Ren").as_bytes(), b"\xe9\r\n\r\n"].concat());
    assert_eq!(latin["headers"]["x-name"], "René");
    let utf8 = event(format!("GET / HTTP/1.1\r\n{host}X-Name: René\r\n\r\n").as_bytes());
    assert_eq!(utf8["headers"]["x-name"], "René");
    let chunked =
        event(format!("POST / HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n").as_bytes());
    assert_eq!((&chunked["body"], &chunked["headers"]["content-length"]), (&json!("ab"), &json!("2")));
    assert_eq!(chunked["headers"].get("transfer-encoding"), None);
    let binary =
        event(&[format!("POST / HTTP/1.1\r\n{host}Content-Length: 2\r\n\r\n").as_bytes(), b"\xff\x00"].concat());
    assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&json!("/wA="), &json!(true)));

    // An incomplete body does not reach the function, and later requests are handled.
    let mut stream = TcpStream::connect(&web.address).unwrap();
    stream.write_all(format!("POST / HTTP/1.1\r\n{host}Content-Length: 9\r\n\r\nab").as_bytes()).unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
    assert_eq!(web.get("/").status, 200);
}

#[test]
fn local_pages_are_allowed_and_others_rejected() {
    let web = Web::of("http");
    let status = |headers: &[(&str, &str)]| send(&web.address, "GET", "/", headers, "").status;
    assert_eq!(status(&[("Origin", "http://localhost:3000"), ("Sec-Fetch-Site", "same-site")]), 200);
    assert_eq!(status(&[("Origin", "https://evil.example")]), 403);
    assert_eq!(status(&[("Host", "evil.example")]), 403);
    assert_eq!(status(&[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")]), 403);
    let preflight = [("Origin", "http://localhost:3000"), ("Access-Control-Request-Method", "PUT")];
    let event = web.event("OPTIONS", "/", &preflight, "");
    assert_eq!(event["headers"]["access-control-request-method"], "PUT");
}

#[test]
fn invoke_api_is_served_as_well() {
    let web = Web::of("http");
    let invoke = |name: &str| {
        let path = format!("/2015-03-31/functions/{name}/invocations");
        send(&web.address, "POST", &path, &[], r#"{"rawPath":"/x"}"#)
    };
    assert_eq!(invoke("web").json()["statusCode"], 200);
    assert_eq!(
        invoke("other").json()["Message"],
        "Function not found: arn:aws:lambda:us-east-1:000000000000:function:other"
    );
    // Functions of other kinds have no HTTP endpoint.
    assert_eq!(Web::of("websocket").get("/").status, 404);
}

#[test]
fn unsupported_origin_is_rejected() {
    for (kind, why) in [
        ("api_gateway", "--origin alb: a function of kind api_gateway supports http_api, rest_api"),
        ("sqs", "--origin requires an HTTP function, and this one is of kind sqs"),
    ] {
        let ended = Process::start(WEB, &["--origin", "alb"], &[("WEB_KIND", OsStr::new(kind))]).ended();
        assert_eq!((ended.code, ended.stderr), (Some(2), format!("ERROR {why}\n")));
    }
}

#[test]
fn claims_are_in_the_events_of_api_gateway() {
    let claims = r#"{"sub":"ada","exp":1700000000,"cognito:groups":["a","b"]}"#;
    for (origin, pointer, groups) in [
        ("http_api", "/requestContext/authorizer/jwt/claims", "[a b]"),
        ("rest_api", "/requestContext/authorizer/claims", "a,b"),
    ] {
        let web = Web::start("http", &["--origin", origin, "--claims", claims], &[]);
        let expected = json!({ "sub": "ada", "exp": "1700000000", "cognito:groups": groups });
        assert_eq!(web.event("GET", "/", &[], "").pointer(pointer), Some(&expected), "{origin}");
    }
    for (args, error) in [
        (
            &["--claims", claims][..],
            "--claims requires a function behind API Gateway (add --origin http_api or --origin rest_api)",
        ),
        (&["--origin", "http_api", "--claims", "[1]"], "invalid claims in --claims: expected a JSON object"),
    ] {
        let ended = Process::start(WEB, args, &[("WEB_KIND", OsStr::new("http"))]).ended();
        assert_eq!((ended.code, ended.stderr), (Some(2), format!("ERROR {error}\n")));
    }
}
