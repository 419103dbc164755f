//! Base64 as AWS has it: the standard alphabet, with padding.
//!
//! The bodies of HTTP requests and answers, and the error in a stream's trailers, are all that is decoded and encoded here,
//! so it is written for few bytes of code; a body of 6 MB takes some milliseconds.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What stands for no digit: more than six bits.
const NONE: u8 = 0xFF;

const DIGITS: [u8; 256] = {
    let mut digits = [NONE; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        digits[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

/// Appends the bytes as text.
pub fn encode(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len().div_ceil(3) * 4);
    let digit = |bits: u32, place: u32| ALPHABET[(bits >> place & 63) as usize];
    let (triples, rest) = bytes.as_chunks();
    for [a, b, c] in triples {
        let bits = u32::from_be_bytes([0, *a, *b, *c]);
        out.extend_from_slice(&[digit(bits, 18), digit(bits, 12), digit(bits, 6), digit(bits, 0)]);
    }
    match *rest {
        [a] => {
            let bits = u32::from_be_bytes([0, a, 0, 0]);
            out.extend_from_slice(&[digit(bits, 18), digit(bits, 12), b'=', b'=']);
        }
        [a, b] => {
            let bits = u32::from_be_bytes([0, a, b, 0]);
            out.extend_from_slice(&[digit(bits, 18), digit(bits, 12), digit(bits, 6), b'=']);
        }
        _ => {}
    }
}

/// The bytes that a text stands for. The padding tells nothing, so it may lack.
///
/// # Errors
///
/// The place of what is no base64.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let digits = &text[..text.len() - padding];
    // A padded text is one of fours.
    if (padding > 0 && !text.len().is_multiple_of(4)) || digits.len() % 4 == 1 {
        return Err(text.len());
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 3);
    for (at, four) in digits.chunks(4).enumerate() {
        let mut bits = 0;
        for (place, byte) in four.iter().enumerate() {
            let value = DIGITS[usize::from(*byte)];
            if value == NONE {
                return Err(at * 4 + place);
            }
            bits |= u32::from(value) << (18 - 6 * place);
        }
        let [_, a, b, c] = bits.to_be_bytes();
        bytes.extend_from_slice(&[a, b, c][..four.len() * 3 / 4]);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::Engine;
    use ::base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_text_and_bytes_again(bytes in any::<Vec<u8>>()) {
            let mut text = Vec::new();
            encode(&mut text, &bytes);
            prop_assert_eq!(std::str::from_utf8(&text).unwrap(), STANDARD.encode(&bytes));
            prop_assert_eq!(&decode(&text).unwrap(), &bytes);
            prop_assert_eq!(&decode(STANDARD_NO_PAD.encode(&bytes).as_bytes()).unwrap(), &bytes);
        }
    }

    #[test]
    fn what_is_no_base64_is_told_by_its_place() {
        for (text, place) in [
            ("a", 1),
            ("YWJj a", 4),
            ("YW\nJj", 5),
            ("Y WJ", 1),
            ("YWJ-", 3),
            ("YQ=", 3),
            ("====", 0),
            ("YQ==YQ==", 2),
            ("=", 1),
            ("YWJj=", 5),
            ("YWJjé", 4),
        ] {
            assert_eq!(decode(text.as_bytes()), Err(place), "{text}");
        }
        assert_eq!(decode(b""), Ok(Vec::new()));
    }
}
