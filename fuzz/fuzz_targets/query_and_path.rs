//! Query strings, path parameters and routes.
//!
//! Oracle: form_urlencoded.

#![no_main]

use http::Method;
use lrt_http::{PathParams, Query, Route, RouteMatch};
use lrt_testing::__private::{percent_decode, query_decode};
use std::collections::HashMap;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let expected: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().collect();
    let Ok(Query(last)) = Query::<HashMap<String, String>>::parse(text) else { panic!("{text} is not a map") };
    assert_eq!(last, expected.iter().cloned().collect());
    let Ok(Query(lists)) = Query::<HashMap<String, Vec<String>>>::parse(text) else {
        panic!("{text} is not a map of lists")
    };
    for (name, values) in lists {
        assert!(expected.iter().filter(|(other, _)| *other == name).map(|(_, value)| value).eq(&values));
    }
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::parse(text) else { panic!("{text} is not a list of pairs") };
    assert_eq!(pairs, expected);

    let decoded = decode(text);
    assert_eq!(percent_decode(text), decoded);
    assert_eq!(query_decode(text), decode(&text.replace('+', "%20")));
    match PathParams::encoded([("a", text)]).deserialize::<String>() {
        Ok(value) => assert_eq!(value, decoded),
        Err(_) => assert!(decoded.contains('\u{fffd}'), "only invalid UTF-8 is an error"),
    }

    let route = Route::parse("GET /a/{id}/{rest+}").expect("the route is valid");
    if let RouteMatch::Found(params) = route.matches(&Method::GET, text) {
        let values: Vec<_> = params.iter().map(|(_, value)| value).collect();
        let [id, rest] = values[..] else { panic!("{values:?}") };
        let (first, after) = text[1..].split_once('/').expect("the route has several segments");
        assert_eq!((decode(first), after), ("a".to_owned(), &*format!("{id}/{rest}")));
    }
    if let Ok(route) = Route::parse(text) {
        assert_eq!(Route::parse(&route.to_string()).as_ref(), Ok(&route));
    }
});

/// Decodes percent-encoding, and no `+`.
fn decode(text: &str) -> String {
    let pair = format!("a={}", text.replace('&', "%26").replace('+', "%2B"));
    let (_, value) = form_urlencoded::parse(pair.as_bytes()).next().expect("there is one pair");
    value.into_owned()
}
