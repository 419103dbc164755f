//! `Path`, `Query` and `Json` accept everything that axum's extractors of the same names accept, with the same result.

use axum::Router;
use axum::routing::any;
use axum_core::body::Body;
use axum_core::extract::{FromRequest, FromRequestParts, Request};
use http::{Method, Uri};
use lrt_http::{Json, Query, Route, RouteMatch};
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use tower_service::Service;

#[derive(Debug, PartialEq, Deserialize)]
struct Search {
    q: Option<String>,
    page: Option<i16>,
    ratio: Option<f64>,
    deep: Option<bool>,
    letter: Option<char>,
    sort: Option<Sort>,
    id: Option<Id>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    Name,
    Price,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Id(u64);

#[derive(Debug, PartialEq, Deserialize)]
struct Flattened {
    page: Option<String>,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    q: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct FlattenedMap {
    page: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
}

/// Formats a value, since NaN is not equal to itself.
fn text<T: Debug>(value: T) -> String {
    format!("{value:?}")
}

/// Polls a future that does not wait for anything.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let cx = &mut std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(cx) {
            return output;
        }
    }
}

/// Compares the extracted query, if axum accepts it.
fn compare_query<T: DeserializeOwned + Debug>(query: &str) {
    let Ok(uri) = format!("/?{query}").parse::<Uri>() else { return };
    let Ok(axum) = axum::extract::Query::<T>::try_from_uri(&uri) else { return };
    let mut parts = http::Request::builder().uri(&uri).body(()).unwrap().into_parts().0;
    let found = block_on(<Query<T> as FromRequestParts<()>>::from_request_parts(&mut parts, &()));
    assert_eq!(found.map(|found| text(found.0)), Ok(text(axum.0)), "{query} as {}", std::any::type_name::<T>());
}

fn has_repeated_names(query: &str) -> bool {
    let names: Vec<_> = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name).collect();
    names.iter().enumerate().any(|(at, name)| names[..at].contains(name))
}

fn compare_queries(query: &str) {
    compare_query::<Search>(query);
    compare_query::<Flattened>(query);
    compare_query::<BTreeMap<String, String>>(query);
    compare_query::<BTreeMap<String, Option<f32>>>(query);
    compare_query::<BTreeMap<Name, u8>>(query);
    compare_query::<Vec<(String, String)>>(query);
    compare_query::<Vec<(String, Sort)>>(query);
    compare_query::<FlattenedMap>(query);
    if !has_repeated_names(query) {
        // Repeated names are lists, which axum's extractor does not support.
        compare_query::<serde_json::Value>(query);
    }
    compare_query::<BTreeMap<String, Untagged>>(query);
    compare_query::<()>(query);
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Name(String);

#[test]
fn queries_that_axum_accepts_are_accepted() {
    for query in [
        "",
        "q=caf%E9",
        "q=%zz",
        "q=%",
        "q=100%&page=1",
        "q=%4",
        "%ff=1&%zz=2",
        "q=a+b%2B",
        "q",
        "q=",
        "=",
        "&&=&q=1&",
        "q==1=2",
        "ratio=NaN",
        "ratio=inf&page=%2B5",
        "ratio=1e999",
        "ratio=-infinity",
        "page=-0",
        "page=007",
        "deep=true&deep2=1",
        "letter=%C3%A9",
        "sort=price&id=7",
        "a=1&a=2&b=3",
        "other=1&other=2&q=x",
        "q=1;page=2",
        "q[]=1&q[]=2",
        "page=%31",
        "p%61ge=3",
    ] {
        compare_queries(query);
    }
}

type Found = Arc<Mutex<Option<String>>>;

/// Compares the extracted path parameters, if axum accepts them.
fn compare_path<T: DeserializeOwned + Debug + Send + 'static>(pattern: &str, path: &str) {
    let Ok(uri) = path.parse::<Uri>() else { return };
    let found = Found::default();
    let writer = found.clone();
    let handler = move |path: Option<Accepted<T>>| async move {
        if let Some(Accepted(value)) = path {
            *writer.lock().unwrap() = Some(text(value));
        }
    };
    let mut router = Router::new().route(pattern, any(handler));
    let request = Request::builder().uri(&uri).body(Body::empty()).unwrap();
    block_on(router.call(request)).unwrap();
    let Some(axum) = found.lock().unwrap().take() else { return };
    let route = Route::parse(&format!("GET {pattern}")).unwrap();
    let RouteMatch::Found(params) = route.matches(&Method::GET, uri.path()) else {
        panic!("{path} does not match {pattern}")
    };
    let found = params.deserialize::<T>().map(text);
    assert_eq!(found, Ok(axum), "{path} as {}", std::any::type_name::<T>());
}

/// axum's `Path`, or `None` if it rejects the request.
struct Accepted<T>(T);

impl<S: Send + Sync, T: DeserializeOwned + Send> axum::extract::OptionalFromRequestParts<S> for Accepted<T> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        state: &S,
    ) -> Result<Option<Accepted<T>>, Self::Rejection> {
        let path = <axum::extract::Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        Ok(path.ok().map(|path| Accepted(path.0)))
    }
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Item {
    a: String,
    b: Option<i8>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Pair(String, f32);

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Unit;

fn compare_paths(a: &str, b: &str) {
    let one = format!("/{a}");
    for pattern in ["/{a}", "/{*a}"] {
        compare_path::<String>(pattern, &one);
        compare_path::<u16>(pattern, &one);
        compare_path::<i128>(pattern, &one);
        compare_path::<f64>(pattern, &one);
        compare_path::<bool>(pattern, &one);
        compare_path::<char>(pattern, &one);
        compare_path::<Id>(pattern, &one);
        compare_path::<Sort>(pattern, &one);
        compare_path::<Untagged>(pattern, &one);
        compare_path::<serde_json::Value>(pattern, &one);
        compare_path::<(String,)>(pattern, &one);
        compare_path::<((String, u8),)>(pattern, &one);
        compare_path::<HashMap<String, i8>>(pattern, &one);
        compare_path::<Unit>(pattern, &one);
    }
    let two = format!("/{a}/x/{b}");
    let pattern = "/{a}/x/{b}";
    compare_path::<(String, String)>(pattern, &two);
    compare_path::<(Option<String>, i8)>(pattern, &two);
    compare_path::<(String, ())>(pattern, &two);
    compare_path::<(String, Unit)>(pattern, &two);
    compare_path::<(Untagged, Sort)>(pattern, &two);
    compare_path::<Pair>(pattern, &two);
    compare_path::<Item>(pattern, &two);
    compare_path::<Vec<String>>(pattern, &two);
    compare_path::<Vec<(String, String)>>(pattern, &two);
    compare_path::<BTreeMap<String, Option<String>>>(pattern, &two);
    compare_path::<()>(pattern, &two);
}

#[test]
fn paths_that_axum_accepts_are_accepted() {
    for (a, b) in [
        ("7", "8"),
        ("a%2Fb", "%C3%A9"),
        ("%zz", "100%"),
        ("%ff", "1"),
        ("%", "%4"),
        ("NaN", "inf"),
        ("+5", "-0"),
        ("%2B5", "true"),
        ("a+b", "name"),
        ("a%252Fb", "c%20d"),
        ("true", "price"),
        ("{a}", "%7Bb%7D"),
    ] {
        compare_paths(a, b);
    }
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Order {
    count: u8,
    #[serde(default)]
    tags: Vec<String>,
}

fn compare_json<T: DeserializeOwned + Debug>(content_type: Option<&str>, body: &str) {
    let request = || {
        let mut request = Request::builder();
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        request.body(Body::from(body.to_owned())).unwrap()
    };
    let Ok(axum) = block_on(<axum::Json<T> as FromRequest<()>>::from_request(request(), &())) else { return };
    let found = block_on(<Json<T> as FromRequest<()>>::from_request(request(), &()));
    assert_eq!(found.ok().map(|found| text(found.0)), Some(text(axum.0)), "{content_type:?} {body}");
}

#[test]
fn json_that_axum_accepts_is_accepted() {
    let content_types = [
        "application/json",
        "application/json;charset=utf-8",
        "APPLICATION/JSON; charset=\"utf-8\"",
        "application/cloudevents+json",
        "application/vnd.api+json; ext=a",
        "application/json;",
        " application/json",
        "application/x+y+json",
        "text/json",
        "application/jsonp",
    ];
    let bodies = [
        "{\"count\":1}",
        " {\"count\":1,\"tags\":[\"a\"],\"x\":{}} \n",
        "[1,[\"a\"]]",
        "{\"count\":1}x",
        "1",
        "\"a\\u00e9\"",
    ];
    for content_type in content_types.map(Some).into_iter().chain([None]) {
        for body in bodies {
            compare_json::<Order>(content_type, body);
            compare_json::<serde_json::Value>(content_type, body);
        }
    }
}

proptest! {
    #[test]
    fn any_query_that_axum_accepts_is_accepted(
        pairs in prop::collection::vec("(q|page|ratio|deep|letter|sort|id|a|%[0-9a-fz]{0,2})?(=([0-9a-f+.-]{0,4}|true|price|%[0-9a-fz]{0,2}|[!-~]{0,6}))?", 0..6),
    ) {
        compare_queries(&pairs.join("&"));
    }

    #[test]
    fn any_query_is_split_and_decoded_as_by_form_urlencoded(query in "[a-c&=%+é0-9A-F]{0,30}") {
        let expected: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        prop_assert_eq!(Query::<Vec<(String, String)>>::parse(&query).unwrap().0, expected);
    }

    #[test]
    fn any_path_that_axum_accepts_is_accepted(
        a in "[0-9a-f+.-]{1,4}|%[0-9a-fz]{0,2}|[a-z%:@!$&'()*,;=~]{1,8}",
        b in "[0-9+.-]{1,4}|%[0-9a-fz]{0,2}|true|name",
    ) {
        compare_paths(&a, &b);
    }
}
