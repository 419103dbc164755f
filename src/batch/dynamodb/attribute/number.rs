//! Parses an `N`: a decimal number of up to 38 digits, in a string.
//!
//! - Integer types accept every integer that fits, however it is written: `5`, `5.0`, `1E+2`.
//! - Float types get the nearest float.
//! - Types that accept any value get an integer if the number is one of at most 64 bits, and the nearest float otherwise, as
//!   from serde_json and serde_dynamo.

use serde::de::{Error as _, Expected, Unexpected, Visitor};
use serde_json::Error;
use std::str::FromStr;

/// A number of at most 64 bits.
pub(super) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

impl Number {
    pub(super) fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Number::Unsigned(number) => visitor.visit_u64(number),
            Number::Signed(number) => visitor.visit_i64(number),
            Number::Float(number) => visitor.visit_f64(number),
        }
    }
}

/// Neither an integer type nor a number in DynamoDB has more digits.
const MAX_INTEGER_DIGITS: usize = 39;

/// Parses an integer.
pub(super) fn integer<T: FromStr>(text: &str, expected: &dyn Expected) -> Result<T, Error> {
    parse_integer(text).ok_or_else(|| does_not_fit(text, expected))
}

/// Parses a float, `f32` or `f64`.
pub(super) fn float<T: FromStr + Into<f64> + Copy>(text: &str, expected: &dyn Expected) -> Result<T, Error> {
    let number = text.parse::<T>().ok().filter(|number| (*number).into().is_finite());
    number.ok_or_else(|| does_not_fit(text, expected))
}

/// Parses an integer of at most 64 bits.
pub(super) fn integer64(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse() {
        return Some(Number::Unsigned(number));
    }
    let number = parse_integer::<i128>(text)?;
    match u64::try_from(number) {
        Ok(number) => Some(Number::Unsigned(number)),
        Err(_) => i64::try_from(number).ok().map(Number::Signed),
    }
}

/// Parses a number for a type that accepts any value.
pub(super) fn any(text: &str, expected: &dyn Expected) -> Result<Number, Error> {
    match integer64(text) {
        Some(integer) => Ok(integer),
        None => float(text, expected).map(Number::Float),
    }
}

/// Returns true if no digit was lost in a number that is written as a JSON number instead of a string: an integer has
/// to fit into 64 bits, as JSON libraries write it.
pub(super) fn is_exact_in_json(json: &str) -> bool {
    json.contains(['.', 'e', 'E']) || integer64(json).is_some()
}

fn parse_integer<T: FromStr>(text: &str) -> Option<T> {
    match text.parse() {
        Ok(number) => Some(number),
        Err(_) if text.contains(['.', 'e', 'E']) => plain_digits(text)?.parse().ok(),
        Err(_) => None,
    }
}

/// Rewrites an integer that has a point or an exponent: `5.0` as `5`, `-1E+2` as `-100`.
fn plain_digits(text: &str) -> Option<String> {
    if !is_number(text) {
        return None;
    }
    let unsigned = text.trim_start_matches(['-', '+']);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    // The position of the decimal point after the exponent is applied.
    let point = whole.len() as i64 + i64::from(exponent);
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some("0".to_owned());
    }
    let length = usize::try_from(point).ok().filter(|point| significant.len() <= *point)?;
    let leading_zeros = digits.len() - digits.trim_start_matches('0').len();
    // A width above 65,535 would panic, so the leading zeros are not written again.
    let (significant, length) = (&significant[leading_zeros..], length - leading_zeros);
    if length > MAX_INTEGER_DIGITS {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    Some(format!("{sign}{significant:0<length$}"))
}

/// Returns true if the text is a decimal number: a sign, digits with an optional point, and an exponent. Only the
/// digits are required.
fn is_number(text: &str) -> bool {
    // Unlike this, `f64` also parses `inf` and `NaN`.
    text.parse::<f64>().is_ok() && text.contains(|char: char| char.is_ascii_digit())
}

#[cold]
pub(super) fn does_not_fit(text: &str, expected: &dyn Expected) -> Error {
    if is_number(text) {
        Error::invalid_value(Unexpected::Other(&format!("number `{text}`")), expected)
    } else {
        Error::invalid_value(Unexpected::Str(text), &"a number")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_with_many_leading_zeros_is_read() {
        for zeros in [65_534, 65_535, 65_536, 100_000] {
            assert_eq!(plain_digits(&format!("{}1.0", "0".repeat(zeros))).as_deref(), Some("1"), "{zeros}");
        }
    }

    #[test]
    fn integers_are_recognized_in_every_notation() {
        for (text, integer) in [
            ("5.0", Some("5")),
            ("0100", Some("100")),
            ("+100", Some("100")),
            ("1E2", Some("100")),
            ("1e+2", Some("100")),
            ("-0.15e2", Some("-15")),
            ("1000E-1", Some("100")),
            (".0", Some("0")),
            ("-0e-99", Some("0")),
            ("15E-1", None),
            ("0.1", None),
            ("1e-2147483648", None),
            ("1e2147483647", None),
            ("1e99999999999999", None),
        ] {
            assert_eq!(plain_digits(text).as_deref(), integer, "{text}");
        }
    }

    #[test]
    fn texts_that_are_not_numbers_are_not_integers() {
        for text in
            ["", "-", "+-1", "--1", "e5", "1e", "1e1.5", "1.2.3", "1 ", " 1", "NaN", "inf", "0x1", "1_0", "é", "."]
        {
            assert_eq!(plain_digits(text), None, "{text}");
        }
    }
}
