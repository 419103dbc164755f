//! Percent-encodes the parts of a URI.

/// A part of a URI, which determines the bytes that are not encoded.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// A path. Every byte that [`http`] accepts is left unchanged, so that the path is equal to the client's.
    Path = 1,
    /// A query string. Like a path, but invalid escapes are left unchanged as well.
    Query = 2,
    /// A name of a query parameter that is already encoded. Bytes that would end the name are encoded.
    EncodedName = 4,
    /// A value of a query parameter that is already encoded. Bytes that would end the value are encoded.
    EncodedValue = 8,
    /// Text that is not encoded. Only unreserved characters are left unchanged.
    Text = 16,
}

/// The set of parts in which each byte is left unchanged.
const UNCHANGED: [u8; 256] = {
    let mut unchanged = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let is_query = matches!(byte as u8, 0x21 | 0x24..=0x3B | 0x3D | 0x3F..=0x7E);
        if matches!(byte as u8, 0x21 | 0x22 | 0x24 | 0x26..=0x3B | 0x3D | 0x40..=0x5F | 0x61..=0x7E) {
            unchanged[byte] |= Part::Path as u8;
        }
        if is_query {
            unchanged[byte] |= Part::Query as u8;
        }
        if is_query && !matches!(byte as u8, b'%' | b'&') {
            unchanged[byte] |= Part::EncodedValue as u8;
        }
        if is_query && !matches!(byte as u8, b'%' | b'&' | b'=') {
            unchanged[byte] |= Part::EncodedName as u8;
        }
        if (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'-' | b'.' | b'_' | b'~') {
            unchanged[byte] |= Part::Text as u8;
        }
        byte += 1;
    }
    unchanged
};

/// Appends a part of a URI, and returns true if it contains a `%` that does not start an escape.
///
/// Escapes are left unchanged, except in [`Part::Text`], where `%` is an ordinary character.
pub(super) fn encode(out: &mut Vec<u8>, bytes: &[u8], part: Part) -> bool {
    let mut has_bare_percent = false;
    let mut rest = bytes;
    loop {
        let is_unchanged = |byte: &u8| UNCHANGED[usize::from(*byte)] & part as u8 != 0;
        let (plain, tail) = rest.split_at(rest.iter().position(|byte| !is_unchanged(byte)).unwrap_or(rest.len()));
        out.extend_from_slice(plain);
        let Some((&byte, tail)) = tail.split_first() else { return has_bare_percent };
        rest = tail;
        let is_text = matches!(part, Part::Text);
        match (byte, tail) {
            (b'%', [a, b, ..]) if !is_text && a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => out.push(byte),
            _ => {
                has_bare_percent |= byte == b'%' && !is_text;
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
            }
        }
    }
}
