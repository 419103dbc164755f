//! Error messages without the values of payloads, and recorded events without credentials.
//!
//! Oracle: a marker in each value.

#![no_main]

use lrt_core::__private::json::{path, redact::redact_values};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashMap;

/// An address, which cannot be the name of a field.
const MARKER: &str = "4@11";

#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Size {
    Small,
    Large,
}

#[derive(Debug, Deserialize)]
enum Never {}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Order {
    count: u32,
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (before, after) = text.split_once('\n').unwrap_or((text, ""));
    let value = Value::from(format!("{before}{MARKER}{after}")).to_string();
    for json in [
        value.clone(),
        format!("[{value}]"),
        format!("{{{value}:1}}"),
        format!("{{{value}:{value}}}"),
        format!("{{\"count\":{value}}}"),
    ] {
        check::<u8>(&json);
        check::<Size>(&json);
        check::<Never>(&json);
        check::<HashMap<u8, u8>>(&json);
        check::<HashMap<String, u8>>(&json);
        check::<HashMap<Size, Size>>(&json);
        check::<(bool, char)>(&json);
        check::<Option<[f32; 7]>>(&json);
        check::<Order>(&json);
    }
    for item in [
        json!({"a": {"S": "X"}}),
        json!({"a": {"N": "X"}}),
        json!({"a": {"M": {"X": {"S": "X"}}}}),
        json!({"X": {"BOOL": "X"}}),
    ] {
        let item = item.to_string().replace("\"X\"", &value);
        check_item::<HashMap<String, u8>>(&item);
        check_item::<HashMap<String, Size>>(&item);
        check_item::<HashMap<String, HashMap<String, bool>>>(&item);
        check_item::<Order>(&item);
    }
    recorded(text);
});

fn check<T: DeserializeOwned>(json: &str) {
    if let Err(error) = serde_json::from_str::<T>(json) {
        let message = redact_values(&path::with_path(json.as_bytes(), &error));
        assert!(!message.contains(MARKER), "{message}");
    }
}

fn check_item<T: DeserializeOwned>(json: &str) {
    if let Err(message) = lrt::__private::fuzzing::dynamodb_item::<T>(json) {
        let message = redact_values(&message);
        assert!(!message.contains(MARKER), "{message}");
    }
}

/// Records a request that has secrets with the text in their names and next to them.
fn recorded(text: &str) {
    let name = format!("x-{text}-token");
    let pair = format!("secret={MARKER}&a={}", form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
    let mut event = json!({
        "httpMethod": "GET",
        "headers": {&*name: MARKER, "referer": format!("https://a.example/?{pair}#{text}")},
        "multiValueHeaders": {&*name: [MARKER], "cookie": [format!("{text}={MARKER}")]},
        "queryStringParameters": {&*name: MARKER, "a": text},
        "rawQueryString": pair,
        "cookies": [format!("a={MARKER}")],
        "body": pair,
        "requestContext": {"authorizer": {&*name: MARKER, "lambda": {"secret": MARKER}}},
    });
    event["headers"]["content-type"] = "application/x-www-form-urlencoded".into();
    lrt_local::fuzzing::remove_credentials(&mut event);
    assert!(!event.to_string().contains(MARKER), "{event}");
    let mut again = event.clone();
    lrt_local::fuzzing::remove_credentials(&mut again);
    assert_eq!(again, event);

    let Ok(mut event) = serde_json::from_str::<Value>(text) else { return };
    lrt_local::fuzzing::remove_credentials(&mut event);
    let mut again = event.clone();
    let removed = lrt_local::fuzzing::remove_credentials(&mut again);
    assert_eq!(again, event, "{removed:?}");
}
