//! Items round-trip, and malformed ones are errors.

use super::item;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// An enum with a variant for each type that attributes decode into, so that the test can compare values.
#[derive(Clone, Debug, PartialEq, Deserialize)]
enum Typed {
    Text(String),
    Small(i32),
    Large(i128),
    Float(f64),
    Flag(bool),
    Bytes(Vec<u8>),
    Texts(Vec<String>),
    Numbers(Vec<u64>),
    Blobs(Vec<Vec<u8>>),
    Maybe(Option<Box<Typed>>),
    List(Vec<Typed>),
    Map(BTreeMap<String, Typed>),
}

impl Typed {
    /// Returns the attribute value that DynamoDB would write.
    fn attribute(&self) -> Value {
        let value = match self {
            Self::Text(text) => json!({"S": text}),
            Self::Small(number) => json!({"N": number.to_string()}),
            Self::Large(number) => json!({"N": number.to_string()}),
            Self::Float(number) => json!({"N": number.to_string()}),
            Self::Flag(flag) => json!({"BOOL": flag}),
            Self::Bytes(bytes) => json!({"B": STANDARD.encode(bytes)}),
            Self::Texts(texts) => json!({"SS": texts}),
            Self::Numbers(numbers) => json!({"NS": numbers.iter().map(u64::to_string).collect::<Vec<_>>()}),
            Self::Blobs(blobs) => json!({"BS": blobs.iter().map(|blob| STANDARD.encode(blob)).collect::<Vec<_>>()}),
            Self::Maybe(None) => json!({"NULL": true}),
            Self::Maybe(Some(value)) => value.attribute(),
            Self::List(values) => json!({"L": values.iter().map(Self::attribute).collect::<Vec<_>>()}),
            Self::Map(values) => json!({"M": attributes(values)}),
        };
        json!({"M": {self.name(): value}})
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "Text",
            Self::Small(_) => "Small",
            Self::Large(_) => "Large",
            Self::Float(_) => "Float",
            Self::Flag(_) => "Flag",
            Self::Bytes(_) => "Bytes",
            Self::Texts(_) => "Texts",
            Self::Numbers(_) => "Numbers",
            Self::Blobs(_) => "Blobs",
            Self::Maybe(_) => "Maybe",
            Self::List(_) => "List",
            Self::Map(_) => "Map",
        }
    }
}

fn attributes(values: &BTreeMap<String, Typed>) -> Map<String, Value> {
    values.iter().map(|(name, value)| (name.clone(), value.attribute())).collect()
}

/// Names and strings with characters that JSON escapes, and names that are also types of attribute values.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Z]{1,4}", "\\PC{0,6}", "[\"\\\\\n\u{0}{}:,é😀]{0,6}"]
}

fn typed() -> impl Strategy<Value = Typed> {
    let leaf = prop_oneof![
        text().prop_map(Typed::Text),
        any::<i32>().prop_map(Typed::Small),
        any::<i128>().prop_map(Typed::Large),
        proptest::num::f64::NORMAL.prop_map(Typed::Float),
        any::<bool>().prop_map(Typed::Flag),
        vec(any::<u8>(), 0..6).prop_map(Typed::Bytes),
        vec(text(), 0..3).prop_map(Typed::Texts),
        vec(any::<u64>(), 0..3).prop_map(Typed::Numbers),
        vec(vec(any::<u8>(), 0..6), 0..3).prop_map(Typed::Blobs),
        Just(Typed::Maybe(None)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|value| Typed::Maybe(Some(Box::new(value)))),
            vec(inner.clone(), 0..4).prop_map(Typed::List),
            btree_map(text(), inner, 0..4).prop_map(Typed::Map),
        ]
    })
}

fn typed_item() -> impl Strategy<Value = BTreeMap<String, Typed>> {
    btree_map(text(), typed(), 0..4)
}

/// A JSON value that DynamoDB can store, and its attribute value.
fn plain() -> impl Strategy<Value = (Value, Value)> {
    let number = |number: String, value: Value| (value, json!({"N": number}));
    let leaf = prop_oneof![
        Just((Value::Null, json!({"NULL": true}))),
        any::<bool>().prop_map(|flag| (json!(flag), json!({"BOOL": flag}))),
        any::<i64>().prop_map(move |n| number(n.to_string(), json!(n))),
        any::<u64>().prop_map(move |n| number(n.to_string(), json!(n))),
        (any::<i32>(), 1..9_u32).prop_map(move |(n, tenths)| number(format!("{n}.{tenths}"), {
            json!(format!("{n}.{tenths}").parse::<f64>().unwrap())
        })),
        text().prop_map(|text| (json!(text), json!({"S": text}))),
        vec(any::<u8>(), 0..6).prop_map(|bytes| (json!(bytes), json!({"B": STANDARD.encode(&bytes)}))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|pairs| {
                let (values, attributes): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
                (json!(values), json!({"L": attributes}))
            }),
            btree_map(text(), inner, 0..4).prop_map(|pairs| {
                let (values, attributes) = objects(pairs);
                (values, json!({"M": attributes}))
            }),
        ]
    })
}

fn objects(pairs: BTreeMap<String, (Value, Value)>) -> (Value, Value) {
    let (mut values, mut attributes) = (Map::new(), Map::new());
    for (name, (value, attribute)) in pairs {
        values.insert(name.clone(), value);
        attributes.insert(name, attribute);
    }
    (Value::Object(values), Value::Object(attributes))
}

/// Replacement bytes: the characters of which JSON and attribute values consist.
const PIECES: &[u8] = b"{}[]:,\"\\SNBLMO0-1e.+tnu= \n\xc3";

proptest! {
    #[test]
    fn items_round_trip(values in typed_item()) {
        let json = Value::Object(attributes(&values));
        prop_assert_eq!(item(&json.to_string()), Ok(values.clone()));
        prop_assert_eq!(item(&format!("{json:#}")), Ok(values));
    }

    #[test]
    fn json_values_round_trip(pairs in btree_map(text(), plain(), 0..4)) {
        let (value, attributes) = objects(pairs);
        prop_assert_eq!(item::<Value>(&attributes.to_string()), Ok(value));
    }

    #[test]
    fn malformed_items_never_panic(
        values in typed_item(),
        changes in vec((any::<prop::sample::Index>(), prop::sample::select(PIECES)), 1..4),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut json = Value::Object(attributes(&values)).to_string().into_bytes();
        for (place, byte) in changes {
            let place = place.index(json.len());
            json[place] = byte;
        }
        if cut {
            json.truncate(end.index(json.len()));
        }
        let json = String::from_utf8_lossy(&json);
        // Each kind of type takes a different path through the decoder. The paths of errors are computed as well.
        let as_typed = item::<BTreeMap<String, Typed>>(&json);
        let as_value = item::<Value>(&json);
        let as_option = item::<BTreeMap<String, Option<(u8, f32, String)>>>(&json);
        if serde_json::from_str::<Value>(&json).is_err() {
            prop_assert!(as_typed.is_err() && as_value.is_err() && as_option.is_err());
        }
    }
}
