//! What becomes of an `N`: up to 38 digits, written in a string, of which none is lost in silence.
//!
//! - An integer type takes any number that is an integer and fits, however it is written: `5`, `5.0`, `1E+2`. Anything
//!   else is an error that names the number.
//! - A float type takes the nearest float.
//! - A string takes the text.
//! - A type that takes whatever there is gets an integer if the number is one of 64 bits; a float if the number is
//!   what that float reads as (`1.5`, `0.1`); and otherwise the text, because a float would lose digits.

use super::decimal::Decimal;
use serde::de::{Error as _, Expected, Unexpected};
use serde_json::Error;

/// The digits before the point that a float has room for, whatever they are.
const SURE_DIGITS: i64 = 15;

/// An integer of at most 64 bits.
pub(super) enum Integer {
    Unsigned(u64),
    Signed(i64),
}

/// What a number is to a type that takes whatever there is.
pub(super) enum Number {
    Integer(Integer),
    Float(f64),
    Text,
}

impl Integer {
    fn read(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(number) => Some(Self::Unsigned(number)),
            Err(_) => text.parse().ok().map(Self::Signed),
        }
    }

    /// An integer that is not written as one.
    fn of(decimal: &Decimal) -> Option<Self> {
        let integer = decimal.integer()?;
        integer.to_u64().map(Self::Unsigned).or_else(|| integer.to_i64().map(Self::Signed))
    }
}

/// Whether no digit before the point is lost where the number is read as JSON: as an integer of 64 bits, or as a float.
pub(super) fn is_sure_in_json(text: &str) -> bool {
    Integer::read(text).is_some() || Decimal::parse(text).is_some_and(|decimal| decimal.whole_digits() <= SURE_DIGITS)
}

pub(super) fn integer(text: &str, expected: &dyn Expected) -> Result<Integer, Error> {
    let integer = Integer::read(text).or_else(|| Integer::of(&Decimal::parse(text)?));
    integer.ok_or_else(|| does_not_fit(text, expected))
}

pub(super) fn i128(text: &str, expected: &dyn Expected) -> Result<i128, Error> {
    let number = text.parse().ok().or_else(|| Decimal::parse(text)?.integer()?.to_i128());
    number.ok_or_else(|| does_not_fit(text, expected))
}

pub(super) fn u128(text: &str, expected: &dyn Expected) -> Result<u128, Error> {
    let number = text.parse().ok().or_else(|| Decimal::parse(text)?.integer()?.to_u128());
    number.ok_or_else(|| does_not_fit(text, expected))
}

pub(super) fn f32(text: &str, expected: &dyn Expected) -> Result<f32, Error> {
    text.parse().ok().filter(|number: &f32| number.is_finite()).ok_or_else(|| does_not_fit(text, expected))
}

pub(super) fn f64(text: &str, expected: &dyn Expected) -> Result<f64, Error> {
    text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| does_not_fit(text, expected))
}

pub(super) fn any(text: &str) -> Result<Number, Error> {
    if let Some(integer) = Integer::read(text) {
        return Ok(Number::Integer(integer));
    }
    let decimal = Decimal::parse(text).ok_or_else(|| does_not_fit(text, &"a number"))?;
    Ok(match Integer::of(&decimal) {
        Some(integer) => Number::Integer(integer),
        None => decimal.to_f64(text).map_or(Number::Text, Number::Float),
    })
}

#[cold]
fn does_not_fit(text: &str, expected: &dyn Expected) -> Error {
    match Decimal::parse(text) {
        Some(_) => Error::invalid_value(Unexpected::Other(&format!("number `{text}`")), expected),
        None => Error::invalid_value(Unexpected::Str(text), &"a number"),
    }
}
