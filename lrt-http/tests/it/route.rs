//! `Route`: parsing and matching.

use http::Method;
use lrt_http::{AcceptedOrigins, PathParams, Route, RouteMatch, collect, read};
use proptest::prelude::*;
use serde_json::{Value, json};

fn params(route: &str, path: &str) -> Option<Vec<(String, String)>> {
    match Route::parse(route).expect("a route").matches(&Method::GET, path) {
        RouteMatch::Found(params) => Some(params.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()),
        RouteMatch::NotFound => None,
        RouteMatch::MethodNotAllowed { .. } => panic!("a GET"),
    }
}

#[test]
fn a_path_matches_segment_by_segment() {
    for (route, path, expected) in [
        ("GET /", "/", Some(&[][..])),
        ("GET /", "", None),
        ("GET /", "//", None),
        ("GET /orders", "/orders", Some(&[])),
        ("GET /orders", "/orders/", None),
        ("GET /orders/", "/orders/", Some(&[])),
        ("GET /orders/", "/orders", None),
        ("GET /orders", "/Orders", None),
        ("GET /orders", "orders", None),
        ("GET /orders", "*", None),
        ("GET /orders/{id}", "/orders/7", Some(&[("id", "7")])),
        ("GET /orders/{id}", "/orders/", None),
        ("GET /orders/{id}", "/orders/7/items", None),
        ("GET /orders/{id}/items", "/orders/7/items", Some(&[("id", "7")])),
        ("GET /{a}/{b}", "/x%2Fy/z", Some(&[("a", "x%2Fy"), ("b", "z")])),
        ("GET /{a}/{b}", "//z", None),
        ("GET /files/{path+}", "/files/a/b%2F/c/", Some(&[("path", "a/b%2F/c/")])),
        ("GET /files/{*path}", "/files/a", Some(&[("path", "a")])),
        ("GET /files/{*path}", "/files/", None),
        ("GET /files/{*path}", "/files", None),
        ("GET /{proxy+}", "/", None),
        ("GET /café", "/caf%C3%A9", Some(&[])),
        ("GET /caf%C3%A9", "/caf%C3%A9", Some(&[])),
        ("GET /a", "/%zz", None),
    ] {
        let expected = expected
            .map(|pairs: &[_]| pairs.iter().map(|(k, v): &(&str, &str)| (k.to_string(), v.to_string())).collect());
        assert_eq!(params(route, path), expected, "{route} {path}");
    }
}

#[test]
fn values_are_decoded_when_they_are_deserialized() {
    let RouteMatch::Found(params) = Route::parse("ANY /{a}/{b+}").unwrap().matches(&Method::TRACE, "/x%2Fy/%C3%A9/z")
    else {
        panic!("not found")
    };
    assert_eq!(params.deserialize(), Ok(("x/y".to_owned(), "é/z".to_owned())));
}

#[test]
fn a_route_matches_its_method() {
    let get = Route::parse("GET /").unwrap();
    assert_eq!(get.matches(&Method::HEAD, "/"), RouteMatch::Found(PathParams::encoded::<&str, &str>([])));
    assert_eq!(get.matches(&Method::POST, "/"), RouteMatch::MethodNotAllowed { allow: "GET,HEAD" });
    assert_eq!(get.matches(&Method::POST, "/x"), RouteMatch::NotFound);
    let head = Route::parse("HEAD /").unwrap();
    assert_eq!(head.matches(&Method::GET, "/"), RouteMatch::MethodNotAllowed { allow: "HEAD" });
    let extension = Method::from_bytes(b"BREW").unwrap();
    assert!(matches!(Route::parse("ANY /").unwrap().matches(&extension, "/"), RouteMatch::Found(_)));
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let route = Route::parse(&format!("{method} /")).unwrap();
        assert!(matches!(route.matches(&method.parse().unwrap(), "/"), RouteMatch::Found(_)));
        assert!(matches!(route.matches(&Method::GET, "/"), RouteMatch::MethodNotAllowed { allow } if allow == method));
    }
}

#[tokio::test]
async fn requests_that_do_not_match_get_a_problem() {
    let route = Route::parse("POST /orders").unwrap();
    let missing = route.matches(&Method::POST, "/").into_result().unwrap_err();
    assert_eq!(missing.status(), 404);
    assert_eq!(collect(missing.into_body(), usize::MAX).await.unwrap(), r#"{"status":404,"title":"Not Found"}"#);
    let other = route.matches(&Method::GET, "/orders").into_result().unwrap_err();
    assert_eq!((other.status().as_u16(), &other.headers()["allow"]), (405, &"POST".parse().unwrap()));
    assert!(route.matches(&Method::POST, "/orders").into_result().is_ok());
}

#[test]
fn invalid_routes_are_reported_with_the_position() {
    for (route, message) in [
        ("", "1: expected a method and a path, such as `GET /orders/{id}`"),
        ("/orders", "1: expected a method and a path, such as `GET /orders/{id}`"),
        (
            "get /",
            "1: unknown method `get` (expected `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD`, `OPTIONS`, or `ANY`)",
        ),
        ("GET orders", "5: the path must start with `/`"),
        ("GET  /orders", "5: the path must start with `/`"),
        ("GET /orders?id=1", "12: a path cannot contain `?`"),
        ("GET /a/b#c", "9: a path cannot contain `#`"),
        ("GET /a b", "7: a path cannot contain ` `"),
        ("GET /{id", "6: unbalanced brace (expected a parameter such as `{name}`)"),
        ("GET /x}", "7: unbalanced brace (expected a parameter such as `{name}`)"),
        ("GET /}{", "7: unbalanced brace (expected a parameter such as `{name}`)"),
        ("GET /{name}.json", "6: a parameter must be an entire path segment, such as `/{name}/`"),
        ("GET /v{version}", "7: a parameter must be an entire path segment, such as `/{name}/`"),
        ("GET /{}", "7: invalid parameter name `` (expected one or more letters, digits, `_`, `-`, `.` or `:`)"),
        ("GET /{+}", "7: invalid parameter name `` (expected one or more letters, digits, `_`, `-`, `.` or `:`)"),
        (
            "GET /{a}{b}",
            "7: invalid parameter name `a}{b` (expected one or more letters, digits, `_`, `-`, `.` or `:`)",
        ),
        ("GET /{a}/x/{a}", "12: duplicate parameter name `a`"),
        ("GET /{a}/{a+}", "10: duplicate parameter name `a`"),
        ("GET /{rest+}/x", "13: `{rest+}` must be the last segment of the path"),
        ("GET /{*rest}/", "13: `{rest+}` must be the last segment of the path"),
    ] {
        let error = Route::parse(route).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid route at character {message}"), "{route}");
        assert!(message.starts_with(&format!("{}:", error.at() + 1)), "{route}");
    }
}

/// Matches the request of an event against the route. Returns the decoded parameters, or the status of the response.
fn matches(route: &str, event: &Value) -> Result<Vec<(String, String)>, u16> {
    let (request, _) = read(&event.to_string().into(), AcceptedOrigins::Any, None).unwrap();
    let matched = Route::parse(route).unwrap().matches_request(&request);
    let params = matched.into_result().map_err(|response| response.status().as_u16())?;
    params.deserialize().map_err(|_| 400)
}

fn rest_api(resource: &str, path: &str, params: Value) -> Value {
    json!({"resource": resource, "path": path, "httpMethod": "GET", "pathParameters": params})
}

fn http_api_v1(resource: &str, path: &str, params: Value) -> Value {
    json!({"version": "1.0", "resource": resource, "path": path, "httpMethod": "GET", "pathParameters": params})
}

fn http_api(route_key: &str, path: &str, params: Value) -> Value {
    let context = json!({"stage": "prod", "http": {"method": "GET"}});
    json!({"version": "2.0", "routeKey": route_key, "rawPath": path, "pathParameters": params, "requestContext": context})
}

fn alb(path: &str) -> Value {
    json!({"path": path, "httpMethod": "GET", "requestContext": {"elb": {"targetGroupArn": "arn"}}})
}

fn lattice(path: &str) -> Value {
    json!({"version": "2.0", "path": path, "method": "GET", "requestContext": {"serviceArn": "arn"}})
}

/// API Gateway has matched the route, so its parameters are used. HTTP APIs decode them, REST APIs do not.
#[test]
fn a_route_that_api_gateway_matched_has_its_parameters() {
    let get = "GET /items/{id}";
    let id = |value: &str| Ok(vec![("id".to_owned(), value.to_owned())]);
    for (route, event, expected) in [
        (get, rest_api("/items/{id}", "/items/7", json!({"id": "7"})), id("7")),
        (get, rest_api("/items/{id}", "/items/7/", json!({"id": "7"})), id("7")),
        (get, rest_api("/items/{id}", "/v1/items/7", json!({"id": "7"})), id("7")),
        (get, rest_api("/items/{id}", "/items/a%2Fb", json!({"id": "a%2Fb"})), id("a/b")),
        (get, rest_api("/items/{id}", "/items/a%252Fb", json!({"id": "a%252Fb"})), id("a%2Fb")),
        (get, rest_api("/items/{id}", "/items/100%25", json!({"id": "100%"})), id("100%")),
        ("ANY /items/{id}", rest_api("/items/{id}", "/items/7/", json!({"id": "7"})), id("7")),
        ("POST /items/{id}", rest_api("/items/{id}", "/items/7/", json!({"id": "7"})), Err(405)),
        ("GET /items", rest_api("/items", "/items/", Value::Null), Ok(vec![])),
        ("GET /", rest_api("/", "", Value::Null), Ok(vec![])),
        (get, http_api_v1("/items/{id}", "/prod/items/a b/", json!({"id": "a b"})), id("a b")),
        (get, http_api_v1("/items/{id}", "/items/a%2Fb", json!({"id": "a%2Fb"})), id("a%2Fb")),
        (get, http_api("GET /items/{id}", "/prod/items/7/", json!({"id": "7"})), id("7")),
        (get, http_api("ANY /items/{id}", "/v1/items/7", json!({"id": "7"})), id("7")),
        (get, http_api("GET /items/{id}", "/items/a%2Fb", json!({"id": "a%2Fb"})), id("a%2Fb")),
        (get, http_api("GET /items/{id}", "/items/a/b", json!({"id": "a/b"})), id("a/b")),
        (
            "GET /{a}/{b}",
            http_api("GET /{a}/{b}", "/2/1", json!({"b": "1", "a": "2"})),
            Ok(vec![("a".to_owned(), "2".to_owned()), ("b".to_owned(), "1".to_owned())]),
        ),
        (
            "GET /files/{path+}",
            http_api("GET /files/{path+}", "/x/files/a/%2F", json!({"path": "a/%2F"})),
            Ok(vec![("path".to_owned(), "a/%2F".to_owned())]),
        ),
        (
            "GET /{*path}",
            rest_api("/{path+}", "/a/%2F", json!({"path": "a/%2F"})),
            Ok(vec![("path".to_owned(), "a//".to_owned())]),
        ),
    ] {
        assert_eq!(matches(route, &event), expected, "{route} {event}");
    }
    let context = json!({"resourcePath": "/items/{id}"});
    let event =
        json!({"path": "/items/7/", "httpMethod": "GET", "pathParameters": {"id": "7"}, "requestContext": context});
    assert_eq!(matches(get, &event), id("7"));
}

#[test]
fn a_route_that_api_gateway_did_not_match_is_matched_by_path() {
    let get = "GET /items/{id}";
    let id = |value: &str| Ok(vec![("id".to_owned(), value.to_owned())]);
    for (event, expected) in [
        (rest_api("/{proxy+}", "/items/7", json!({"proxy": "items/7"})), id("7")),
        (rest_api("/{proxy+}", "/items/7/", json!({"proxy": "items/7"})), Err(404)),
        (rest_api("/items/{other}", "/items/7", json!({"other": "8"})), id("7")),
        (rest_api("/items/{id+}", "/items/7/8", json!({"id": "7/8"})), Err(404)),
        (rest_api("/items/{id}/x", "/items/7", json!({"id": "8"})), id("7")),
        (rest_api("/items", "/items/7", Value::Null), id("7")),
        (rest_api("/items/{id}", "/items/7", Value::Null), id("7")),
        (rest_api("/items/{id}", "/items/7", json!({})), id("7")),
        (rest_api("/items/{id}", "/items/7/", json!({"other": "7"})), Err(404)),
        (rest_api("", "/items/7", Value::Null), id("7")),
        (http_api("$default", "/items/a%2Fb", Value::Null), id("a/b")),
        (http_api("$default", "/prod/items/7", Value::Null), id("7")),
        (http_api("GET /{proxy+}", "/items/7", json!({"proxy": "items/7"})), id("7")),
        (alb("/items/a%2Fb"), id("a/b")),
        (alb("/items/7/"), Err(404)),
        (lattice("/items/a%2Fb?x=1"), id("a/b")),
    ] {
        assert_eq!(matches(get, &event), expected, "{event}");
    }
}

proptest! {
    #[test]
    fn any_text_is_parsed_and_matched_without_panic(text in any::<String>(), path in any::<String>()) {
        let _ = Route::parse(&text);
        if let Ok(route) = Route::parse(&format!("GET /{text}")) {
            let _ = route.matches(&Method::GET, &path);
            prop_assert_eq!(Route::parse(&route.to_string()), Ok(route));
        }
        if let RouteMatch::Found(params) = Route::parse("GET /{a}/{b+}").unwrap().matches(&Method::GET, &path) {
            let _ = params.deserialize::<(String, String)>();
        }
    }
}
