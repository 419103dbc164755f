//! The tests of `lrt` check that its decoder reads these items back.

use super::{Set, item};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Serializes like `serde_bytes`.
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

#[derive(Serialize)]
enum Any {
    Unit,
    Flag(bool),
    Pair(i64, u64),
}

#[test]
fn every_serde_type_has_an_attribute_type() {
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Newtype(u8);
    #[derive(Serialize)]
    struct Tuple(u8, &'static str);
    #[derive(Serialize)]
    struct Item {
        text: &'static str,
        number: f64,
        bytes: Bytes,
        none: Option<u8>,
        some: Option<u8>,
        unit: Unit,
        newtype: Newtype,
        tuple: Tuple,
        list: Value,
        r#enum: [Any; 3],
    }
    let written = item(&Item {
        text: "a",
        number: 1.0,
        bytes: Bytes(vec![255]),
        none: None,
        some: Some(1),
        unit: Unit,
        newtype: Newtype(2),
        tuple: Tuple(3, "b"),
        list: json!([null, true, {"x": 1.5}]),
        r#enum: [Any::Unit, Any::Flag(true), Any::Pair(4, 5)],
    });
    let expected = json!({
        "text": {"S": "a"},
        "number": {"N": "1"},
        "bytes": {"B": "/w=="},
        "none": {"NULL": true},
        "some": {"N": "1"},
        "unit": {"NULL": true},
        "newtype": {"N": "2"},
        "tuple": {"L": [{"N": "3"}, {"S": "b"}]},
        "list": {"L": [{"NULL": true}, {"BOOL": true}, {"M": {"x": {"N": "1.5"}}}]},
        "enum": {"L": [
            {"S": "Unit"},
            {"M": {"Flag": {"BOOL": true}}},
            {"M": {"Pair": {"L": [{"N": "4"}, {"N": "5"}]}}},
        ]},
    });
    assert_eq!(Value::Object(written.unwrap()), expected);
}

#[test]
fn sets_require_elements_of_one_type() {
    let written = |set: Value| Value::Object(item(&BTreeMap::from([("a", Set(set))])).unwrap());
    assert_eq!(written(json!(["x", "y"])), json!({"a": {"SS": ["x", "y"]}}));
    assert_eq!(written(json!([1, 2.5])), json!({"a": {"NS": ["1", "2.5"]}}));
    let bytes = item(&BTreeMap::from([("a", Set([Bytes(vec![255])]))])).unwrap();
    assert_eq!(Value::Object(bytes), json!({"a": {"BS": ["/w=="]}}));
    for invalid in [json!(["x", 1]), json!([]), json!("x"), json!([true])] {
        let error = item(&BTreeMap::from([("a", Set(&invalid))])).unwrap_err().to_string();
        assert!(error.starts_with("cannot serialize the item for DynamoDB: invalid set (expected "), "{error}");
    }
}

#[test]
fn unsupported_items_are_rejected() {
    let error = |written: Result<_, super::ItemError>| written.unwrap_err().to_string();
    for no_item in [json!([1]), json!("a"), json!(null)] {
        assert!(error(item(&no_item)).ends_with("expected a struct or a map"));
    }
    assert!(error(item(&BTreeMap::from([("a", f64::NAN)]))).ends_with("DynamoDB does not support the number NaN"));
    assert!(error(item(&BTreeMap::from([("a", f32::INFINITY)]))).ends_with("DynamoDB does not support the number inf"));
    let pairs = BTreeMap::from([((1, 2), "a")]);
    assert!(error(item(&pairs)).ends_with("invalid map key (expected a string, an integer or a boolean)"));
}

/// With `arbitrary_precision`, serde_json serializes a number as a struct with this name.
#[test]
fn arbitrary_precision_numbers_are_numbers() {
    struct Precise;
    impl Serialize for Precise {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeStruct;
            let mut number = serializer.serialize_struct("$serde_json::private::Number", 1)?;
            number.serialize_field("$serde_json::private::Number", "0.1000000000000000000000000000000000001")?;
            number.end()
        }
    }
    let written = item(&BTreeMap::from([("a", Precise)])).unwrap();
    assert_eq!(Value::Object(written), json!({"a": {"N": "0.1000000000000000000000000000000000001"}}));
}
