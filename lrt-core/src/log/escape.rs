//! Text as a part of one line.

use super::settings::Format;
use std::fmt::{self, Write};

/// Writes into a line what must not end it, and what would mean something else there.
///
/// In text, control characters are written as in Rust's strings: a line is an event in CloudWatch, and a terminal obeys them.
pub(super) struct Escaped<'a> {
    out: &'a mut String,
    format: Format,
}

impl<'a> Escaped<'a> {
    pub(super) fn new(out: &'a mut String, format: Format) -> Escaped<'a> {
        Escaped { out, format }
    }
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if is_plain(text) {
            self.out.push_str(text);
            return Ok(());
        }
        let mut written = 0;
        for (at, c) in text.char_indices() {
            let is_allowed = match self.format {
                Format::Json => c >= ' ' && c != '"' && c != '\\',
                Format::Text => !c.is_control() || c == '\t',
            };
            if is_allowed {
                continue;
            }
            self.out.push_str(&text[written..at]);
            written = at + c.len_utf8();
            match (c, self.format) {
                ('\n', _) => self.out.push_str("\\n"),
                ('\r', _) => self.out.push_str("\\r"),
                ('"', Format::Json) => self.out.push_str("\\\""),
                ('\\', Format::Json) => self.out.push_str("\\\\"),
                (c, Format::Json) => write!(self.out, "\\u{:04x}", u32::from(c))?,
                (c, Format::Text) => write!(self.out, "{}", c.escape_default())?,
            }
        }
        self.out.push_str(&text[written..]);
        Ok(())
    }
}

/// Whether nothing in it is special in either format, as in most texts.
///
/// All of it is looked at, whatever is found: that is done for many bytes at once.
pub(super) fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| (b' '..0x7f).contains(&byte) & (byte != b'"') & (byte != b'\\');
    text.bytes().fold(true, |all, byte| all & is_plain(byte))
}

/// A JSON string.
pub(super) fn json_string(out: &mut String, text: &dyn fmt::Display) {
    out.push('"');
    // A `Display` that fails has said what it had to say.
    let _ = write!(Escaped::new(out, Format::Json), "{text}");
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_reads_back_what_was_written() {
        let text = "a\n\"b\"\\c\r\t\u{1b}[0m\0é\u{85}\u{2028}😀";
        let mut out = String::new();
        json_string(&mut out, &text);
        assert!(out.chars().all(|c| c >= ' '), "{out:?}");
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
    }

    #[test]
    fn text_has_no_control_characters_but_tabs() {
        let mut out = String::new();
        write!(Escaped::new(&mut out, Format::Text), "a\n\"b\"\\c\r\t\u{1b}[0mé\u{85}").unwrap();
        assert_eq!(out, "a\\n\"b\"\\c\\r\t\\u{1b}[0mé\\u{85}");
    }
}
