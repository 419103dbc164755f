//! `Path`: path parameters as values of any type.

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::IntoResponse;
use http::Request;
use lrt_http::{Path, PathParams, collect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

fn read<T: DeserializeOwned>(params: &[(&str, &str)]) -> Result<T, String> {
    PathParams::encoded(params.iter().copied()).deserialize().map_err(|error| error.to_string())
}

const ORDER: &[(&str, &str)] = &[("id", "7"), ("name", "a%2Fb%20+")];

#[test]
fn a_single_parameter_deserializes_to_a_scalar() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Id(u64);
    #[derive(Debug, PartialEq, Deserialize)]
    enum Color {
        Red,
    }
    assert_eq!(read(&ORDER[..1]), Ok(7u64));
    assert_eq!(read(&ORDER[..1]), Ok("7".to_owned()));
    assert_eq!(read(&ORDER[..1]), Ok(Id(7)));
    assert_eq!(read(&ORDER[..1]), Ok((7u8,)));
    assert_eq!(read(&ORDER[..1]), Ok(Some(7)));
    assert_eq!(read(&[("color", "Red")]), Ok(Color::Red));
    assert_eq!(read(&[("flag", "true")]), Ok(true));
}

#[test]
fn parameters_deserialize_to_tuples_structs_maps_and_lists() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Item {
        name: String,
        id: u32,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Both(u32, String);
    let name = "a/b +".to_owned();
    assert_eq!(read(ORDER), Ok((7u8, name.clone())));
    assert_eq!(read(ORDER), Ok(Both(7, name.clone())));
    assert_eq!(read(ORDER), Ok(Item { name: name.clone(), id: 7 }));
    assert_eq!(read(ORDER), Ok(vec!["7".to_owned(), name.clone()]));
    assert_eq!(read(ORDER), Ok(vec![("id".to_owned(), "7".to_owned()), ("name".to_owned(), name.clone())]));
    let map = BTreeMap::from([("id".to_owned(), "7".to_owned()), ("name".to_owned(), name)]);
    assert_eq!(read(ORDER), Ok(map));
    assert_eq!(read(ORDER), Ok(()));
}

#[test]
fn invalid_parameters_are_reported_with_their_names() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Needs {
        order: u64,
    }
    assert_eq!(
        read::<u64>(&[("id", "x")]).unwrap_err(),
        r#"invalid path: invalid type: string "x", expected u64 at id"#
    );
    assert_eq!(
        read::<(u8, u8)>(ORDER).unwrap_err(),
        r#"invalid path: invalid type: string "a/b +", expected u8 at name"#
    );
    assert_eq!(read::<u64>(ORDER).unwrap_err(), "invalid path: expected 1 path parameter, got 2");
    assert_eq!(read::<(u8, u8, u8)>(ORDER).unwrap_err(), "invalid path: expected 3 path parameters, got 2");
    assert_eq!(read::<Needs>(ORDER).unwrap_err(), "invalid path: missing value at order");
    assert_eq!(read::<Needs>(&[]).unwrap_err(), "invalid path: missing value at order");
    assert_eq!(
        read::<u8>(&[("id", "256")]).unwrap_err(),
        "invalid path: invalid value: integer `256`, expected u8 at id"
    );
    assert_eq!(read::<String>(&[("id", "%ff")]).unwrap_err(), "invalid path: invalid UTF-8 at id");
    assert_eq!(read(&[("id", "100%")]), Ok("100%".to_owned()));
}

#[test]
fn decoded_values_are_not_decoded_again() {
    assert_eq!(PathParams::decoded([("name", "100%25")]).deserialize(), Ok("100%25".to_owned()));
}

#[tokio::test]
async fn parameters_are_an_extension_of_the_request() {
    let (mut parts, ()) = Request::new(()).into_parts();
    let missing = <Path<u64> as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await.unwrap_err();
    assert_eq!(missing.to_string(), "invalid path: expected 1 path parameter, got 0");
    let optional = <Path<u64> as OptionalFromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
    assert_eq!(optional, Ok(None));
    parts.extensions.insert(PathParams::encoded([("id", "7")]));
    let found = <Path<u64> as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
    assert_eq!(*found.unwrap(), 7);
    let optional = <Path<String> as OptionalFromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
    assert_eq!(optional, Ok(Some(Path("7".to_owned()))));
}

#[tokio::test]
async fn a_rejection_is_a_problem_with_the_name_of_the_parameter() {
    let rejection = PathParams::encoded(ORDER.iter().copied()).deserialize::<(u8, bool)>().unwrap_err();
    let response = rejection.into_response();
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body = collect(response.into_body(), usize::MAX).await.unwrap();
    assert_eq!(
        body,
        r#"{"status":400,"title":"Bad Request","detail":"invalid path: invalid type: string \"a/b +\", expected a boolean at name","field":"name"}"#
    );
}
