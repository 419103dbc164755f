//! The part of a JSON string that needs no decoding.

/// Returns the number of bytes before the next quote, backslash or control character, or the length without one.
///
/// Strings are most of an event, so this reads eight bytes at a time.
#[inline(always)]
pub(crate) fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH_BITS: u64 = ONES << 7;
    let mut rest = bytes;
    while let Some((word, tail)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        // Each subtraction sets the high bit of the bytes that it looks for. A borrow can also set the high bit of the
        // following byte, so only the lowest one that is set is valid. Non-ASCII bytes have that bit in any case and
        // are masked. Flipping the second bit exchanges quote and space, so that a quote is the byte after the control
        // characters.
        let quotes_and_controls = (word ^ (ONES * 2)).wrapping_sub(ONES * (u64::from(b' ') + 1));
        let backslashes = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
        let marks = (quotes_and_controls | backslashes) & !word & HIGH_BITS;
        if marks != 0 {
            return bytes.len() - rest.len() + marks.trailing_zeros() as usize / 8;
        }
        rest = tail;
    }
    bytes.len() - rest.len() + plain_length_of_tail(rest)
}

/// Returns the [`plain_length`] of the last few bytes.
#[inline(never)]
fn plain_length_of_tail(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_special_byte_is_found_at_each_position() {
        for length in 0..36 {
            for byte in 0..=u8::MAX {
                for at in 0..length {
                    for other in [b'a', 0xFF] {
                        let mut bytes = vec![other; length];
                        bytes[at] = byte;
                        let is_special = matches!(byte, b'"' | b'\\') || byte < b' ';
                        let expected = if is_special { at } else { length };
                        assert_eq!(plain_length(&bytes), expected, "{byte} at {at} of {length}");
                    }
                }
            }
        }
    }
}
