//! Percent-encoding.

/// A part of a URI, by the bytes that stay as they are in it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// A path: what [`http`] takes in one, so that it stays as the client wrote it.
    Path = 1,
    /// A query: the same, and each `%`, since a query with odd ones is a query.
    Query = 2,
    /// A name in a query, or a value, which are encoded already: what would be read as something else is escaped.
    EncodedName = 4,
    EncodedValue = 8,
    /// Text: what stands for itself in any part.
    Text = 16,
}

/// The parts in which each byte stays.
const STAYS: [u8; 256] = {
    let mut stays = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let is_query = matches!(byte as u8, 0x21 | 0x24..=0x3B | 0x3D | 0x3F..=0x7E);
        if matches!(byte as u8, 0x21 | 0x22 | 0x24 | 0x26..=0x3B | 0x3D | 0x40..=0x5F | 0x61..=0x7E) {
            stays[byte] |= Part::Path as u8;
        }
        if is_query {
            stays[byte] |= Part::Query as u8;
        }
        if is_query && !matches!(byte as u8, b'%' | b'&') {
            stays[byte] |= Part::EncodedValue as u8;
        }
        if is_query && !matches!(byte as u8, b'%' | b'&' | b'=') {
            stays[byte] |= Part::EncodedName as u8;
        }
        if (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'-' | b'.' | b'_' | b'~') {
            stays[byte] |= Part::Text as u8;
        }
        byte += 1;
    }
    stays
};

/// Appends a part of a URI, and tells whether there was a `%` in it that begins no escape.
///
/// The escapes of text are text; those of all other parts stay.
pub(super) fn encode(out: &mut Vec<u8>, bytes: &[u8], part: Part) -> bool {
    let mut has_bare_percent = false;
    let mut rest = bytes;
    loop {
        let stays = |byte: &u8| STAYS[usize::from(*byte)] & part as u8 != 0;
        let (plain, behind) = rest.split_at(rest.iter().position(|byte| !stays(byte)).unwrap_or(rest.len()));
        out.extend_from_slice(plain);
        let Some((&byte, behind)) = behind.split_first() else { return has_bare_percent };
        rest = behind;
        let is_text = matches!(part, Part::Text);
        match (byte, behind) {
            (b'%', [a, b, ..]) if !is_text && a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => out.push(byte),
            _ => {
                has_bare_percent |= byte == b'%' && !is_text;
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
            }
        }
    }
}
