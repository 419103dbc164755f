//! What stands between the quotes of a JSON string.

/// The bytes up to the quote that ends a string; all, if none does.
pub(crate) fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().position(|&byte| {
        let end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        end
    });
    end.unwrap_or(text.len())
}

/// Writes a byte as its escape: a quote, a backslash or a control character, which no string has as they are.
///
/// ```
/// let mut out = Vec::new();
/// for byte in *b"\"\n\x1b" {
///     lrt_core::json::escape::write_escape(&mut out, byte);
/// }
/// assert_eq!(out, br#"\"\n\u001b"#);
/// ```
#[inline]
pub fn write_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            let digit = |byte: u8| DIGITS[usize::from(byte & 15)];
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
