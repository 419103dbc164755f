//! Writes JSON strings.

use super::scan::plain_length;

/// Appends a string with its quotes.
///
/// ```
/// let mut out = Vec::new();
/// lrt_core::__private::json::escape::write_string(&mut out, "a \"b\"\n");
/// assert_eq!(out, br#""a \"b\"\n""#);
/// ```
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    write_escaped(out, text);
    out.push(b'"');
}

/// Appends a string without its quotes.
#[inline(never)]
pub fn write_escaped(out: &mut Vec<u8>, text: &str) {
    escape(text, |part| out.extend_from_slice(part.as_bytes()));
}

/// Calls `push` with the parts of the escaped text, in order.
#[inline]
pub(crate) fn escape(text: &str, mut push: impl FnMut(&str)) {
    let mut rest = text;
    loop {
        let length = plain_length(rest.as_bytes());
        push(&rest[..length]);
        let Some(&byte) = rest.as_bytes().get(length) else { return };
        push(escape_of(byte));
        rest = &rest[length + 1..];
    }
}

/// Returns the escape of a quote, a backslash or a control character.
pub(crate) fn escape_of(byte: u8) -> &'static str {
    match byte {
        b'"' => "\\\"",
        b'\\' => "\\\\",
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        _ => CONTROLS[usize::from(byte) & 31],
    }
}

#[rustfmt::skip]
const CONTROLS: [&str; 32] = [
    "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007",
    "\\u0008", "\\u0009", "\\u000a", "\\u000b", "\\u000c", "\\u000d", "\\u000e", "\\u000f",
    "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014", "\\u0015", "\\u0016", "\\u0017",
    "\\u0018", "\\u0019", "\\u001a", "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn serde_json_reads_what_is_written(text in any::<String>(), controls in "[\\x00-\\x1f\"\\\\é]{0,20}") {
            let text = text + &controls;
            let mut out = Vec::new();
            write_string(&mut out, &text);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn control_characters_have_their_code() {
        for byte in 0..32 {
            let mut out = Vec::new();
            write_string(&mut out, &char::from(byte).to_string());
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), char::from(byte).to_string());
        }
    }
}
