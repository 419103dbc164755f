//! Requests that are created from events, and the errors for invalid and unexpected events.

use axum_core::extract::FromRequest;
use bytes::Bytes;
use lrt_http::{AcceptedOrigins, Event, EventError, Origin, Request, read};
use proptest::prelude::*;
use serde_json::{Value, json};

fn second(fields: Value) -> Value {
    with(json!({"version": "2.0", "rawPath": "/", "requestContext": {"http": {"method": "GET"}}}), fields)
}

fn first(fields: Value) -> Value {
    with(json!({"path": "/", "httpMethod": "GET", "requestContext": {"stage": "prod"}}), fields)
}

fn alb(fields: Value) -> Value {
    with(json!({"path": "/", "httpMethod": "GET", "requestContext": {"elb": {"targetGroupArn": "arn"}}}), fields)
}

fn lattice(fields: Value) -> Value {
    with(json!({"version": "2.0", "path": "/", "method": "GET", "requestContext": {"serviceArn": "arn"}}), fields)
}

fn with(mut event: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().into_iter().flatten() {
        event[name] = value.clone();
    }
    event
}

fn convert(event: &Value) -> Request {
    read(&event.to_string().into(), AcceptedOrigins::Any, None)
        .unwrap_or_else(|error| panic!("{error:?} for {event}"))
        .0
}

fn uri(event: Value) -> String {
    convert(&event).uri().to_string()
}

async fn body(event: Value) -> Bytes {
    Bytes::from_request(convert(&event), &()).await.unwrap_or_default()
}

/// The invalid field and the reason.
fn invalid(event: &Value) -> (String, String) {
    match read(&event.to_string().into(), AcceptedOrigins::Any, None) {
        Err(EventError::Invalid { field, reason, .. }) => (field, reason),
        other => panic!("{:?} for {event}", other.map(|(request, _)| request)),
    }
}

fn error(event: &str, accepts: AcceptedOrigins) -> String {
    match read(&event.to_owned().into(), accepts, None) {
        Err(EventError::NotHttp(report) | EventError::Unexpected(report)) => {
            assert_eq!(report.name(), "Runtime.UnmarshalError");
            report.to_string()
        }
        other => panic!("{:?} for {event}", other.map(|(request, _)| request)),
    }
}

#[test]
fn invalid_fields_are_reported_with_their_names() {
    for (event, field) in [
        (second(json!({"body": "a", "isBase64Encoded": true})), "body"),
        (second(json!({"body": "YQ\n==", "isBase64Encoded": true})), "body"),
        (second(json!({"body": {"a": 1}})), "body"),
        (second(json!({"headers": {"x y": "1"}})), "headers.x y"),
        (second(json!({"headers": {"": "1"}})), "headers."),
        (second(json!({"headers": {"x-a": "1\r\nset-cookie: a"}})), "headers.x-a"),
        (second(json!({"headers": {"x-a": "\u{0}"}})), "headers.x-a"),
        (second(json!({"headers": {"x-a": "\u{7f}"}})), "headers.x-a"),
        (second(json!({"headers": "x"})), "headers"),
        (second(json!({"cookies": ["a=1\n"]})), "cookies"),
        (second(json!({"cookies": ["a=1", "b=\r2"]})), "cookies"),
        (second(json!({"cookies": [7]})), "cookies"),
        (second(json!({"cookies": "a=1"})), "cookies"),
        (second(json!({"rawQueryString": 7})), "rawQueryString"),
        (second(json!({"rawPath": 7})), "rawPath"),
        (second(json!({"rawPath": format!("/{}", "x".repeat(70_000))})), "rawPath"),
        (second(json!({"requestContext": {"http": {"method": "GE T"}}})), "requestContext.http.method"),
        (second(json!({"requestContext": {"http": {}}})), "requestContext.http.method"),
        (first(json!({"httpMethod": ""})), "httpMethod"),
        (first(json!({"httpMethod": 7})), "httpMethod"),
        (first(json!({"path": "/100%"})), "path"),
        (first(json!({"path": "/%zz"})), "path"),
        (first(json!({"multiValueHeaders": {"x-a": ["1", "\n"]}})), "multiValueHeaders.x-a"),
        (first(json!({"multiValueHeaders": {"x-a": [["1"]]}})), "multiValueHeaders.x-a"),
        (first(json!({"multiValueHeaders": ["x"]})), "multiValueHeaders"),
        (first(json!({"multiValueQueryStringParameters": {"a": [[7]]}})), "multiValueQueryStringParameters.a"),
        (first(json!({"queryStringParameters": 7})), "queryStringParameters"),
        (alb(json!({"path": "/%4"})), "path"),
        (lattice(json!({"headers": {"x-a": ["1", "\u{1}"]}})), "headers.x-a"),
        (lattice(json!({"method": "G\u{e9}T"})), "method"),
        (lattice(json!({"queryStringParameters": {"a": [{}]}})), "queryStringParameters.a"),
        (lattice(json!({"headers": {"x-a": {}}})), "headers.x-a"),
        (second(json!({"body": "a", "isBase64Encoded": "true"})), "body"),
    ] {
        let (found, reason) = invalid(&event);
        assert_eq!(found, field, "{event}");
        assert!(!reason.is_empty());
    }
}

#[test]
fn unpaired_surrogates_are_invalid() {
    for (field, value) in
        [("body", r#""\ud800""#), ("rawQueryString", r#""\ud800""#), ("headers.x-a", r#"{"x-a":"\udc00"}"#)]
    {
        let name = field.split('.').next().unwrap_or_default();
        let event = format!(
            r#"{{"version":"2.0","rawPath":"/","requestContext":{{"http":{{"method":"GET"}}}},"{name}":{value}}}"#
        );
        match read(&event.clone().into(), AcceptedOrigins::Any, None) {
            Err(EventError::Invalid { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{:?} for {event}", other.map(|(request, _)| request)),
        }
    }
}

#[tokio::test]
async fn null_is_equivalent_to_a_missing_field() {
    for event in [second(json!({})), first(json!({})), alb(json!({})), lattice(json!({}))] {
        let mut event = with(event, json!({"headers": null, "multiValueHeaders": null, "cookies": null, "body": null}));
        let names = ["queryStringParameters", "multiValueQueryStringParameters", "rawQueryString", "pathParameters"];
        names.iter().for_each(|name| event[name] = Value::Null);
        let request = convert(&event);
        assert_eq!((request.uri().to_string(), request.headers().len()), ("/".to_owned(), 0), "{event}");
        let found: &Event = request.extensions().get().expect("each request has its event");
        assert_eq!(found.path_parameters().count() + found.stage_variables().count(), 0);
        assert_eq!(body(event).await, "");
    }
    let headers = json!({"x-a": null, "x-b": [null, "1"]});
    assert_eq!(convert(&lattice(json!({"headers": headers}))).headers().len(), 1);
}

#[test]
fn an_invalid_host_is_not_an_authority() {
    for host in ["a b", "<url-id>.lambda-url.eu-west-1.on.aws", "", "a:b:c", "[::1", "é"] {
        let headers = json!({"host": host, "x-forwarded-proto": "http"});
        let request = convert(&second(json!({"headers": headers})));
        assert_eq!(request.uri(), "/", "{host}");
        assert_eq!(request.headers()["host"].as_bytes(), host.as_bytes());
        let context = json!({"domainName": "api.example", "http": {"method": "GET"}});
        assert_eq!(uri(second(json!({"headers": headers, "requestContext": context}))), "http://api.example/");
    }
}

#[test]
fn unknown_schemes_are_https() {
    for (proto, expected) in
        [("http", "http"), ("HTTP", "http"), ("https", "https"), ("gopher", "https"), ("a b", "https")]
    {
        let headers = json!({"Host": "a.example", "X-Forwarded-Proto": proto});
        assert_eq!(uri(first(json!({"headers": headers}))), format!("{expected}://a.example/"));
    }
}

#[test]
fn stage_and_base_path_are_stripped_from_the_path() {
    let at = |stage: &str, path: &str| {
        second(json!({"rawPath": path, "requestContext": {"stage": stage, "http": {"method": "GET"}}}))
    };
    assert_eq!(uri(at("prod", "/prod/orders/7")), "/orders/7");
    assert_eq!(uri(at("prod", "/prod")), "/");
    assert_eq!(uri(at("prod", "/production")), "/production");
    assert_eq!(uri(at("prod", "/orders/prod")), "/orders/prod");
    assert_eq!(uri(at("$default", "/$default/a")), "/$default/a");
    let first_of_http_api = json!({"version": "1.0", "path": "/prod/a"});
    assert_eq!(uri(first(first_of_http_api)), "/a");
    assert_eq!(uri(first(json!({"path": "/prod/a"}))), "/prod/a");
    let based = |base| {
        read(&at("prod", "/prod/v1/a").to_string().into(), AcceptedOrigins::Any, Some(base)).map(|found| found.0)
    };
    for base in ["/v1", "v1", "/v1/"] {
        let request = based(base).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(request.uri(), "/a");
        assert_eq!(request.extensions().get::<Event>().map(Event::raw_path).as_deref(), Some("/prod/v1/a"));
    }
    assert_eq!(based("/v").map(|request| request.uri().to_string()).ok().as_deref(), Some("/v1/a"));
}

#[test]
fn decoded_paths_are_encoded() {
    assert_eq!(uri(second(json!({"rawPath": "/a b/é?x#y/100%"}))), "/a%20b/%C3%A9%3Fx%23y/100%25");
    assert_eq!(uri(second(json!({"rawPath": "/a%20b"}))), "/a%20b");
    assert_eq!(uri(second(json!({"rawPath": ""}))), "/");
    assert_eq!(uri(second(json!({"rawPath": "//evil.example/"}))), "//evil.example/");
    assert_eq!(uri(second(json!({"rawPath": "a"}))), "/a");
}

#[test]
fn queries_are_encoded_exactly_once() {
    assert_eq!(uri(second(json!({"rawQueryString": "a=%20+b&c&a=100%&d=\"é\""}))), "/?a=%20+b&c&a=100%&d=%22%C3%A9%22");
    let decoded = json!({"a b": "1+1=2&3", "é": "100%"});
    assert_eq!(uri(first(json!({"queryStringParameters": decoded}))), "/?a%20b=1%2B1%3D2%263&%C3%A9=100%25");
    let encoded = json!({"a%20b": "1%2B1=2+3", "é": "100%", "x=y": "&"});
    assert_eq!(uri(alb(json!({"queryStringParameters": encoded}))), "/?a%20b=1%2B1=2+3&x%3Dy=%26&%C3%A9=100%25");
    let multi = json!({"a": ["1", "2"], "b": [], "c": null});
    let single = json!({"a": "2", "b": "3", "c": "4", "d": "5"});
    let both = json!({"multiValueQueryStringParameters": multi, "queryStringParameters": single});
    assert_eq!(uri(first(both)), "/?a=1&a=2&b=3&c=4&d=5");
    assert_eq!(uri(lattice(json!({"queryStringParameters": {"a": ["1", "2"]}}))), "/?a=1&a=2");
    assert_eq!(uri(lattice(json!({"path": "/b?a=%201", "queryStringParameters": {"a": "1"}}))), "/b?a=%201");
    // The same JSON with escapes.
    let event = lattice(json!({"path": "/b c?a=1&b=%22"})).to_string();
    for escaped in [event.replace('&', "\\u0026"), event.replace("/b", "\\/b"), event.replace('?', "\\u003f")] {
        let (request, _) = read(&escaped.clone().into(), AcceptedOrigins::Any, None).expect(&escaped);
        assert_eq!(request.uri(), "/b%20c?a=1&b=%22", "{escaped}");
    }
}

#[test]
fn multi_value_headers_precede_headers() {
    let multi = json!({"X-A": ["1", "2"], "X-B": ["é\"\\"], "X-E": null});
    let single = json!({"x-a": "2", "X-C": "3", "X-E": "4", "Host": "a.example"});
    let request = convert(&first(json!({"headers": single, "multiValueHeaders": multi})));
    let values = |name: &str| request.headers().get_all(name).iter().map(|value| value.as_bytes()).collect::<Vec<_>>();
    assert_eq!(values("x-a"), [b"1", b"2"]);
    assert_eq!(values("x-b"), ["é\"\\".as_bytes()]);
    assert_eq!((values("x-c"), values("x-e")), (vec![&b"3"[..]], vec![&b"4"[..]]));
    assert_eq!(request.uri(), "https://a.example/");
    // The order of the members does not matter.
    let event = r#"{"multiValueHeaders":{"a":["1"],"b":["2"]},"headers":{"b":"2","a":"1","c":"3"},"path":"/","httpMethod":"GET"}"#;
    let (request, _) = read(&event.into(), AcceptedOrigins::Any, None).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(request.headers().len(), 3);
}

#[test]
fn cookies_are_joined_into_one_header() {
    let headers = json!({"cookie": "a=1; b=2"});
    let request = convert(&second(json!({"headers": headers, "cookies": ["a=1", "b=2"]})));
    assert_eq!(request.headers().get_all("cookie").iter().collect::<Vec<_>>(), ["a=1; b=2"]);
    assert_eq!(convert(&second(json!({"headers": headers, "cookies": []}))).headers()["cookie"], "a=1; b=2");
}

#[tokio::test]
async fn bodies_are_unescaped_and_decoded() {
    assert_eq!(body(second(json!({"body": "a\n\"é😀\\"}))).await, "a\n\"é😀\\");
    for base64 in ["/+8A", "/+8AYQ==", "/+8AYQ"] {
        let found = body(second(json!({"body": base64, "isBase64Encoded": true}))).await;
        assert!(found.starts_with(&[0xFF, 0xEF, 0]), "{found:?}");
    }
    assert_eq!(body(second(json!({"body": "YQ==", "isBase64Encoded": false}))).await, "YQ==");
}

#[test]
fn origins_are_detected() {
    let websocket = |kind| json!({"requestContext": {"connectionId": "c", "eventType": kind, "stage": "prod"}});
    let url = json!({"requestContext": {"domainName": "a.lambda-url.eu-west-1.on.aws", "http": {"method": "GET"}}});
    for (event, origin, method) in [
        (first(json!({})), Origin::RestApi, "GET"),
        (first(json!({"version": "1.0"})), Origin::HttpApi, "GET"),
        (first(json!({"version": null})), Origin::RestApi, "GET"),
        // The form that cargo-lambda sends.
        (second(json!({"httpMethod": "POST"})), Origin::HttpApi, "GET"),
        (second(url), Origin::FunctionUrl, "GET"),
        (alb(json!({})), Origin::Alb, "GET"),
        (lattice(json!({})), Origin::Lattice, "GET"),
        (json!({"raw_path": "/", "method": "PUT", "headers": {}}), Origin::Lattice, "PUT"),
        (websocket("CONNECT"), Origin::WebSocket, "GET"),
        (websocket("MESSAGE"), Origin::WebSocket, "POST"),
        (websocket("DISCONNECT"), Origin::WebSocket, "GET"),
    ] {
        let request = convert(&event);
        let found = request.extensions().get().map(Event::origin);
        assert_eq!((found, request.method().as_str()), (Some(origin), method), "{event}");
    }
}

#[test]
fn events_of_other_origins_are_rejected_with_both_names() {
    use AcceptedOrigins::*;
    let events =
        [first(json!({})), first(json!({"version": "1.0"})), second(json!({})), alb(json!({})), lattice(json!({}))];
    for (accepts, expected) in [
        (Any, [true, true, true, true, true]),
        (ApiGateway, [true, true, true, false, false]),
        (RestApi, [true, true, false, false, false]),
        (HttpApi, [false, true, true, false, false]),
        (FunctionUrl, [false, false, true, false, false]),
        (Alb, [false, false, false, true, false]),
        (Lattice, [false, false, false, false, true]),
        (Streaming, [true, true, true, false, false]),
        (WebSocket, [false; 5]),
    ] {
        for (event, expected) in events.iter().zip(expected) {
            assert_eq!(read(&event.to_string().into(), accepts, None).is_ok(), expected, "{accepts:?} {event}");
        }
    }
    assert_eq!(
        error(&alb(json!({})).to_string(), RestApi),
        "expected an event from a REST API, got one from an Application Load Balancer. Write `#[lambda(alb)]`, or \
         `#[lambda(http)]` to accept every source"
    );
    // The kind is already `http`.
    assert_eq!(
        error(&alb(json!({})).to_string(), Streaming),
        "expected an event from a function URL or a REST API, got one from an Application Load Balancer. It does not support \
         response streaming: remove `streaming`"
    );
}

#[test]
fn other_events_are_rejected_with_a_description() {
    for (event, description) in [
        (json!({"Records": [{"eventSource": "aws:sqs"}]}), "a batch of records from aws:sqs"),
        (json!({"Records": [{"EventSource": "aws:sns"}]}), "a batch of records from aws:sns"),
        (json!({"Records": [{"eventSource": "aws:4111"}]}), "a batch of records"),
        (json!({"Records": [{"eventSource": {"card": "4111"}}]}), "a batch of records"),
        (json!({"detail-type": "x", "source": "y"}), "an EventBridge event"),
        (first(json!({"methodArn": "arn", "type": "REQUEST"})), "a Lambda authorizer event"),
        (second(json!({"routeArn": "arn", "type": "REQUEST"})), "a Lambda authorizer event"),
        (json!({"a": 1, "b": 2}), "an object with the members `a`, `b`"),
        (json!({"ada@example.com": 1}), "an object with the members `[…]`"),
        (json!({}), "an empty object"),
        (json!([1]), "a JSON value that is not an object"),
        (json!(null), "a JSON value that is not an object"),
    ] {
        let expected = format!("expected an event from an HTTP source, got {description}");
        assert_eq!(error(&event.to_string(), AcceptedOrigins::Any), expected);
    }
    assert_eq!(error("{\"a\":", AcceptedOrigins::Any), "invalid JSON: EOF while parsing a value at line 1 column 5");
    assert_eq!(error("", AcceptedOrigins::Any), "invalid JSON: EOF while parsing a value at line 1 column 0");
}

/// Emulators and custom domains have host names that do not identify the service.
#[test]
fn payload_format_2_is_accepted_from_every_host_by_every_kind_that_supports_it() {
    use AcceptedOrigins::*;
    for domain in [json!("localhost"), json!("api.example.com"), json!("a.lambda-url.eu-west-1.on.aws"), Value::Null] {
        let event = second(json!({"requestContext": {"domainName": domain, "http": {"method": "GET"}}}));
        for accepts in [Any, Streaming, ApiGateway, HttpApi, FunctionUrl] {
            let result = read(&event.to_string().into(), accepts, None);
            assert!(result.is_ok(), "{accepts:?} {domain}: {:?}", result.map(|(request, _)| request));
        }
        for accepts in [RestApi, Alb, Lattice, WebSocket] {
            assert!(read(&event.to_string().into(), accepts, None).is_err(), "{accepts:?} {domain}");
        }
    }
}

/// Hand-written events and emulators contain numbers and booleans where AWS sends strings.
#[tokio::test]
async fn numbers_and_booleans_are_accepted_as_their_text() {
    let scalars = json!({"a": 15, "b": true, "c": false, "d": -1.5e3, "e": "x", "f": null});
    let lists = json!({"a": [15], "b": [true], "c": [false], "d": [-1.5e3], "e": ["x"], "f": [null]});
    let expected = [("a", "15"), ("b", "true"), ("c", "false"), ("d", "-1500.0"), ("e", "x")];
    for event in [
        second(json!({"headers": scalars, "queryStringParameters": scalars, "pathParameters": scalars})),
        first(json!({"headers": scalars, "queryStringParameters": scalars, "pathParameters": scalars})),
        first(json!({
            "headers": scalars, "multiValueHeaders": lists, "multiValueQueryStringParameters": lists,
            "pathParameters": scalars
        })),
        alb(json!({"multiValueHeaders": lists, "multiValueQueryStringParameters": lists, "pathParameters": scalars})),
        lattice(json!({"headers": lists, "queryStringParameters": scalars, "pathParameters": scalars})),
    ] {
        let request = convert(&event);
        let headers: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(headers, expected, "{event}");
        assert_eq!(request.uri().query(), Some("a=15&b=true&c=false&d=-1500.0&e=x"), "{event}");
        let found: &Event = request.extensions().get().unwrap();
        assert!(found.path_parameters().eq(expected.map(|(name, value)| (name.into(), value.into()))), "{event}");
    }
    for (is_base64, expected) in [
        (json!(true), "a"),
        (json!("true"), "a"),
        (json!("True"), "a"),
        (json!(1), "YQ=="),
        (json!("false"), "YQ=="),
        (json!(""), "YQ=="),
    ] {
        assert_eq!(body(second(json!({"body": "YQ==", "isBase64Encoded": is_base64}))).await, expected, "{is_base64}");
    }
}

/// Arbitrary JSON that contains many fields of HTTP events.
fn event() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "version",
        "path",
        "rawPath",
        "raw_path",
        "httpMethod",
        "method",
        "headers",
        "multiValueHeaders",
        "cookies",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "rawQueryString",
        "body",
        "isBase64Encoded",
        "requestContext",
        "http",
        "elb",
        "stage",
        "connectionId",
        "pathParameters",
        "host",
        "x",
    ]);
    let text = prop_oneof![
        Just("2.0".to_owned()),
        Just("1.0".to_owned()),
        Just("GET".to_owned()),
        Just("/prod/a".to_owned()),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        text.prop_map(Value::from)
    ];
    let nested = leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..10)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    });
    (
        nested,
        prop::sample::select(vec![first(json!({})), second(json!({})), alb(json!({})), lattice(json!({})), json!({})]),
    )
        .prop_map(|(fields, event)| with(event, fields))
}

proptest! {
    /// Any JSON is converted or rejected, and no header contains CR, LF or NUL.
    #[test]
    fn any_json_is_converted_or_rejected(event in event(), base in prop::option::of("/[a-z]{0,4}")) {
        if let Ok((request, _)) = read(&event.to_string().into(), AcceptedOrigins::Any, base.as_deref()) {
            for value in request.headers().values() {
                prop_assert!(!value.as_bytes().iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
            }
            let event = request.extensions().get::<Event>().expect("each request has its event");
            let _ = (event.raw_path(), event.path_parameters().count(), event.stage_variables().count(), event.context());
        }
    }

    /// The grammar is the same as serde_json's.
    #[test]
    fn any_bytes_are_converted_or_rejected(
        event in event(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![any::<u8>(), prop::sample::select(b"{}[],:\"\\1 ".to_vec())]),
            1..6,
        ),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut event = event.to_string().into_bytes();
        for (place, byte) in changes {
            let place = place.index(event.len());
            event[place] = byte;
        }
        let cut = event[..cut.index(event.len() + 1)].to_vec();
        for event in [event, cut] {
            let is_json =
                std::str::from_utf8(&event).is_ok_and(|json| serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok());
            let is_rejected = match read(&event.clone().into(), AcceptedOrigins::Any, None) {
                Ok((request, _)) => {
                    let event = request.extensions().get::<Event>().expect("each request has its event");
                    let _ = (event.raw_path(), event.path_parameters().count());
                    false
                }
                Err(EventError::NotHttp(report) | EventError::Unexpected(report)) => report.to_string().starts_with("invalid JSON: "),
                Err(EventError::Invalid { .. }) => false,
            };
            prop_assert_eq!(is_rejected, !is_json, "{}", String::from_utf8_lossy(&event));
        }
    }
}

/// Each change makes the event invalid JSON, at a position where its fields are either read or skipped.
#[test]
fn events_that_are_not_json_are_rejected_by_every_origin() {
    let fields = json!({"headers": {"a": "b", "c": "d"}, "ignored": {"e": [1, {"f": null}], "g": true}});
    for event in [first(fields.clone()), second(fields.clone()), alb(fields.clone()), lattice(fields)] {
        let event = event.to_string();
        assert!(read(&event.clone().into(), AcceptedOrigins::Any, None).is_ok(), "{event}");
        for (old, new) in [
            (r#""b","c""#, r#""b" "c""#),
            (r#""b","c""#, r#""b",,"c""#),
            (r#""d"}"#, r#""d",}"#),
            (r#""d"}"#, r#""d"]"#),
            ("[1,", "[1 "),
            (r#"null}]"#, r#"null]}"#),
            (r#"null}]"#, r#"null}"#),
            (r#""g":true"#, r#""g":truth"#),
            (r#""g":true"#, r#""g":01"#),
            (r#""g":true"#, r#""g" true"#),
            (r#""g":true"#, r#""g":"\q""#),
            (r#""g":true"#, "\"g\":\"\u{1}\""),
            ("{\"", "{,\""),
        ] {
            let changed = event.replacen(old, new, 1);
            assert_ne!(changed, event, "{old}");
            assert!(error(&changed, AcceptedOrigins::Any).starts_with("invalid JSON: "), "{changed}");
        }
        for rest in ["x", "}", ",", " {}", "\0"] {
            let changed = event.clone() + rest;
            assert!(error(&changed, AcceptedOrigins::Any).starts_with("invalid JSON: "), "{changed}");
        }
        assert!(read(&format!(" \n\t{event}\r\n ").into(), AcceptedOrigins::Any, None).is_ok());
    }
}
