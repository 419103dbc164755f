//! Escapes text, so that it stays on one line.

use std::fmt::{self, Write};

/// The escapes of a part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Text: control characters and line separators are escaped as in Rust strings, since a line is an event in CloudWatch, and
    /// terminals interpret control characters. Tabs are kept.
    Text,
    /// Text in quotes: quotes and backslashes are escaped as well.
    #[cfg(any(feature = "tracing", test))]
    QuotedText,
    /// A JSON string.
    #[cfg(feature = "tracing")]
    Json,
}

/// A writer that escapes what is written.
pub(super) struct Escaped<'a> {
    out: &'a mut String,
    escapes: Escapes,
}

impl<'a> Escaped<'a> {
    pub(super) fn new(out: &'a mut String, escapes: Escapes) -> Escaped<'a> {
        Escaped { out, escapes }
    }
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.escapes {
            _ if is_plain(text) => self.out.push_str(text),
            Escapes::Text => escape_text(self.out, text, false),
            #[cfg(any(feature = "tracing", test))]
            Escapes::QuotedText => escape_text(self.out, text, true),
            #[cfg(feature = "tracing")]
            Escapes::Json => crate::json::escape::escape(text, |part| self.out.push_str(part)),
        }
        Ok(())
    }
}

fn escape_text(out: &mut String, text: &str, is_quoted: bool) {
    let mut written = 0;
    for (at, c) in text.char_indices() {
        let is_special = match c {
            '\t' => false,
            '"' | '\\' => is_quoted,
            // Line and paragraph separator.
            '\u{2028}' | '\u{2029}' => true,
            c => c.is_control(),
        };
        if is_special {
            out.push_str(&text[written..at]);
            out.extend(c.escape_default());
            written = at + c.len_utf8();
        }
    }
    out.push_str(&text[written..]);
}

/// Returns true if the text has no special characters in any format, which is the common case.
///
/// All bytes are read, without an early exit, so that the loop is vectorized.
pub(super) fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| (b' '..0x7f).contains(&byte) & (byte != b'"') & (byte != b'\\');
    text.bytes().fold(true, |all, byte| all & is_plain(byte))
}

/// Appends a value in quotes. If a `Display` fails, the output up to that point is kept.
#[cfg(feature = "tracing")]
pub(super) fn push_quoted(out: &mut String, escapes: Escapes, text: &dyn fmt::Display) {
    out.push('"');
    let _ = write!(Escaped::new(out, escapes), "{text}");
    out.push('"');
}

/// Appends a JSON string.
#[cfg(feature = "tracing")]
pub(super) fn json_string(out: &mut String, text: &dyn fmt::Display) {
    push_quoted(out, Escapes::Json, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECIAL: &str = "a\n\"b\"\\c\r\t\u{1b}[0m\0é\u{7f}\u{85}\u{9b}\u{2028}\u{2029}😀";

    #[cfg(feature = "tracing")]
    #[test]
    fn json_string_roundtrip() {
        let mut out = String::new();
        json_string(&mut out, &SPECIAL);
        assert!(out.chars().all(|c| c >= ' '), "{out:?}");
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), SPECIAL);
    }

    #[test]
    fn text_has_no_control_characters_except_tabs() {
        for (escapes, expected) in [
            (Escapes::Text, "a\\n\"b\"\\c\\r\t\\u{1b}[0m\\u{0}é\\u{7f}\\u{85}\\u{9b}\\u{2028}\\u{2029}😀"),
            (Escapes::QuotedText, "a\\n\\\"b\\\"\\\\c\\r\t\\u{1b}[0m\\u{0}é\\u{7f}\\u{85}\\u{9b}\\u{2028}\\u{2029}😀"),
        ] {
            let mut out = String::new();
            Escaped::new(&mut out, escapes).write_str(SPECIAL).unwrap();
            assert_eq!(out, expected);
        }
    }
}
