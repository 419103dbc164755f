//! JSON values, as slices of the event.

use crate::plain::plain;
use std::borrow::Cow;

/// A value, not decoded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Value<'a> {
    /// `null`, or a missing member: events use both.
    #[default]
    Null,
    Text(Text<'a>),
    /// An object or an array, including its brackets.
    Nested(&'a [u8]),
    /// A number, `true` or `false`.
    Scalar(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(crate) fn is_null(self) -> bool {
        matches!(self, Value::Null)
    }

    /// Returns a string, or the text of a number or a boolean. Hand-written events and emulators contain these where AWS sends
    /// strings.
    pub(crate) fn to_text(self) -> Option<Text<'a>> {
        match self {
            Value::Text(text) => Some(text),
            Value::Scalar(inner) => Some(Text { inner, escaped: false }),
            Value::Null | Value::Nested(_) => None,
        }
    }

    /// Returns true for `true` and for the string `"true"`.
    pub(crate) fn is_true(self) -> bool {
        self.to_text().is_some_and(|text| text.inner.eq_ignore_ascii_case(b"true"))
    }

    /// Returns the text of a string without escapes, as all identifiers are. Empty for all other values.
    pub(crate) fn plain(self) -> &'a [u8] {
        match self {
            Value::Text(text) => text.plain().unwrap_or_default(),
            _ => b"",
        }
    }
}

/// A string, not decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    pub(super) inner: &'a [u8],
    pub(super) escaped: bool,
}

impl<'a> Text<'a> {
    /// Creates a string from the bytes between its quotes.
    pub(crate) fn new(inner: &'a [u8]) -> Text<'a> {
        Text { inner, escaped: inner.contains(&b'\\') }
    }

    /// Returns the bytes between the quotes.
    pub(crate) fn inner(self) -> &'a [u8] {
        self.inner
    }

    /// Returns the bytes between the quotes if there are no escapes among them.
    pub(crate) fn plain(self) -> Option<&'a [u8]> {
        if self.escaped { None } else { Some(self.inner) }
    }

    /// Decodes the string. Returns `None` for invalid escapes and unpaired surrogates.
    #[inline]
    pub(crate) fn read(self) -> Option<Cow<'a, [u8]>> {
        if self.escaped { unescape(self.inner).map(Cow::Owned) } else { Some(Cow::Borrowed(self.inner)) }
    }

    /// Decodes the string, replacing invalid UTF-8. Empty if an escape is invalid.
    pub(crate) fn lossy(self) -> Cow<'a, str> {
        match self.read() {
            Some(Cow::Borrowed(bytes)) => String::from_utf8_lossy(bytes),
            Some(Cow::Owned(bytes)) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
            None => Cow::Borrowed(""),
        }
    }
}

#[inline(never)]
fn unescape(inner: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(inner.len());
    let mut rest = inner;
    loop {
        let length = plain::<false>(rest);
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

    #[test]
    fn strings_with_invalid_escapes_are_not_decoded() {
        let read = |json: &'static str| {
            let text = Text::new(json.strip_prefix('"').unwrap().strip_suffix('"').unwrap().as_bytes());
            text.read().map(|text| String::from_utf8(text.into_owned()).unwrap())
        };
        assert_eq!(read(r#""\n\t\r\/\b\f\u00e9\ud83d\ude00\"""#).as_deref(), Some("\n\t\r/\u{8}\u{c}é😀\""));
        for none in [r#""\x""#, r#""\u00g0""#, r#""\u00""#, r#""\ud83d""#, r#""\ud83d\u0041""#, r#""\ude00\ud83d""#] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
