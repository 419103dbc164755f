//! Error messages of items that do not decode, and their paths.

use super::{Bytes, item, wrong};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Debug;

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Customer {
    address: Option<Address>,
    tags: Option<Vec<Tag>>,
    #[serde(rename = "a b")]
    quoted: Option<u8>,
    lines: Option<Vec<HashMap<String, Vec<u8>>>>,
    event: Option<Event>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Address {
    city: String,
    zip: u64,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Tag;

impl TryFrom<String> for Tag {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        if text == "bad" { Err("a bad tag") } else { Ok(Self) }
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
#[allow(dead_code)]
enum Event {
    Created { at: u64 },
}

#[test]
fn error_has_the_path_of_the_attribute() {
    for (text, expected) in [
        (
            r#"{"address":{"M":{"city":{"S":"Cork"},"zip":{"S":"x"}}}}"#,
            r#"invalid type: string "x", expected u64 at address.zip"#,
        ),
        (
            r#"{"address":{"M":{"zip":{"N":"x"}, "city":{}}}}"#,
            r#"invalid value: string "x", expected a number at address.zip"#,
        ),
        (r#"{"address":{"M":{"zip":{"N":"1"}}},"tags":{"L":[]}}"#, "missing field `city` at address"),
        (r#"{"address":{"S":"Cork"}}"#, r#"invalid type: string "Cork", expected struct Address at address"#),
        (r#"{"tags":{"L":[{"S":"a"},{"S":"bad"}]}}"#, "a bad tag at tags[1]"),
        (r#"{"tags":{"L":[{"S":"bad"},{"S":"a"}]}}"#, "a bad tag at tags[0]"),
        (r#"{"tags":{"SS":["a","bad"]}}"#, "a bad tag at tags[1]"),
        (r#"{"tags":{"SS":["a",7]}}"#, "invalid type: integer `7`, expected a string as the value of S at tags[1]"),
        (r#"{"a b":{"N":"256"}}"#, "invalid value: integer `256`, expected u8 at […]"),
        (
            r#"{"lines":{"L":[{"M":{}},{"M":{"S":{"NS":["1"]},"L":{"NS":["1","2.5"]}}}]}}"#,
            "invalid value: number `2.5`, expected u8 at lines[1].L[1]",
        ),
        (
            r#"{"event":{"M":{"type":{"S":"Created"},"at":{"S":"x"}}}}"#,
            r#"invalid type: string "x", expected u64 at event"#,
        ),
        (
            "{\n \"tags\": {\n  \"L\": [\n   {\"S\": \"a\"},\n   {\"N\": {}}\n  ]\n }\n}",
            "invalid type: map, expected a number in a string as the value of N at tags[1]",
        ),
        (
            r#"{"tags":{"L":[{"S":"a"},null]}}"#,
            r#"invalid type: null, expected an attribute value such as {"S": "text"} at tags[1]"#,
        ),
        (r#"{"tags":{"B":"aG="}}"#, "malformed base64: Invalid padding at tags"),
        (r#"["address"]"#, "invalid type: sequence, expected an object of attribute values"),
        (r#"{"address":{"M":{}}"#, "missing field `city` at address"),
        ("null", "invalid type: null, expected an object of attribute values"),
        ("", "EOF while parsing a value"),
        ("{} x", "trailing characters"),
    ] {
        assert_eq!(item::<Customer>(text).unwrap_err().to_string(), expected, "{text}");
    }
    let error = item::<Event>(r#"{"type":{"S":"Created"},"at":{"S":"x"}}"#).unwrap_err();
    assert_eq!(error.to_string(), r#"invalid type: string "x", expected u64"#);
}

#[test]
fn message_and_path_are_separate() {
    let error = item::<Customer>(r#"{"a b":{"S":"x"}}"#).unwrap_err();
    assert_eq!((&*error.message, &*error.path), (r#"invalid type: string "x", expected u8"#, "[…]"));
}

/// Checks that the message is the same for every expected type.
fn malformed<T: DeserializeOwned + Debug>(value: &str, expected: &str) {
    assert_eq!(wrong::<T>(value), expected, "{value}");
}

#[test]
fn malformed_attribute_values_are_described() {
    let such = r#"such as {"S": "text"}"#;
    for (value, expected) in [
        ("{}", format!("an attribute value without a type, expected one {such}")),
        (r#"{"S":"a","N":"1"}"#, "an attribute value with more than one type".into()),
        (r#"{"X":1}"#, "unknown attribute type `X`, expected one of S, N, B, BOOL, NULL, L, M, SS, NS, BS".into()),
        ("null", format!("invalid type: null, expected an attribute value {such}")),
        (r#""plain""#, format!(r#"invalid type: string "plain", expected an attribute value {such}"#)),
        ("[]", format!("invalid type: sequence, expected an attribute value {such}")),
        (r#"{"S":1}"#, "invalid type: integer `1`, expected a string as the value of S".into()),
        (r#"{"S":null}"#, "invalid type: null, expected a string as the value of S".into()),
        (r#"{"N":true}"#, "invalid type: boolean `true`, expected a number in a string as the value of N".into()),
        (r#"{"B":1.5}"#, "invalid type: floating point `1.5`, expected base64 as the value of B".into()),
        (r#"{"BOOL":"true"}"#, r#"invalid type: string "true", expected a boolean as the value of BOOL"#.into()),
        (r#"{"BOOL":1}"#, "invalid type: integer `1`, expected a boolean as the value of BOOL".into()),
        (r#"{"NULL":false}"#, "invalid value: boolean `false`, expected true as the value of NULL".into()),
        (r#"{"NULL":null}"#, "invalid type: null, expected true as the value of NULL".into()),
        (r#"{"M":[1]}"#, "invalid type: sequence, expected an object of attribute values".into()),
        (r#"{"M":"a"}"#, r#"invalid type: string "a", expected an object of attribute values"#.into()),
        (r#"{"L":{"b":1}}"#, "invalid type: map, expected an array as the value of L".into()),
        (r#"{"SS":"a"}"#, r#"invalid type: string "a", expected an array of strings as the value of SS"#.into()),
        (r#"{"NS":{}}"#, "invalid type: map, expected an array of numbers in strings as the value of NS".into()),
        (r#"{"BS":-1}"#, "invalid type: integer `-1`, expected an array of base64 as the value of BS".into()),
        (r#"{"B":"***"}"#, "malformed base64: Invalid symbol 42, offset 0.".into()),
        (r#"{"B":"aGk"}"#, "malformed base64: Invalid padding".into()),
    ] {
        malformed::<Value>(value, &expected);
        malformed::<Option<Value>>(value, &expected);
        if !value.contains("NULL") && !value.contains(',') {
            malformed::<Option<u8>>(value, &expected);
            malformed::<Bytes>(value, &expected);
            malformed::<HashMap<String, u8>>(value, &expected);
        }
    }
}

#[test]
fn mismatches_name_attribute_type_and_expected_type() {
    for (message, expected) in [
        (wrong::<bool>(r#"{"N":"1"}"#), "invalid type: integer `1`, expected a boolean"),
        (wrong::<bool>(r#"{"N":"1.5"}"#), "invalid value: number `1.5`, expected a boolean"),
        (
            wrong::<Bytes>(r#"{"N":"99999999999999999999"}"#),
            "invalid value: number `99999999999999999999`, expected bytes",
        ),
        (wrong::<u64>(r#"{"B":"aGk="}"#), "invalid type: byte array, expected u64"),
        (wrong::<String>(r#"{"NULL":true}"#), "invalid type: null, expected a string"),
        (wrong::<String>(r#"{"BOOL":true}"#), "invalid type: boolean `true`, expected a string"),
        (wrong::<String>(r#"{"L":[]}"#), "invalid type: sequence, expected a string"),
        (wrong::<String>(r#"{"L":[ {"S":"a"},{"S":"b"}]}"#), "invalid type: sequence, expected a string"),
        (wrong::<u8>(r#"{"SS":["a"]}"#), "invalid type: sequence, expected u8"),
        (wrong::<String>(r#"{"M":{}}"#), "invalid type: map, expected a string"),
        (wrong::<String>(r#"{"M":{"b":{"S":"a"}}}"#), "invalid type: map, expected a string"),
        (wrong::<Vec<u8>>(r#"{"S":"aGk="}"#), r#"invalid type: string "aGk=", expected a sequence"#),
        (wrong::<char>(r#"{"S":"ab"}"#), r#"invalid value: string "ab", expected a character"#),
        (wrong::<()>(r#"{"S":""}"#), r#"invalid type: string "", expected unit"#),
        (wrong::<[u8; 3]>(r#"{"B":"aGk="}"#), "invalid length 2, expected an array of length 3"),
        (wrong::<[u8; 1]>(r#"{"B":"aGk="}"#), "invalid length 2, expected 1 element in sequence"),
        (wrong::<(u8, u8)>(r#"{"NS":["1"]}"#), "invalid length 1, expected a tuple of size 2"),
        (wrong::<(u8,)>(r#"{"NS":["1","2"]}"#), "more elements than expected"),
        (wrong::<(u8,)>(r#"{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}"#), "more elements than expected"),
    ] {
        assert_eq!(message, expected);
    }
}
