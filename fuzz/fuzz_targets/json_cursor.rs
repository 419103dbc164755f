//! JSON text.
//!
//! Oracle: serde_json, for the grammar, the values, and the positions of errors.

#![no_main]

use lrt_core::__private::json::{JsonCursor, JsonStr, JsonValue, decode_string, find_field, path};
use serde_json::{Error, Map, Value};
use std::borrow::Cow;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(json) = str::from_utf8(bytes) else { return };
    let ignored = serde_json::from_str::<serde::de::IgnoredAny>(json);
    let mut cursor = JsonCursor::new(json);
    let skipped = cursor.skip().and_then(|text| cursor.end().map(|()| text));
    match (&skipped, &ignored) {
        (Ok(text), Ok(_)) => assert_eq!(*text, json.trim_matches([' ', '\n', '\t', '\r'])),
        (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected.to_string()),
        (skipped, _) => panic!("{skipped:?}, {ignored:?}"),
    }
    let mut cursor = JsonCursor::new(json);
    let read = value(&mut cursor).and_then(|value| cursor.end().map(|()| value));
    let expected = serde_json::from_str::<Value>(json);
    match (&read, &expected) {
        (Ok(read), Ok(expected)) => assert_eq!(read, expected),
        (Err(_), Err(_)) => {}
        _ => panic!("{read:?}, {expected:?}"),
    }
    if let Ok(Value::Object(expected)) = &expected {
        for (name, value) in expected {
            let found = find_field(json, name).expect("serde_json has found the name");
            assert_eq!(serde_json::from_str::<Value>(found).ok().as_ref(), Some(value));
        }
    }
    if let Ok(text) = serde_json::from_str::<String>(json) {
        assert_eq!(decode_string(json.trim()), Some(Cow::Borrowed(&*text)));
        let mut encoded = Vec::new();
        lrt_core::__private::json::escape::write_string(&mut encoded, &text);
        assert_eq!(serde_json::from_slice::<String>(&encoded).ok(), Some(text));
    }
    if let Err(error) = expected {
        let described = path::with_path(bytes, &error);
        let position = format!("line {} column {}", error.line(), error.column());
        assert!(error.line() == 0 || described.ends_with(&position), "{described}");
    }
});

/// Reads a value member by member.
fn value(cursor: &mut JsonCursor<'_>) -> Result<Value, Error> {
    Ok(match cursor.peek() {
        Some(b'{') => {
            let mut members = Map::new();
            let mut object = cursor.open(b'{', &"an object")?;
            while let Some(name) = cursor.next_name(&mut object)? {
                members.insert(name.into_owned(), value(cursor)?);
            }
            Value::Object(members)
        }
        Some(b'[') => {
            let mut elements = Vec::new();
            let mut array = cursor.open(b'[', &"an array")?;
            while cursor.next(&mut array)? {
                elements.push(value(cursor)?);
            }
            Value::Array(elements)
        }
        Some(b'"') => {
            let mut ahead = *cursor;
            let text = cursor.string()?;
            let JsonValue::Text(raw) = ahead.value()? else { panic!("a string begins with a quote") };
            assert_eq!(raw.decode().as_deref(), Some(text.as_bytes()));
            assert_eq!(JsonStr::new(raw.inner()).lossy(), text);
            Value::String(text.into_owned())
        }
        _ => serde_json::from_str(cursor.skip()?)?,
    })
}
