//! Percent-decoding.

use super::InvalidValue;
use std::borrow::Cow;

/// Decodes percent-encoded text.
///
/// # Errors
///
/// Returns an error for a `%` without two hexadecimal digits and for invalid UTF-8.
pub(crate) fn decode(text: &str) -> Result<Cow<'_, str>, InvalidValue> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    decode_bytes(text.as_bytes(), false).map(Cow::Owned)
}

/// Decodes a name or a value of a query string, in which `+` is a space.
///
/// # Errors
///
/// As [`decode`].
pub(crate) fn decode_form(text: &str) -> Result<Cow<'_, str>, InvalidValue> {
    if !text.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Ok(Cow::Borrowed(text));
    }
    decode_bytes(text.as_bytes(), true).map(Cow::Owned)
}

fn decode_bytes(mut text: &[u8], plus_is_space: bool) -> Result<String, InvalidValue> {
    let mut decoded = Vec::with_capacity(text.len());
    while let Some((&byte, rest)) = text.split_first() {
        text = rest;
        decoded.push(match byte {
            b'%' => {
                let escape = rest.split_first_chunk().and_then(|([high, low], after)| {
                    text = after;
                    Some(digit(*high)? << 4 | digit(*low)?)
                });
                escape.ok_or_else(|| InvalidValue::new("a `%` without two hexadecimal digits"))?
            }
            b'+' if plus_is_space => b' ',
            _ => byte,
        });
    }
    String::from_utf8(decoded).map_err(|_| InvalidValue::new("invalid UTF-8"))
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_once() {
        assert_eq!(decode("a%2fb%2F%2541+%E2%82%AC").unwrap(), "a/b/%41+€");
        assert_eq!(decode_form("a+b%2B%20c").unwrap(), "a b+ c");
        assert!(matches!(decode("plain+"), Ok(Cow::Borrowed("plain+"))));
        assert!(matches!(decode_form("€"), Ok(Cow::Borrowed("€"))));
    }

    #[test]
    fn invalid_escapes_and_invalid_utf8_are_errors() {
        for text in ["%", "%4", "100%", "%zz", "%4z", "%+1", "%é0"] {
            assert_eq!(decode(text).unwrap_err().message(), "a `%` without two hexadecimal digits", "{text}");
        }
        for text in ["%ff", "%c3%28", "é%80"] {
            assert_eq!(decode_form(text).unwrap_err().message(), "invalid UTF-8", "{text}");
        }
    }
}
