//! Enums in each of serde's representations.

use super::{Bytes, attribute, item, wrong};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shape {
    Empty,
    Circle(f64),
    Line(i8, i8),
    Rect { width: u8, label: Option<String> },
}

#[test]
fn externally_tagged() {
    for (text, shape) in [
        (r#"{"S":"empty"}"#, Shape::Empty),
        (r#"{"M":{"empty":{"NULL":true}}}"#, Shape::Empty),
        (r#"{"M":{"circle":{"N":"1.5"}}}"#, Shape::Circle(1.5)),
        (r#"{"M":{"line":{"L":[{"N":"1"},{"N":"-1"}]}}}"#, Shape::Line(1, -1)),
        (r#"{"M":{"line":{"NS":["1","-1"]}}}"#, Shape::Line(1, -1)),
        (r#"{"M":{"rect":{"M":{"width":{"N":"1"},"x":{"NULL":true}}}}}"#, Shape::Rect { width: 1, label: None }),
    ] {
        assert_eq!(attribute::<Shape>(text), shape);
    }
    assert_eq!(attribute::<Vec<Shape>>(r#"{"SS":["empty"]}"#), [Shape::Empty]);
    assert_eq!(item(r#"{"circle":{"N":"1"}}"#), Ok(Shape::Circle(1.0)));
}

#[test]
fn invalid_enums_are_errors() {
    let variants = "expected one of `empty`, `circle`, `line`, `rect`";
    for (text, expected) in [
        (r#"{"S":"round"}"#, format!("unknown variant `round`, {variants}")),
        (r#"{"M":{"round":{"N":"1"}}}"#, format!("unknown variant `round`, {variants}")),
        (r#"{"S":"circle"}"#, "invalid type: unit variant, expected newtype variant".into()),
        (r#"{"M":{}}"#, "an enum is a map with one entry, and this is empty".into()),
        (r#"{"M":{"circle":{"N":"1"},"line":{"N":"1"}}}"#, "an enum is a map with one entry, and this has more".into()),
        (r#"{"N":"1"}"#, "invalid type: integer `1`, expected enum Shape".into()),
    ] {
        assert_eq!(wrong::<Shape>(text), expected);
    }
}

#[test]
fn internally_and_adjacently_tagged() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type")]
    enum Internal {
        Created { at: u32, by: Option<String>, raw: Bytes },
        Deleted,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type", content = "value")]
    enum Adjacent {
        Count(u128),
        Names(Vec<String>),
    }
    for order in [r#""type":{"S":"Created"},"at":{"N":"7"}"#, r#""at":{"N":"7"},"type":{"S":"Created"}"#] {
        let text = format!(r#"{{{order},"by":{{"NULL":true}},"raw":{{"B":"aGk="}}}}"#);
        assert_eq!(item(&text), Ok(Internal::Created { at: 7, by: None, raw: Bytes(b"hi".to_vec()) }));
    }
    assert_eq!(attribute::<Internal>(r#"{"M":{"type":{"S":"Deleted"}}}"#), Internal::Deleted);
    assert_eq!(
        item(r#"{"type":{"S":"Count"},"value":{"N":"99999999999999999999"}}"#),
        Ok(Adjacent::Count(99_999_999_999_999_999_999))
    );
    assert_eq!(item(r#"{"value":{"SS":["a"]},"type":{"S":"Names"}}"#), Ok(Adjacent::Names(vec!["a".into()])));
}

/// serde_json accepts an array here, and serde_dynamo a list.
#[test]
fn adjacently_tagged_from_a_list() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "0", content = "1")]
    enum Media {
        Video { seconds: u32 },
        Text(String),
        None,
    }
    for (list, json, media) in [
        (r#"[{"S":"Video"},{"M":{"seconds":{"N":"7"}}}]"#, r#"["Video",{"seconds":7}]"#, Media::Video { seconds: 7 }),
        (r#"[{"S":"Text"},{"S":"a"}]"#, r#"["Text","a"]"#, Media::Text("a".into())),
        (r#"[{"S":"None"},{"NULL":true}]"#, r#"["None",null]"#, Media::None),
    ] {
        assert_eq!(serde_json::from_str::<Media>(json).unwrap(), media, "{json}");
        assert_eq!(attribute::<Media>(&format!(r#"{{"L":{list}}}"#)), media, "{list}");
    }
    assert_eq!(attribute::<Vec<Media>>(r#"{"L":[{"L":[{"S":"Text"},{"S":"a"}]}]}"#), [Media::Text("a".into())]);
    assert_eq!(wrong::<Media>(r#"{"L":[{"S":"Text"}]}"#), "invalid length 1, expected adjacently tagged enum Media");
}

#[test]
fn structs_from_a_list() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: i8,
        y: i8,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    enum Line {
        To { x: i8, y: i8 },
    }
    assert_eq!(attribute::<Point>(r#"{"L":[{"N":"1"},{"N":"-1"}]}"#), Point { x: 1, y: -1 });
    assert_eq!(attribute::<Point>(r#"{"NS":["1","-1"]}"#), Point { x: 1, y: -1 });
    assert_eq!(attribute::<Line>(r#"{"M":{"To":{"L":[{"N":"1"},{"N":"-1"}]}}}"#), Line::To { x: 1, y: -1 });
    assert_eq!(serde_json::from_str::<Line>(r#"{"To":[1,-1]}"#).unwrap(), Line::To { x: 1, y: -1 });
    assert_eq!(wrong::<Point>(r#"{"L":[{"N":"1"}]}"#), "invalid length 1, expected struct Point with 2 elements");
    assert_eq!(wrong::<Point>(r#"{"B":"aGk="}"#), "invalid type: byte array, expected struct Point");
}

#[test]
fn untagged() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Any {
        Null(()),
        Bool(bool),
        Integer(i64),
        Float(f64),
        Text(String),
        Bytes(Vec<u8>),
        List(Vec<Any>),
        Map(BTreeMap<String, Any>),
    }
    for (text, value) in [
        (r#"{"NULL":true}"#, Any::Null(())),
        (r#"{"BOOL":true}"#, Any::Bool(true)),
        (r#"{"N":"1"}"#, Any::Integer(1)),
        (r#"{"N":"1.5"}"#, Any::Float(1.5)),
        (r#"{"S":"1"}"#, Any::Text("1".into())),
        (r#"{"B":"aGk="}"#, Any::Bytes(b"hi".to_vec())),
        (r#"{"SS":["a"]}"#, Any::List(vec![Any::Text("a".into())])),
        (r#"{"M":{"a":{"L":[{"N":"-1"}]}}}"#, {
            Any::Map([("a".to_owned(), Any::List(vec![Any::Integer(-1)]))].into())
        }),
    ] {
        assert_eq!(attribute::<Any>(text), value);
    }
}

#[test]
fn flattened_structs_and_maps() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Order {
        id: u8,
        #[serde(flatten)]
        stamp: Stamp,
        #[serde(flatten)]
        rest: BTreeMap<String, serde_json::Value>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Stamp {
        at: u64,
        raw: Option<Vec<u8>>,
    }
    let order: Order =
        item(r#"{"x":{"M":{"y":{"N":"0.5"}}},"raw":{"B":"aGk="},"id":{"N":"1"},"at":{"N":"2"}}"#).unwrap();
    let rest = [("x".to_owned(), serde_json::json!({"y": 0.5}))].into();
    assert_eq!(order, Order { id: 1, stamp: Stamp { at: 2, raw: Some(b"hi".to_vec()) }, rest });
}
