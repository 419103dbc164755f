//! Checks that the decoder reads the items that `lrt::testing` writes.

use crate::batch::dynamodb::attribute;
use crate::testing::events::{Set, item};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// Like serde_bytes' type.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

/// An enum with a variant for each kind of type in serde's data model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Any {
    Unit,
    Flag(bool),
    Small(i8),
    Large(i128),
    Single(f32),
    Double(f64),
    Char(char),
    Text(String),
    Bytes(Bytes),
    Maybe(Option<u16>),
    Nothing(()),
    Pair(i64, u64),
    List(Vec<Any>),
    Map(BTreeMap<String, Any>),
    Numbered(BTreeMap<u8, Any>),
    Struct { first: String, second: Option<Box<Any>> },
}

fn any_value() -> impl Strategy<Value = Any> {
    let leaf = prop_oneof![
        Just(Any::Unit),
        any::<bool>().prop_map(Any::Flag),
        any::<i8>().prop_map(Any::Small),
        any::<i128>().prop_map(Any::Large),
        proptest::num::f32::NORMAL.prop_map(Any::Single),
        proptest::num::f64::NORMAL.prop_map(Any::Double),
        any::<char>().prop_map(Any::Char),
        any::<String>().prop_map(Any::Text),
        vec(any::<u8>(), 0..6).prop_map(|bytes| Any::Bytes(Bytes(bytes))),
        any::<Option<u16>>().prop_map(Any::Maybe),
        Just(Any::Nothing(())),
        any::<(i64, u64)>().prop_map(|(a, b)| Any::Pair(a, b)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Any::List),
            btree_map(any::<String>(), inner.clone(), 0..4).prop_map(Any::Map),
            btree_map(any::<u8>(), inner.clone(), 0..4).prop_map(Any::Numbered),
            (any::<String>(), proptest::option::of(inner))
                .prop_map(|(first, second)| Any::Struct { first, second: second.map(Box::new) }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(values in btree_map(any::<String>(), any_value(), 0..4)) {
        let written = item(&values).to_string();
        prop_assert_eq!(attribute::item(&written), Ok(values));
    }
}

#[test]
fn sets_are_read_back() {
    let set = BTreeMap::from([("a".to_owned(), vec!["x".to_owned()])]);
    let written = item(&BTreeMap::from([("a", Set(["x"]))])).to_string();
    assert_eq!(attribute::item(&written), Ok(set));
}
