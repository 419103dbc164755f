//! The part of a JSON string that stands for itself.

/// How many bytes are looked at in one step.
const STEP: usize = 16;

/// How many bytes there are before the next quote or backslash, and if `CONTROLS`, control character; all, if there is
/// none.
///
/// Strings are most of what is read, so this goes by sixteen bytes at a time, in the form that compilers make one
/// instruction for all sixteen of.
#[inline]
pub(crate) fn plain<const CONTROLS: bool>(bytes: &[u8]) -> usize {
    let is_special = |byte: u8| (byte == b'"') | (byte == b'\\') | (CONTROLS & (byte < b' '));
    let (steps, rest) = bytes.as_chunks::<STEP>();
    for (at, step) in steps.iter().enumerate() {
        let marks = u128::from_le_bytes(step.map(|byte| if is_special(byte) { 0xFF } else { 0 }));
        if marks != 0 {
            return at * STEP + marks.trailing_zeros() as usize / 8;
        }
    }
    bytes.len() - rest.len() + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
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
