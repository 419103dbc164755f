//! Fingerprints of payloads: two executions with the same key and different fingerprints are a mistake of the caller.
//!
//! The fingerprint of JSON does not depend on white space and on the order of members, which a client that serializes its
//! request again may change. It is the hash that Powertools for AWS Lambda (Python) writes: MD5 of the text that Python's
//! `json.dumps(payload, sort_keys=True)` returns. MD5 is sufficient, since a collision only concerns the payloads of one
//! client with one key, and never runs the function.

use lrt_core::__private::json::JsonCursor;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns the fingerprint of the parts of a request: the payload is the last one.
pub(super) fn fingerprint(parts: &[&[u8]], payload: &[u8]) -> String {
    let mut hash = md5::Context::new();
    for part in parts {
        hash.consume((part.len() as u64).to_le_bytes());
        hash.consume(part);
    }
    hash.consume(&*canonical(payload));
    format!("{:x}", hash.finalize())
}

/// Returns the canonical text of a JSON payload, and any other payload unchanged.
fn canonical(payload: &[u8]) -> Cow<'_, [u8]> {
    let json = std::str::from_utf8(payload).ok().and_then(|json| {
        let (mut cursor, mut out) = (JsonCursor::new(json), String::with_capacity(json.len() + json.len() / 4));
        write_value(&mut cursor, &mut out).ok()?;
        cursor.end().ok()?;
        Some(out)
    });
    json.map_or(Cow::Borrowed(payload), |json| Cow::Owned(json.into_bytes()))
}

/// Appends the next value. The cursor limits the depth of nesting.
fn write_value(cursor: &mut JsonCursor<'_>, out: &mut String) -> Result<(), serde_json::Error> {
    match cursor.peek() {
        Some(b'{') => {
            let mut members = Vec::new();
            let mut rest = cursor.open(b'{', &"an object")?;
            while let Some(name) = cursor.next_name(&mut rest)? {
                let mut value = String::new();
                write_value(cursor, &mut value)?;
                members.push((name, value));
            }
            // Members with the same name keep their order. Python sorts by code points, as UTF-8 does.
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            out.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_string(name, out);
                out.push_str(": ");
                out.push_str(value);
            }
            out.push('}');
        }
        Some(b'[') => {
            let mut rest = cursor.open(b'[', &"an array")?;
            out.push('[');
            let mut is_first = true;
            while cursor.next(&mut rest)? {
                out.push_str(if is_first { "" } else { ", " });
                is_first = false;
                write_value(cursor, out)?;
            }
            out.push(']');
        }
        Some(b'"') => write_string(&cursor.string()?, out),
        // Numbers keep their digits, so that large ones do not lose precision.
        _ => out.push_str(cursor.skip()?),
    }
    Ok(())
}

/// Appends a string in ASCII, with the escapes that Python writes.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(payload: &str) -> String {
        String::from_utf8(canonical(payload.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn canonical_text_is_that_of_python() {
        // `json.dumps(json.loads(payload), sort_keys=True)`
        assert_eq!(
            text(r#" {"b":[1,{"d":null,"c":true}],"a":"x"} "#),
            r#"{"a": "x", "b": [1, {"c": true, "d": null}]}"#
        );
        assert_eq!(text(r#""é \ud83d\ude00 \u007f \b\f\/\"""#), r#""\u00e9 \ud83d\ude00 \u007f \b\f/\"""#);
        assert_eq!(text("[]"), "[]");
        assert_eq!(text("{}"), "{}");
        assert_eq!(text("12345678901234567890123"), "12345678901234567890123");
    }

    #[test]
    fn payload_that_is_not_json_is_unchanged() {
        for payload in ["", "tea", "{", "[1] x", r#""\ud800""#, &"[".repeat(10_000)] {
            assert_eq!(text(payload), payload);
        }
        assert_eq!(&*canonical(b"\xff"), b"\xff");
    }

    #[test]
    fn fingerprint_is_the_hash_of_powertools() {
        // hashlib.md5(json.dumps({"id": 7, "item": "tea"}, sort_keys=True).encode()).hexdigest()
        assert_eq!(fingerprint(&[], br#"{"item":"tea","id":7}"#), "bd35497b2e37da45f8c18cd3a6917ca2");
    }

    #[test]
    fn parts_are_separated() {
        assert_ne!(fingerprint(&[b"ab", b"c"], b"1"), fingerprint(&[b"a", b"bc"], b"1"));
        assert_eq!(fingerprint(&[b"POST"], b"[1]"), fingerprint(&[b"POST"], b"[ 1 ]"));
    }
}
