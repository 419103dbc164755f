//! `Route`: texts, and what matches them.

use http::Method;
use lrt_http::{Match, PathParams, Route, collect};
use proptest::prelude::*;

fn params(route: &str, path: &str) -> Option<Vec<(String, String)>> {
    match Route::parse(route).expect("a route").matches(&Method::GET, path) {
        Match::Found(params) => Some(params.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()),
        Match::NotFound => None,
        Match::MethodNotAllowed { .. } => panic!("a GET"),
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
fn values_are_decoded_when_they_are_asked_for() {
    let Match::Found(params) = Route::parse("ANY /{a}/{b+}").unwrap().matches(&Method::TRACE, "/x%2Fy/%C3%A9/z") else {
        panic!("not found")
    };
    assert_eq!(params.deserialize(), Ok(("x/y".to_owned(), "é/z".to_owned())));
}

#[test]
fn a_route_has_its_method() {
    let get = Route::parse("GET /").unwrap();
    assert_eq!(get.matches(&Method::HEAD, "/"), Match::Found(PathParams::encoded::<&str, &str>([])));
    assert_eq!(get.matches(&Method::POST, "/"), Match::MethodNotAllowed { allow: "GET,HEAD" });
    assert_eq!(get.matches(&Method::POST, "/x"), Match::NotFound);
    let head = Route::parse("HEAD /").unwrap();
    assert_eq!(head.matches(&Method::GET, "/"), Match::MethodNotAllowed { allow: "HEAD" });
    let odd = Method::from_bytes(b"BREW").unwrap();
    assert!(matches!(Route::parse("ANY /").unwrap().matches(&odd, "/"), Match::Found(_)));
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let route = Route::parse(&format!("{method} /")).unwrap();
        assert!(matches!(route.matches(&method.parse().unwrap(), "/"), Match::Found(_)));
        assert!(matches!(route.matches(&Method::GET, "/"), Match::MethodNotAllowed { allow } if allow == method));
    }
}

#[tokio::test]
async fn what_does_not_match_is_a_problem() {
    let route = Route::parse("POST /orders").unwrap();
    let missing = route.matches(&Method::POST, "/").or_answer().unwrap_err();
    assert_eq!(missing.status(), 404);
    assert_eq!(collect(missing.into_body(), usize::MAX).await.unwrap(), r#"{"status":404,"title":"Not Found"}"#);
    let other = route.matches(&Method::GET, "/orders").or_answer().unwrap_err();
    assert_eq!((other.status().as_u16(), &other.headers()["allow"]), (405, &"POST".parse().unwrap()));
    assert!(route.matches(&Method::POST, "/orders").or_answer().is_ok());
}

#[test]
fn what_is_wrong_with_a_route_is_told_with_its_place() {
    for (route, message) in [
        ("", "a route is a method and a path: `GET /orders/{id}`, at character 1"),
        ("/orders", "a route is a method and a path: `GET /orders/{id}`, at character 1"),
        (
            "get /",
            "`get` is no method of a route: these are `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD`, `OPTIONS`, and `ANY`, at character 1",
        ),
        ("GET orders", "a path begins with `/`, at character 5"),
        ("GET  /orders", "a path begins with `/`, at character 5"),
        ("GET /orders?id=1", "a path has no `?`, at character 12"),
        ("GET /a/b#c", "a path has no `#`, at character 9"),
        ("GET /a b", "a path has no ` `, at character 7"),
        ("GET /{id", "a brace without the other: a parameter is `{name}`, at character 6"),
        ("GET /x}", "a brace without the other: a parameter is `{name}`, at character 7"),
        ("GET /}{", "a brace without the other: a parameter is `{name}`, at character 7"),
        ("GET /{name}.json", "a parameter is a whole segment: `/{name}/`, at character 6"),
        ("GET /v{version}", "a parameter is a whole segment: `/{name}/`, at character 7"),
        (
            "GET /{}",
            "`` is no name of a parameter: letters, digits, `_`, `-`, `.` and `:`, at least one, at character 7",
        ),
        (
            "GET /{+}",
            "`` is no name of a parameter: letters, digits, `_`, `-`, `.` and `:`, at least one, at character 7",
        ),
        (
            "GET /{a}{b}",
            "`a}{b` is no name of a parameter: letters, digits, `_`, `-`, `.` and `:`, at least one, at character 7",
        ),
        ("GET /{a}/x/{a}", "two parameters are called `a`, at character 12"),
        ("GET /{a}/{a+}", "two parameters are called `a`, at character 10"),
        ("GET /{rest+}/x", "`{rest+}` takes the rest of the path, so nothing follows it, at character 13"),
        ("GET /{*rest}/", "`{rest+}` takes the rest of the path, so nothing follows it, at character 13"),
    ] {
        assert_eq!(Route::parse(route).unwrap_err().to_string(), message, "{route}");
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in any::<String>(), path in any::<String>()) {
        let _ = Route::parse(&text);
        if let Ok(route) = Route::parse(&format!("GET /{text}")) {
            let _ = route.matches(&Method::GET, &path);
        }
        if let Match::Found(params) = Route::parse("GET /{a}/{b+}").unwrap().matches(&Method::GET, &path) {
            let _ = params.deserialize::<(String, String)>();
        }
    }
}
