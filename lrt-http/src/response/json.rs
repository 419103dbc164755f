//! JSON strings, written.

use crate::plain::plain;
use http::HeaderValue;
use lrt_core::json::escape::write_escape;

/// A string with its quotes.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escaped(out, text);
    out.push(b'"');
}

/// What stands between the quotes.
#[inline(never)]
pub(super) fn escaped(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    loop {
        let length = plain::<true>(rest);
        out.extend_from_slice(&rest[..length]);
        let Some(&byte) = rest.get(length) else { return };
        rest = &rest[length + 1..];
        write_escape(out, byte);
    }
}

/// A header's value, between quotes. Bytes that are no UTF-8 become the characters of ISO 8859-1, which is what they were
/// before there was UTF-8; whether there were none is what this returns.
#[inline(never)]
pub(super) fn value(out: &mut Vec<u8>, value: &HeaderValue) -> bool {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => {
            escaped(out, text);
            true
        }
        Err(_) => {
            let text: String = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
            escaped(out, &text);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_back(text in any::<String>(), controls in "[\\x00-\\x1f\"\\\\é]{0,20}") {
            let text = text + &controls;
            let mut out = Vec::new();
            string(&mut out, &text);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn a_value_that_is_no_utf8_is_latin1() {
        let mut out = Vec::new();
        assert!(!super::value(&mut out, &HeaderValue::from_bytes(b"caf\xE9").unwrap()));
        assert!(super::value(&mut out, &HeaderValue::from_bytes("é".as_bytes()).unwrap()));
        assert_eq!(String::from_utf8(out).unwrap(), "caféé");
    }
}
