//! Writes header values as JSON.

use http::HeaderValue;
use lrt_core::__private::json::escape::write_escaped;

/// Appends a header value without quotes, and returns true if it is UTF-8. Otherwise its bytes are decoded as ISO
/// 8859-1, the historical encoding of headers.
#[inline(never)]
pub(super) fn write(out: &mut Vec<u8>, value: &HeaderValue) -> bool {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => {
            write_escaped(out, text);
            true
        }
        Err(_) => {
            let text: String = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
            write_escaped(out, &text);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_that_is_not_utf8_is_latin1() {
        let mut out = Vec::new();
        assert!(!write(&mut out, &HeaderValue::from_bytes(b"caf\xE9").unwrap()));
        assert!(write(&mut out, &HeaderValue::from_bytes("é".as_bytes()).unwrap()));
        assert_eq!(String::from_utf8(out).unwrap(), "caféé");
    }
}
