//! What becomes of an `N`: up to 38 digits, written in a string, of which none is lost in silence.
//!
//! - An integer type takes any number that is an integer and fits, however it is written: `5`, `5.0`, `1E+2`. Anything
//!   else is an error that names the number.
//! - A float type takes the nearest float.
//! - A string takes the text.
//! - A type that takes whatever there is gets an integer if the number is one of 64 bits; a float if the number is
//!   what that float reads as (`1.5`, `0.1`); and otherwise the text, because a float would lose digits.

use super::decimal::Decimal;
use super::typed::Hint;
use serde::de::{Error, Unexpected, Visitor};

/// The visits of numbers, for a visitor with a `tag` that takes the text of an `N`.
///
/// DynamoDB always writes a number as a string; sample events that are written by hand do not. A JSON number has gone
/// through a float if it is no integer of 64 bits, so one that is too large to be sure of is refused.
macro_rules! in_json {
    () => {
        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
            match self.tag {
                Tag::N => self.visit_str(&number.to_string()),
                _ => Err(E::invalid_type(serde::de::Unexpected::Unsigned(number), &self)),
            }
        }

        fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
            match self.tag {
                Tag::N => self.visit_str(&number.to_string()),
                _ => Err(E::invalid_type(serde::de::Unexpected::Signed(number), &self)),
            }
        }

        fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
            match self.tag {
                Tag::N if number.abs() < number::EXACT => self.visit_str(&number.to_string()),
                _ => Err(E::invalid_type(serde::de::Unexpected::Float(number), &self)),
            }
        }
    };
}
pub(super) use in_json;

/// From here on, 2⁵³, a float has no room for every integer.
pub(super) const EXACT: f64 = 9_007_199_254_740_992.0;

/// Hands the number in `text` to the user's visitor, as what it asked for.
pub(super) fn read<'de, V: Visitor<'de>, E: Error>(text: &str, hint: Hint, visitor: V) -> Result<V::Value, E> {
    match hint {
        Hint::Text => visitor.visit_str(text),
        Hint::F32 => match text.parse::<f32>() {
            Ok(number) if number.is_finite() => visitor.visit_f32(number),
            _ => Err(does_not_fit(text, &visitor)),
        },
        Hint::F64 => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => visitor.visit_f64(number),
            _ => Err(does_not_fit(text, &visitor)),
        },
        // As serde_json does: visitors of these may have no other visit.
        Hint::I128 => match text.parse().ok().or_else(|| Decimal::parse(text)?.integer()?.to_i128()) {
            Some(number) => visitor.visit_i128(number),
            None => Err(does_not_fit(text, &visitor)),
        },
        Hint::U128 => match text.parse().ok().or_else(|| Decimal::parse(text)?.integer()?.to_u128()) {
            Some(number) => visitor.visit_u128(number),
            None => Err(does_not_fit(text, &visitor)),
        },
        _ => {
            if let Ok(number) = text.parse::<u64>() {
                return visitor.visit_u64(number);
            }
            match text.parse::<i64>() {
                Ok(number) => visitor.visit_i64(number),
                Err(_) => read_unusual(text, hint, visitor),
            }
        }
    }
}

/// A number that is no integer of 64 bits, or is not written as one.
fn read_unusual<'de, V: Visitor<'de>, E: Error>(text: &str, hint: Hint, visitor: V) -> Result<V::Value, E> {
    let Some(decimal) = Decimal::parse(text) else {
        return Err(does_not_fit(text, &visitor));
    };
    let integer = decimal.integer();
    if let Some(number) = integer.and_then(|number| number.to_u64()) {
        return visitor.visit_u64(number);
    }
    if let Some(number) = integer.and_then(|number| number.to_i64()) {
        return visitor.visit_i64(number);
    }
    match hint {
        Hint::Any => match decimal.to_f64(text) {
            Some(number) => visitor.visit_f64(number),
            None => visitor.visit_str(text),
        },
        // The text must not get to where an `S` would fit.
        _ => Err(does_not_fit(text, &visitor)),
    }
}

#[cold]
fn does_not_fit<'de, V: Visitor<'de>, E: Error>(text: &str, visitor: &V) -> E {
    match Decimal::parse(text) {
        Some(_) => E::invalid_value(Unexpected::Other(&format!("number `{text}`")), visitor),
        None => E::invalid_value(Unexpected::Str(text), &"a number"),
    }
}
