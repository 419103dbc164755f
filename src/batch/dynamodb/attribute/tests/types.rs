//! Each type of attribute value, and entire items.

use super::{Bytes, attribute, item};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The benchmark's item, with an attribute of each remaining type.
const PRODUCT: &str = r#"
{
    "id": {"S": "item-1"}, "amount": {"N": "5"}, "price": {"N": "1.5"}, "active": {"BOOL": true},
    "tags": {"L": [{"S": "red"}, {"S": "t0"}]}, "address": {"M": {"city": {"S": "Dublin"}, "zip": {"S": "D00"}}},
    "note": {"NULL": true}, "sizes": {"SS": ["s", "m"]}, "primes": {"NS": ["2", "3"]}, "raw": {"B": "aGk="},
    "blobs": {"BS": ["aGk=", ""]}, "new": {"M": {"deep": {"L": [{"M": {"x": {"N": "1"}}}]}}}
}"#;

#[derive(Debug, PartialEq, Deserialize)]
struct Product {
    id: String,
    amount: i64,
    price: f64,
    active: bool,
    tags: Vec<String>,
    address: Address,
    note: Option<String>,
    missing: Option<String>,
    #[serde(default)]
    defaulted: u8,
    #[serde(rename = "sizes")]
    dress_sizes: BTreeSet<String>,
    primes: [u8; 2],
    raw: Bytes,
    blobs: Vec<Vec<u8>>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Address {
    city: String,
    zip: String,
}

#[test]
fn item_decodes_into_a_struct() {
    let expected = Product {
        id: "item-1".into(),
        amount: 5,
        price: 1.5,
        active: true,
        tags: vec!["red".into(), "t0".into()],
        address: Address { city: "Dublin".into(), zip: "D00".into() },
        note: None,
        missing: None,
        defaulted: 0,
        dress_sizes: ["m".into(), "s".into()].into(),
        primes: [2, 3],
        raw: Bytes(b"hi".to_vec()),
        blobs: vec![b"hi".to_vec(), vec![]],
    };
    assert_eq!(item::<Product>(PRODUCT), Ok(expected));
}

#[test]
fn item_decodes_into_a_json_value() {
    let expected = json!({
        "id": "item-1", "amount": 5, "price": 1.5, "active": true, "tags": ["red", "t0"],
        "address": {"city": "Dublin", "zip": "D00"}, "note": null, "sizes": ["s", "m"], "primes": [2, 3],
        "raw": [104, 105], "blobs": [[104, 105], []], "new": {"deep": [{"x": 1}]}
    });
    assert_eq!(item::<Value>(PRODUCT), Ok(expected));
}

#[test]
fn item_decodes_into_a_map() {
    let text = r#"{"1":{"S":"a"},"2":{"S":"b"}}"#;
    assert_eq!(item(text), Ok(BTreeMap::from([("1".to_owned(), 'a'), ("2".to_owned(), 'b')])));
    assert_eq!(item(text), Ok(HashMap::from([(1_u8, 'a'), (2, 'b')])));
    assert_eq!(item("{}"), Ok(BTreeMap::<String, u8>::new()));
}

#[test]
fn item_decodes_into_options_newtypes_and_ignored_values() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Keys(HashMap<String, u8>);
    let text = r#"{"id":{"N":"1"}}"#;
    assert_eq!(item(text), Ok(Some(Keys([("id".to_owned(), 1)].into()))));
    assert!(item::<IgnoredAny>(text).is_ok());
}

#[test]
fn strings() {
    assert_eq!(attribute::<String>(r#"{"S":"a\"b\\\n\u00e9\ud83d\ude00 é"}"#), "a\"b\\\né😀 é");
    assert_eq!(attribute::<String>(r#"{"S":""}"#), "");
    assert_eq!(attribute::<char>(r#"{"S":"é"}"#), 'é');
    assert_eq!(attribute::<Box<str>>(r#" { "S" : "a" } "#), "a".into());
    assert_eq!(attribute::<std::net::IpAddr>(r#"{"S":"::1"}"#), std::net::Ipv6Addr::LOCALHOST);
    assert_eq!(attribute::<String>(r#"{"\u0053":"a"}"#), "a");
}

#[test]
fn names_are_unescaped() {
    assert_eq!(item(r#"{"a\"é\u00e9":{"N":"1"}}"#), Ok(HashMap::from([("a\"éé".to_owned(), 1)])));
}

#[test]
fn null_and_bool() {
    assert!(attribute::<bool>(r#"{"BOOL":true}"#));
    assert!(!attribute::<bool>(r#"{"BOOL":false}"#));
    assert_eq!(attribute::<Option<bool>>(r#"{"BOOL":false}"#), Some(false));
    assert_eq!(attribute::<Option<bool>>(r#"{"NULL":true}"#), None);
    assert_eq!(attribute::<Option<Vec<Option<u8>>>>(r#"{"L":[{"N":"1"},{"NULL":true}]}"#), Some(vec![Some(1), None]));
    attribute::<()>(r#"{"NULL":true}"#);
    #[derive(Debug, PartialEq, Deserialize)]
    struct Unit;
    assert_eq!(attribute::<Unit>(r#"{"NULL":true}"#), Unit);
}

#[test]
fn bytes() {
    let hi = Bytes(b"hi".to_vec());
    assert_eq!(attribute::<Bytes>(r#"{"B":"aGk="}"#), hi);
    assert_eq!(attribute::<Vec<u8>>(r#"{"B":"aGk="}"#), b"hi");
    assert_eq!(attribute::<[u8; 2]>(r#"{"B":"aGk="}"#), *b"hi");
    assert_eq!(attribute::<String>(r#"{"B":"aGk="}"#), "aGk=");
    assert_eq!(attribute::<Vec<u8>>(r#"{"B":""}"#), b"");
    assert_eq!(attribute::<BTreeSet<Bytes>>(r#"{"BS":["aGk="]}"#), [hi].into());
    assert_eq!(attribute::<Vec<String>>(r#"{"BS":["aGk="]}"#), ["aGk="]);
    assert_eq!(attribute::<Bytes>(r#"{"L":[{"N":"1"},{"N":"2"}]}"#), Bytes(vec![1, 2]));
}

#[test]
fn sequences() {
    assert_eq!(attribute::<(u8, String, bool)>(r#"{"L":[{"N":"1"},{"S":"a"},{"BOOL":true}]}"#), (1, "a".into(), true));
    assert_eq!(attribute::<HashSet<u8>>(r#"{"NS":["1","2"]}"#), [1, 2].into());
    assert_eq!(attribute::<Vec<String>>(r#"{"NS":["1","2.50"]}"#), ["1", "2.50"]);
    assert_eq!(attribute::<Vec<Vec<u8>>>(r#"{"L":[{"NS":["1"]},{"L":[]},{"B":"aGk="}]}"#), [&[1][..], &[], b"hi"]);
    for empty in ["L", "SS", "NS", "BS"] {
        assert_eq!(attribute::<Vec<String>>(&format!(r#"{{"{empty}":[]}}"#)), [""; 0], "{empty}");
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Point(i32, i32);
    assert_eq!(attribute::<Point>(r#"{"L":[{"N":"1"},{"N":"-2"}]}"#), Point(1, -2));
}

#[test]
fn newtypes_are_transparent_everywhere() {
    #[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
    struct Id<T>(T);
    assert_eq!(attribute::<Id<u8>>(r#"{"N":"1"}"#), Id(1));
    assert_eq!(attribute::<Id<Option<Id<u8>>>>(r#"{"N":"1"}"#), Id(Some(Id(1))));
    assert_eq!(attribute::<HashSet<Id<String>>>(r#"{"SS":["a"]}"#), [Id("a".to_owned())].into());
    assert_eq!(attribute::<HashMap<Id<String>, Id<u8>>>(r#"{"M":{"a":{"N":"1"}}}"#), [(Id("a".into()), Id(1))].into());
}

#[test]
fn attributes_may_be_named_like_types() {
    let text = r#"{"S":{"M":{"M":{"N":"1"}}},"L":{"L":[{"S":"S"}]}}"#;
    assert_eq!(item::<Value>(text), Ok(json!({"S": {"M": 1}, "L": ["S"]})));
}

#[test]
fn unread_attributes_are_skipped() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Id {
        id: u8,
    }
    // An attribute that is not read may be anything, as long as it is JSON.
    for unread in [
        r#"{"M":{"y":{"L":[{"?":[1]}]}}}"#,
        r#"{"B":"***"}"#,
        r#"{"N":{"a":[{}]}}"#,
        r#"{"X":1}"#,
        r#"{"S":"a","N":"1"}"#,
        "{}",
        "null",
        r#""x""#,
        "[1]",
    ] {
        let text = format!(r#"{{"x":{unread},"id":{{"N":"1"}},"y":{unread}}}"#);
        assert_eq!(item(&text), Ok(Id { id: 1 }), "{unread}");
        assert_eq!(item::<HashMap<String, IgnoredAny>>(&text).unwrap().len(), 3, "{unread}");
        let text = format!(r#"{{"l":{{"L":[{unread},{unread}]}}}}"#);
        assert_eq!(item::<HashMap<String, Vec<IgnoredAny>>>(&text).unwrap()["l"].len(), 2, "{unread}");
    }
    let error = item::<Id>(r#"{"x":[1,],"id":{"N":"1"}}"#).unwrap_err();
    assert_eq!(error.path, "x", "{error}");
}

#[test]
fn nesting_is_limited_beyond_dynamodbs_limit() {
    #[derive(Debug, Deserialize)]
    struct Nested {
        a: Option<Box<Nested>>,
    }
    // DynamoDB allows 32 levels. serde_json allows 128, of which each attribute takes two.
    let nested = |depth: usize| format!("{}{{}}{}", r#"{"a":{"M":"#.repeat(depth), "}}".repeat(depth));
    let mut rest = Some(Box::new(item::<Nested>(&nested(63)).unwrap()));
    let mut depth = 0;
    while let Some(nested) = rest {
        rest = nested.a;
        depth += 1;
    }
    assert_eq!(depth, 64);
    assert!(item::<Nested>(&nested(64)).unwrap_err().message.contains("recursion limit"));
    assert!(item::<Value>(&nested(10_000)).is_err());
    assert!(item::<IgnoredAny>(&nested(10_000)).is_ok());
}
