//! `Query`: query strings as values of any type.

use axum_core::extract::FromRequestParts;
use lrt_http::Query;
use lrt_http::rejection::QueryRejection;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, String> {
    Query::parse(query).map(|Query(value)| value).map_err(|error| error.to_string())
}

#[derive(Debug, PartialEq, Deserialize)]
struct Search {
    page: Option<u32>,
    #[serde(default = "ten")]
    size: u8,
    #[serde(default)]
    tag: Vec<String>,
    sort: Option<Sort>,
    #[serde(default)]
    deep: bool,
}

fn ten() -> u8 {
    10
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    Name,
    Price,
}

#[test]
fn a_struct_is_filled_with_values_and_defaults() {
    let none = Search { page: None, size: 10, tag: vec![], sort: None, deep: false };
    assert_eq!(parse(""), Ok(none));
    assert_eq!(
        parse("page=2&size=255&tag=a+b&other=1&other=2&tag=c%26d%3D&sort=price&deep=true&&"),
        Ok(Search {
            page: Some(2),
            size: 255,
            tag: vec!["a b".to_owned(), "c&d=".to_owned()],
            sort: Some(Sort::Price),
            deep: true
        })
    );
}

#[test]
fn invalid_values_are_reported_with_their_names() {
    for (query, message) in [
        ("page=x", r#"invalid type: string "x", expected u32 at page"#),
        ("page=", r#"invalid type: string "", expected u32 at page"#),
        ("page=-1", "invalid value: integer `-1`, expected u32 at page"),
        ("page=1.5", r#"invalid type: string "1.5", expected u32 at page"#),
        ("size=256", "invalid value: integer `256`, expected u8 at size"),
        ("size=99999999999999999999", r#"invalid type: string "99999999999999999999", expected u8 at size"#),
        ("page=1&size=2&page=3", "given 2 times, expected once at page"),
        ("deep=1", r#"invalid type: string "1", expected a boolean at deep"#),
        ("deep", r#"invalid type: string "", expected a boolean at deep"#),
        ("sort=size", "unknown variant `size`, expected `name` or `price` at sort"),
    ] {
        assert_eq!(parse::<Search>(query), Err(format!("invalid query string: {message}")), "{query}");
    }
}

#[test]
fn a_missing_value_is_reported_with_its_name() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Needs {
        id: u64,
    }
    let QueryRejection::Value(missing) = Query::<Needs>::parse("other=1").unwrap_err() else { panic!("another kind") };
    assert_eq!((missing.field(), missing.message()), ("id", "missing value"));
}

#[test]
fn an_invalid_list_element_is_reported_with_its_index() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Ids {
        id: Vec<u8>,
        pair: Option<(i8, char)>,
    }
    assert_eq!(parse("id=1&pair=-2&id=3&pair=%C3%A9"), Ok(Ids { id: vec![1, 3], pair: Some((-2, 'é')) }));
    let error = Query::<Ids>::parse("id=1&x=y&id=300").unwrap_err();
    assert_eq!(error.value().field(), "id[1]");
    assert_eq!(parse::<Ids>("id=1&pair=1").unwrap_err(), "invalid query string: given 1 times, expected 2 at pair");
    assert!(parse::<Ids>("id=1&pair=1&pair=2&pair=3").unwrap_err().contains("given 3 times"));
}

#[test]
fn numbers_are_of_any_size() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Numbers {
        float: Option<f64>,
        single: Option<f32>,
        large: Option<i128>,
        huge: Option<u128>,
    }
    let all = format!("float=-1.5e3&single=.5&large={}&huge={}", i128::MIN, u128::MAX);
    let numbers = Numbers { float: Some(-1500.0), single: Some(0.5), large: Some(i128::MIN), huge: Some(u128::MAX) };
    assert_eq!(parse(&all), Ok(numbers));
    for query in ["huge=-1", "large=1e3", "float=1,5"] {
        assert!(parse::<Numbers>(query).unwrap_err().contains("invalid type: string"), "{query}");
    }
}

#[test]
fn maps_and_lists_of_pairs_contain_every_pair() {
    let map: HashMap<String, String> = parse("a=1&b=&c").unwrap();
    assert_eq!(map, [("a", "1"), ("b", ""), ("c", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    let lists: BTreeMap<String, Vec<u8>> = parse("a=1&b=2&a=3").unwrap();
    assert_eq!(lists, [("a".to_owned(), vec![1, 3]), ("b".to_owned(), vec![2])].into());
    let pairs: Vec<(String, u8)> = parse("b=2&a=1&b=3").unwrap();
    assert_eq!(pairs, [("b".to_owned(), 2), ("a".to_owned(), 1), ("b".to_owned(), 3)]);
    let numbers: HashMap<u8, String> = parse("1=a").unwrap();
    assert_eq!(numbers[&1], "a");
}

#[test]
fn names_and_repetitions_are_not_limited() {
    let often: HashMap<String, Vec<u32>> = parse(&"a=1&".repeat(10_000)).unwrap();
    assert_eq!(often["a"].len(), 10_000);
    let names = (0..10_000).map(|n| format!("n{n}=1&")).collect::<String>();
    assert_eq!(parse::<HashMap<String, u8>>(&names).unwrap().len(), 10_000);
}

#[test]
fn newtypes_flattened_structs_and_units_are_transparent() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Id(u64);
    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        id: Id,
        flag: Option<()>,
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        name: String,
        tag: Option<Vec<String>>,
    }
    let inner = Inner { name: "x".to_owned(), tag: Some(vec!["a".to_owned(), "b".to_owned()]) };
    assert_eq!(parse("id=7&flag&name=x&tag=a&tag=b"), Ok(Outer { id: Id(7), flag: Some(()), inner }));
    assert_eq!(parse::<Option<Inner>>(""), Ok(None));
    assert_eq!(parse::<()>("a=1"), Ok(()));
}

#[test]
fn a_query_is_neither_a_number_nor_a_tuple() {
    for result in [parse::<u32>("a=1").err(), parse::<(u8, u8)>("a=1&b=2").err(), parse::<String>("a").err()] {
        assert_eq!(result.unwrap(), "invalid query string: expected a struct, a map or a list of pairs");
    }
    assert!(parse::<Vec<String>>("a=1").unwrap_err().contains("expected a string"));
}

#[test]
fn a_value_is_not_a_struct() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        inner: Search,
    }
    let error = Query::<Outer>::parse("inner=1").unwrap_err();
    assert_eq!(error.value().field(), "inner");
}

#[tokio::test]
async fn the_query_string_of_the_uri_is_extracted() {
    async fn read<T: FromRequestParts<()>>(uri: &str) -> Result<T, T::Rejection> {
        let request = http::Request::builder().uri(uri).body(()).expect("a URI");
        T::from_request_parts(&mut request.into_parts().0, &()).await
    }
    let Query(search) = read::<Query<Search>>("https://h/p?page=2&tag=a+b").await.unwrap();
    assert_eq!((search.page, search.tag), (Some(2), vec!["a b".to_owned()]));
    assert_eq!(read::<Query<Search>>("/p").await.unwrap().size, 10);
    assert!(read::<Option<Query<Search>>>("/p").await.unwrap().is_none());
    assert!(read::<Option<Query<Search>>>("/p?").await.unwrap().is_some());
    assert!(read::<Option<Query<Search>>>("/p?page=x").await.is_err());
}

proptest! {
    #[test]
    fn any_text_is_parsed_without_panic(query in any::<String>()) {
        let _ = Query::<Search>::parse(&query);
        let _ = Query::<Vec<(String, String)>>::parse(&query);
    }

    #[test]
    fn encoded_pairs_round_trip(pairs in prop::collection::vec((any::<String>(), any::<String>()), 0..6)) {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        // A pair of two empty strings is `=`.
        let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        prop_assert_eq!(parse::<Vec<(String, String)>>(&query.join("&")), Ok(pairs));
    }
}
