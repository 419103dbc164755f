//! The part of a JSON string that stands for itself.

/// How many bytes there are before the next quote or backslash, and if `CONTROLS`, control character; all, if there is
/// none.
///
/// Strings are most of what is read, so this goes by eight bytes at a time.
#[inline(always)]
pub(crate) fn plain<const CONTROLS: bool>(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        // What is less than zero borrows from the byte above, which may be marked wrongly then; so only the lowest mark
        // counts. Bytes beyond ASCII have the mark's bit, and are none of what is looked for.
        let quotes = (word ^ (ONES * u64::from(b'"'))).wrapping_sub(ONES);
        let backslashes = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
        let controls = if CONTROLS { word.wrapping_sub(ONES * u64::from(b' ')) } else { 0 };
        let marks = (quotes | backslashes | controls) & !word & (ONES << 7);
        if marks != 0 {
            return bytes.len() - rest.len() + marks.trailing_zeros() as usize / 8;
        }
        rest = behind;
    }
    bytes.len() - rest.len() + short::<CONTROLS>(rest)
}

/// The same for the last few bytes.
#[inline(never)]
fn short<const CONTROLS: bool>(bytes: &[u8]) -> usize {
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\') || (CONTROLS && *byte < b' ');
    bytes.iter().position(is_special).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_special_byte_is_found_at_each_place() {
        for length in 0..36 {
            for byte in 0..=u8::MAX {
                for at in 0..length {
                    for around in [b'a', 0xFF] {
                        let mut bytes = vec![around; length];
                        bytes[at] = byte;
                        let is_quote = matches!(byte, b'"' | b'\\');
                        let expected = |special| if special { at } else { length };
                        assert_eq!(plain::<false>(&bytes), expected(is_quote), "{byte} at {at} of {length}");
                        assert_eq!(
                            plain::<true>(&bytes),
                            expected(is_quote || byte < b' '),
                            "{byte} at {at} of {length}"
                        );
                    }
                }
            }
        }
    }
}
