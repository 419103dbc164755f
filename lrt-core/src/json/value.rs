//! JSON values that are not decoded yet.

use super::scan::plain_length;
use std::borrow::Cow;

/// A value, as a slice of the text that it was read from.
#[derive(Clone, Copy, Debug, Default)]
pub enum JsonValue<'a> {
    /// `null`. A missing member is also `null`, since events use both.
    #[default]
    Null,
    /// A string.
    Text(JsonStr<'a>),
    /// An object or an array, including its brackets.
    Nested(&'a str),
    /// A number, `true` or `false`.
    Scalar(&'a str),
}

impl<'a> JsonValue<'a> {
    /// Returns true if the value is `null` or missing.
    pub fn is_null(self) -> bool {
        matches!(self, JsonValue::Null)
    }

    /// Returns a string, or the text of a number or a boolean. Hand-written events and emulators contain these where AWS sends
    /// strings.
    pub fn to_text(self) -> Option<JsonStr<'a>> {
        match self {
            JsonValue::Text(text) => Some(text),
            JsonValue::Scalar(text) => Some(JsonStr::Plain(text.as_bytes())),
            JsonValue::Null | JsonValue::Nested(_) => None,
        }
    }

    /// Returns true for `true` and for the string `"true"`.
    pub fn is_true(self) -> bool {
        self.to_text().is_some_and(|text| text.inner().eq_ignore_ascii_case(b"true"))
    }

    /// Returns the text of a string without escapes, such as an identifier. Empty for all other values.
    pub fn plain(self) -> &'a [u8] {
        match self {
            JsonValue::Text(text) => text.plain().unwrap_or_default(),
            _ => b"",
        }
    }
}

/// A string that is not decoded, stored as the bytes between its quotes.
#[derive(Clone, Copy, Debug)]
pub enum JsonStr<'a> {
    /// A string without escapes.
    Plain(&'a [u8]),
    /// A string with escapes.
    Escaped(&'a [u8]),
}

impl<'a> JsonStr<'a> {
    /// Creates a string from the bytes between its quotes.
    pub fn new(inner: &'a [u8]) -> JsonStr<'a> {
        if inner.contains(&b'\\') { JsonStr::Escaped(inner) } else { JsonStr::Plain(inner) }
    }

    /// Returns the bytes between the quotes.
    pub fn inner(self) -> &'a [u8] {
        let (JsonStr::Plain(inner) | JsonStr::Escaped(inner)) = self;
        inner
    }

    /// Returns the bytes between the quotes if none of them is escaped.
    pub fn plain(self) -> Option<&'a [u8]> {
        if let JsonStr::Plain(inner) = self { Some(inner) } else { None }
    }

    /// Decodes the string. Returns `None` for invalid escapes and unpaired surrogates.
    #[inline]
    pub fn decode(self) -> Option<Cow<'a, [u8]>> {
        match self {
            JsonStr::Plain(inner) => Some(Cow::Borrowed(inner)),
            JsonStr::Escaped(inner) => unescape(inner).map(Cow::Owned),
        }
    }

    /// Decodes the string, replacing invalid UTF-8. Empty if an escape is invalid.
    pub fn lossy(self) -> Cow<'a, str> {
        match self.decode() {
            Some(Cow::Borrowed(bytes)) => String::from_utf8_lossy(bytes),
            Some(Cow::Owned(bytes)) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
            None => Cow::Borrowed(""),
        }
    }
}

/// Decodes a JSON string with its quotes. Returns `None` if the text is not a string, or has invalid escapes.
///
/// ```
/// use lrt_core::__private::json::decode_string;
///
/// assert_eq!(decode_string(r#""a\nb""#).as_deref(), Some("a\nb"));
/// assert_eq!(decode_string("7"), None);
/// ```
#[inline(never)]
pub fn decode_string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { unescape_str(inner).map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// Decodes the escapes between the quotes of a string.
pub(super) fn unescape_str(inner: &str) -> Option<String> {
    String::from_utf8(unescape(inner.as_bytes())?).ok()
}

#[inline(never)]
fn unescape(inner: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(inner.len());
    let mut rest = inner;
    loop {
        let length = plain_length(rest);
        text.extend_from_slice(&rest[..length]);
        let escape = match &rest[length..] {
            [] => return Some(text),
            [b'\\', escape @ ..] => escape,
            _ => return None,
        };
        let (&letter, tail) = escape.split_first()?;
        rest = tail;
        text.push(match letter {
            b'"' | b'\\' | b'/' => letter,
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            b'u' => {
                let (char, length) = unicode(rest)?;
                text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[length..];
                continue;
            }
            _ => return None,
        });
    }
}

/// Decodes the digits after `\u`, and those of a second escape for surrogate pairs. Returns the character and the number of bytes
/// read.
fn unicode(digits: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = digits.get(at..at + 4)?;
        digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
    };
    let first = unit(0)?;
    match char::from_u32(first) {
        Some(char) => Some((char, 4)),
        None if first < 0xDC00 && digits.get(4..6) == Some(b"\\u") => {
            let second = unit(6)?.checked_sub(0xDC00).filter(|second| *second < 0x400)?;
            Some((char::from_u32(0x10000 + ((first - 0xD800) << 10) + second)?, 10))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strings_are_decoded_unless_they_are_invalid() {
        for (json, expected) in [
            (r#""a""#, Some("a")),
            (r#""""#, Some("")),
            (r#""{\"a\":\"\\\"\"}""#, Some(r#"{"a":"\""}"#)),
            (r#""\n\t\r\/\b\f\u00e9\ud83d\ude00\"""#, Some("\n\t\r/\u{8}\u{c}é😀\"")),
            (r#""\ud83d""#, None),
            (r#""\ud83d\u0041""#, None),
            (r#""\ude00\ud83d""#, None),
            (r#""\x""#, None),
            (r#""\u00g0""#, None),
            (r#""\u00""#, None),
            ("7", None),
            ("", None),
            ("\"", None),
        ] {
            assert_eq!(decode_string(json).as_deref(), expected, "{json}");
        }
    }

    proptest! {
        #[test]
        fn escape_roundtrip(expected in any::<String>()) {
            let json = serde_json::to_string(&expected).unwrap();
            let decoded = decode_string(&json);
            prop_assert_eq!(decoded.as_deref(), Some(&*expected));
            let text = JsonStr::new(&json.as_bytes()[1..json.len() - 1]);
            prop_assert_eq!(&text.lossy(), &*expected);
        }
    }
}
