//! The part of a JSON string that stands for itself.

/// How many bytes there are before the next quote or backslash, and if `CONTROLS`, control character; all, if there is
/// none.
///
/// Strings are most of what is read and written, so this goes by eight bytes at a time.
pub(crate) fn plain<const CONTROLS: bool>(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let (words, rest) = bytes.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The highest bit of each byte that is below the limit. Taking the limit from it borrows from the byte above,
        // which may be marked wrongly then; so only the lowest mark counts.
        let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & (ONES << 7);
        let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        let controls = if CONTROLS { below(word, b' ') } else { 0 };
        let marks = equal(b'"') | equal(b'\\') | controls;
        if marks != 0 {
            return at * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\') || (CONTROLS && *byte < b' ');
    bytes.len() - rest.len() + rest.iter().position(is_special).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_special_byte_is_found_at_each_place() {
        for length in 0..20 {
            for byte in 0..=u8::MAX {
                for at in 0..length {
                    for around in [b'a', 0x7F, 0x80, 0xFF] {
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
