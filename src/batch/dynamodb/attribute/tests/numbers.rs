//! What becomes of an `N`.

use super::{attribute, item, wrong};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde_json::{Value, json};
use std::fmt::{self, Debug, Display};
use std::num::NonZero;

fn n<T: DeserializeOwned>(text: &str) -> T {
    attribute(&format!(r#"{{"N":"{text}"}}"#))
}

fn wrong_n<T: DeserializeOwned + Debug>(text: &str) -> String {
    wrong::<T>(&format!(r#"{{"N":"{text}"}}"#))
}

fn to_the_limits<T: DeserializeOwned + Debug + PartialEq + Display>(limits: [T; 2]) {
    for limit in limits {
        assert_eq!(n::<T>(&limit.to_string()), limit);
        assert_eq!(n::<T>(&format!("{limit}.00")), limit);
        assert_eq!(n::<T>(&format!("{limit}0E-1")), limit);
    }
    // 38 digits are what DynamoDB has room for; these are more, and more than any type takes.
    wrong_n::<T>("340282366920938463463374607431768211456");
    wrong_n::<T>("-340282366920938463463374607431768211456");
    wrong_n::<T>("1.5");
    wrong_n::<T>("1E-1");
    wrong_n::<T>("1E+125");
}

#[test]
fn integers_are_exact_or_errors() {
    to_the_limits([i8::MIN, i8::MAX]);
    to_the_limits([i16::MIN, i16::MAX]);
    to_the_limits([i32::MIN, i32::MAX]);
    to_the_limits([i64::MIN, i64::MAX]);
    to_the_limits([i128::MIN, i128::MAX]);
    to_the_limits([u8::MIN, u8::MAX]);
    to_the_limits([u16::MIN, u16::MAX]);
    to_the_limits([u32::MIN, u32::MAX]);
    to_the_limits([u64::MIN, u64::MAX]);
    to_the_limits([u128::MIN, u128::MAX]);
    assert_eq!(n::<u8>("1E+2"), 100);
    assert_eq!(n::<i8>("-1.2e1"), -12);
    assert_eq!(
        n::<i128>("-99999999999999999999999999999999999999"),
        -99_999_999_999_999_999_999_999_999_999_999_999_999
    );
    assert_eq!(n::<NonZero<u8>>("7").get(), 7);
}

#[test]
fn a_visitor_of_128_bits_needs_no_other_visit() {
    #[derive(Debug, PartialEq)]
    struct Wide(i128);
    struct WideVisitor;
    impl Visitor<'_> for WideVisitor {
        type Value = Wide;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("128 bits")
        }
        fn visit_i128<E>(self, number: i128) -> Result<Wide, E> {
            Ok(Wide(number))
        }
    }
    impl<'de> Deserialize<'de> for Wide {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_i128(WideVisitor)
        }
    }
    assert_eq!(n::<Wide>("5"), Wide(5));
    assert_eq!(n::<Wide>("-5.0"), Wide(-5));
}

#[test]
fn an_error_names_the_number() {
    for (message, expected) in [
        (wrong_n::<u8>("256"), "invalid value: integer `256`, expected u8"),
        (wrong_n::<u8>("-1"), "invalid value: integer `-1`, expected u8"),
        (wrong_n::<u64>("18446744073709551616"), "invalid value: number `18446744073709551616`, expected u64"),
        (wrong_n::<i64>("1.5"), "invalid value: number `1.5`, expected i64"),
        (wrong_n::<u128>("-18446744073709551616"), "invalid value: number `-18446744073709551616`, expected u128"),
        (wrong_n::<f32>("1E+125"), "invalid value: number `1E+125`, expected f32"),
        (wrong_n::<f64>("1e400"), "invalid value: number `1e400`, expected f64"),
        (wrong_n::<NonZero<u8>>("0"), "invalid value: integer `0`, expected a nonzero u8"),
    ] {
        assert_eq!(message, expected);
    }
}

#[test]
fn what_is_no_number_is_an_error() {
    for text in ["", " ", "x", "NaN", "inf", "-Infinity", "1e", "0x10", "1 ", "1_000"] {
        let expected = format!("invalid value: string {text:?}, expected a number");
        assert_eq!(wrong_n::<u64>(text), expected);
        assert_eq!(wrong_n::<i128>(text), expected);
        assert_eq!(wrong_n::<f32>(text), expected);
        assert_eq!(wrong_n::<f64>(text), expected);
        assert_eq!(wrong_n::<Value>(text), expected);
    }
}

#[test]
fn floats_are_the_nearest() {
    for text in ["0", "-0.0", "5", "1.5", "0.1", "1E+125", "9.9999999999999999999999999999999999999E-130", "-3.14159"] {
        assert_eq!(n::<f64>(text).to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }
    // Through f64 it would be rounded twice, to 1.
    assert_eq!(n::<f32>("1.000000059604644775390625000001"), 1.000_000_1_f32);
}

#[test]
fn a_string_gets_the_text() {
    for text in ["12345678901234567890123456789012345678", "1.50", "1E+2"] {
        assert_eq!(n::<String>(text), text);
    }
}

#[test]
fn whatever_takes_anything_loses_no_digit() {
    for (text, value) in [
        ("5", json!(5)),
        ("-5", json!(-5)),
        ("5.0", json!(5)),
        ("1E+2", json!(100)),
        ("18446744073709551615", json!(u64::MAX)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("1.5", json!(1.5)),
        ("0.1", json!(0.1)),
        ("-1E-130", json!(-1e-130)),
        ("1E+20", json!(1e20)),
        ("18446744073709551616", json!("18446744073709551616")),
        ("0.1234567890123456789", json!("0.1234567890123456789")),
        ("12345678901234567890123456789012345678", json!("12345678901234567890123456789012345678")),
    ] {
        assert_eq!(n::<Value>(text), value);
    }
}

#[test]
fn numbers_fit_behind_flatten_and_tags() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Numbers {
        u: u32,
        i: i64,
        f: f64,
        whole: f64,
        text: String,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        numbers: Numbers,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type")]
    enum Tagged {
        Numbers(Numbers),
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Numbers(Numbers),
    }
    let text = r#"{
        "type": {"S": "Numbers"}, "u": {"N": "1"}, "i": {"N": "-2"}, "f": {"N": "0.1"}, "whole": {"N": "3"},
        "text": {"N": "12345678901234567890123456789"}
    }"#;
    let numbers = || Numbers { u: 1, i: -2, f: 0.1, whole: 3.0, text: "12345678901234567890123456789".into() };
    assert_eq!(item(text), Ok(Flat { numbers: numbers() }));
    assert_eq!(item(text), Ok(Tagged::Numbers(numbers())));
    assert_eq!(item(text), Ok(Untagged::Numbers(numbers())));
}

#[test]
fn numbers_written_by_hand_without_quotes_are_taken() {
    assert_eq!(attribute::<u8>(r#"{"N":5}"#), 5);
    assert_eq!(attribute::<i64>(r#"{"N":-9223372036854775808}"#), i64::MIN);
    assert_eq!(attribute::<f64>(r#"{"N":1.5}"#), 1.5);
    assert_eq!(attribute::<String>(r#"{"N":1.5}"#), "1.5");
    assert_eq!(attribute::<Vec<i8>>(r#"{"NS":[1,-2,3.0]}"#), [1, -2, 3]);
    // Digits may be lost already.
    let message = wrong::<u128>(r#"{"N":12345678901234567890123}"#);
    assert!(message.ends_with("expected a number in a string as the value of N"), "{message}");
}
