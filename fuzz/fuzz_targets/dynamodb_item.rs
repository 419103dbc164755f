//! DynamoDB items.
//!
//! Oracles: serde_dynamo, for items that both decode; serde_json, for the grammar.

#![no_main]

use lrt::__private::fuzzing::dynamodb_item;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_dynamo::AttributeValue;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    id: Option<String>,
    count: Option<u32>,
    total: Option<f64>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    numbers: Vec<i64>,
    paid: Option<bool>,
    parent: Option<Box<Order>>,
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    Reading { celsius: f64, small: Option<f32> },
    Count { count: i64 },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Reading { celsius: f64 },
    Named { name: String },
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(json) = str::from_utf8(bytes) else { return };
    let item = attributes(json);
    check::<Value>(json, item.as_ref());
    check::<BTreeMap<String, Value>>(json, item.as_ref());
    check::<BTreeMap<String, f64>>(json, item.as_ref());
    check::<BTreeMap<String, Option<i128>>>(json, item.as_ref());
    check::<Order>(json, item.as_ref());
    check::<Tagged>(json, item.as_ref());
    check::<Untagged>(json, item.as_ref());
});

fn check<T: DeserializeOwned + PartialEq + Debug>(json: &str, item: Option<&HashMap<String, AttributeValue>>) {
    let decoded = dynamodb_item::<T>(json);
    if decoded.is_ok() {
        serde_json::from_str::<serde::de::IgnoredAny>(json).expect("an item is JSON");
    }
    // Items with binary values are left out: types that accept any value get them as a sequence, which serde_dynamo rejects.
    let Some(item) = item else { return };
    match (serde_dynamo::from_item::<_, T>(item.clone()), decoded) {
        (Ok(expected), decoded) => assert_eq!(decoded, Ok(expected)),
        // Integers in the form of floats, floats in types of integers, and lists as structs.
        (Err(_), _) => {}
    }
}

/// Converts the item to serde_dynamo's form. Returns `None` if it is not an item without binary values and repeated names.
fn attributes(json: &str) -> Option<HashMap<String, AttributeValue>> {
    if lrt_fuzz::has_repeated_names(json) {
        return None;
    }
    let Value::Object(members) = serde_json::from_str(json).ok()? else { return None };
    members.into_iter().map(|(name, value)| Some((name, attribute(value)?))).collect()
}

fn attribute(value: Value) -> Option<AttributeValue> {
    let Value::Object(members) = value else { return None };
    let [(kind, value)] = Vec::from_iter(members).try_into().ok()?;
    let texts = |value: Value| match value {
        Value::Array(values) => values.into_iter().map(text).collect(),
        _ => None,
    };
    Some(match (&*kind, value) {
        ("S", value) => AttributeValue::S(text(value)?),
        ("N", value) => AttributeValue::N(number(text(value)?)?),
        ("BOOL", Value::Bool(value)) => AttributeValue::Bool(value),
        ("NULL", Value::Bool(true)) => AttributeValue::Null(true),
        ("SS", value) => AttributeValue::Ss(texts(value)?),
        ("NS", value) => AttributeValue::Ns(texts(value)?.into_iter().map(number).collect::<Option<_>>()?),
        ("L", Value::Array(values)) => AttributeValue::L(values.into_iter().map(attribute).collect::<Option<_>>()?),
        ("M", Value::Object(members)) => AttributeValue::M(
            members.into_iter().map(|(name, value)| Some((name, attribute(value)?))).collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}

fn text(value: Value) -> Option<String> {
    if let Value::String(text) = value { Some(text) } else { None }
}

/// Returns a number that DynamoDB could have written: at most 38 digits, without zeros at the end of a fraction.
fn number(text: String) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let is_plain = digits.len() <= 39 && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_normal = text != "-0" && !(text.contains('.') && text.ends_with('0'));
    (is_plain && is_normal && serde_json::from_str::<f64>(&text).is_ok()).then_some(text)
}
