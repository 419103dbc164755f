//! Numbers: an `N`, and the elements of an `NS`.

use super::{attribute, item, wrong};
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde_json::{Value, json};
use std::collections::HashMap;
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
    // DynamoDB supports 38 digits. These numbers have more digits than that, and than any type supports.
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
fn visitor_of_128_bits_needs_no_other_method() {
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
fn error_shows_the_number() {
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
fn texts_that_are_not_numbers_are_errors() {
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
fn floats_are_rounded_to_the_nearest() {
    for text in ["0", "-0.0", "5", "1.5", "0.1", "1E+125", "9.9999999999999999999999999999999999999E-130", "-3.14159"] {
        assert_eq!(n::<f64>(text).to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }
    // Through f64, it would be rounded twice, to 1.
    assert_eq!(n::<f32>("1.000000059604644775390625000001"), 1.000_000_1_f32);
}

#[test]
fn string_gets_the_text_of_a_number() {
    for text in ["12345678901234567890123456789012345678", "1.50", "1E+2"] {
        assert_eq!(n::<String>(text), text);
    }
}

#[test]
fn any_value_gets_an_integer_or_the_nearest_float() {
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
        ("18446744073709551616", json!(18_446_744_073_709_551_616.0)),
        ("0.1234567890123456789", json!(0.123_456_789_012_345_68)),
        ("12345678901234567890123456789012345678", json!(12_345_678_901_234_567_890_123_456_789_012_345_678.0)),
    ] {
        assert_eq!(n::<Value>(text), value);
    }
}

/// The places in which a type can contain a number. In all but the first one, serde reads the number before it knows
/// the type.
mod places {
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    pub(super) struct Plain<T> {
        pub(super) v: T,
    }

    #[derive(Deserialize)]
    pub(super) struct Flatten<T> {
        #[serde(flatten)]
        pub(super) inner: Plain<T>,
    }

    #[derive(Deserialize)]
    #[serde(tag = "type")]
    pub(super) enum Tagged<T> {
        Reading { v: T },
    }

    #[derive(Deserialize)]
    #[serde(tag = "type", content = "content")]
    pub(super) enum Adjacent<T> {
        Reading(Plain<T>),
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    pub(super) enum Untagged<T> {
        Reading { v: T },
    }
}

/// Decodes `{"v": …}` in each place with `$decode`, a macro that takes the type, and a flag for items that are
/// adjacently tagged.
macro_rules! decode_everywhere {
    ($T:ty, $decode:ident) => {{
        use places::*;
        let value: Result<Value, String> = $decode!(Value, false);
        [
            ("plain", $decode!(Plain<$T>, false).map(|plain| plain.v)),
            ("flatten", $decode!(Flatten<$T>, false).map(|flatten| flatten.inner.v)),
            ("tagged", $decode!(Tagged<$T>, false).map(|Tagged::Reading { v }| v)),
            ("adjacently tagged", $decode!(Adjacent<$T>, true).map(|Adjacent::Reading(plain)| plain.v)),
            ("untagged", $decode!(Untagged<$T>, false).map(|Untagged::Reading { v }| v)),
            (
                "Value",
                value.and_then(|value| {
                    serde_json::from_value::<$T>(value["v"].clone()).map_err(|error| error.to_string())
                }),
            ),
        ]
    }};
}

/// Checks that lrt decodes a number in each place in which serde_json or serde_dynamo does, and into the same value.
macro_rules! same_as_serde_json_and_serde_dynamo {
    ($text:expr => $($T:ty)*) => {$({
        let text = $text;
        let item_json = format!(r#"{{"v":{{"N":"{text}"}},"type":{{"S":"Reading"}}}}"#);
        let adjacent_json = format!(r#"{{"content":{{"M":{{"v":{{"N":"{text}"}}}}}},"type":{{"S":"Reading"}}}}"#);
        let json = format!(r#"{{"v":{text},"type":"Reading"}}"#);
        let adjacent_plain = format!(r#"{{"content":{{"v":{text}}},"type":"Reading"}}"#);
        let number = || serde_dynamo::AttributeValue::N(text.to_owned());
        let kind = || ("type".to_owned(), serde_dynamo::AttributeValue::S("Reading".to_owned()));
        macro_rules! by_lrt {
            ($Type:ty, $adjacent:expr) => {
                item::<$Type>(if $adjacent { &adjacent_json } else { &item_json }).map_err(|error| error.to_string())
            };
        }
        macro_rules! by_serde_json {
            ($Type:ty, $adjacent:expr) => {
                serde_json::from_str::<$Type>(if $adjacent { &adjacent_plain } else { &json })
                    .map_err(|error| error.to_string())
            };
        }
        macro_rules! by_serde_dynamo {
            ($Type:ty, $adjacent:expr) => {{
                let v = HashMap::from([("v".to_owned(), number())]);
                let item = if $adjacent {
                    HashMap::from([("content".to_owned(), serde_dynamo::AttributeValue::M(v)), kind()])
                } else {
                    v.into_iter().chain([kind()]).collect()
                };
                serde_dynamo::from_item::<_, $Type>(item).map_err(|error| error.to_string())
            }};
        }
        let found = decode_everywhere!($T, by_lrt);
        let references = [decode_everywhere!($T, by_serde_json), decode_everywhere!($T, by_serde_dynamo)];
        for (name, reference) in references.into_iter().flatten() {
            let (_, found) = found.iter().find(|(place, _)| *place == name).unwrap();
            if let Ok(number) = reference {
                assert_eq!(found.as_ref(), Ok(&number), "{text} as {} in {name}", stringify!($T));
            }
        }
        // The result is the same in each place, except that serde cannot buffer 128-bit numbers.
        let (_, plain) = &found[0];
        for (name, number) in &found[1..] {
            if plain.is_ok() && size_of::<$T>() < 16 {
                assert_eq!(number, plain, "{text} as {} in {name}", stringify!($T));
            }
        }
    })*};
}

#[test]
fn numbers_decode_everywhere_as_from_serde_json_and_serde_dynamo() {
    for text in [
        "0",
        "1",
        "-1",
        "127",
        "-128",
        "255",
        "256",
        "65536",
        "4294967296",
        "9007199254740993",
        "1.5",
        "-0.1",
        "0.25",
        "21.333333333333333333",
        "0.30000000000000004",
        "0.1234567890123456789",
        "9223372036854775807",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "12345678901234567890123456789012345678",
        "1e20",
        "1.5e3",
        "100.5e-1",
    ] {
        same_as_serde_json_and_serde_dynamo!(text => i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64);
    }
    // The other crates return infinity for f32.
    same_as_serde_json_and_serde_dynamo!("9.99e125" => i64 u64 f64);
}

/// serde_json without its feature `float_roundtrip` is one unit in the last place away.
#[test]
fn floats_with_large_exponents_decode_to_the_nearest_value() {
    for text in ["1e-130", "9.999999999999999999e125", "-1.2345678901234567e-100"] {
        let reading = format!(r#"{{"v":{{"N":"{text}"}},"type":{{"S":"Reading"}}}}"#);
        let adjacent = format!(r#"{{"content":{{"M":{{"v":{{"N":"{text}"}}}}}},"type":{{"S":"Reading"}}}}"#);
        macro_rules! by_lrt {
            ($Type:ty, $adjacent:expr) => {
                item::<$Type>(if $adjacent { &adjacent } else { &reading }).map_err(|error| error.to_string())
            };
        }
        for (name, number) in decode_everywhere!(f64, by_lrt) {
            assert_eq!(number, Ok(text.parse().unwrap()), "{text} in {name}");
        }
    }
}

/// DynamoDB does not write integers in this form. serde_json and serde_dynamo read them as floats.
#[test]
fn integers_with_point_or_exponent_decode_everywhere() {
    for text in ["5.0", "100", "1E+2", "-1.2e1", "120E-1", "-0.0"] {
        let float: f64 = text.parse().unwrap();
        let reading = format!(r#"{{"v":{{"N":"{text}"}},"type":{{"S":"Reading"}}}}"#);
        let adjacent = format!(r#"{{"content":{{"M":{{"v":{{"N":"{text}"}}}}}},"type":{{"S":"Reading"}}}}"#);
        macro_rules! by_lrt {
            ($Type:ty, $adjacent:expr) => {
                item::<$Type>(if $adjacent { &adjacent } else { &reading }).map_err(|error| error.to_string())
            };
        }
        for (name, number) in decode_everywhere!(i8, by_lrt) {
            assert_eq!(number, Ok(float as i8), "{text} in {name}");
        }
        for (name, number) in decode_everywhere!(f64, by_lrt) {
            assert_eq!(number, Ok(float), "{text} in {name}");
        }
    }
}

proptest! {
    #[test]
    fn any_value_gets_the_float_that_a_plain_float_gets(digits in "[0-9]{1,25}", fraction in "[0-9]{1,25}", exponent in -99..99) {
        let text = format!("{digits}.{fraction}e{exponent}");
        prop_assert_eq!(n::<Value>(&text).as_f64(), Some(n::<f64>(&text)));
        prop_assert_eq!(n::<f64>(&text), text.parse::<f64>().unwrap());
    }
}

#[test]
fn unquoted_numbers_are_accepted() {
    assert_eq!(attribute::<u8>(r#"{"N":5}"#), 5);
    assert_eq!(attribute::<i64>(r#"{"N":-9223372036854775808}"#), i64::MIN);
    assert_eq!(attribute::<f64>(r#"{"N":1.5}"#), 1.5);
    assert_eq!(attribute::<String>(r#"{"N":1.5}"#), "1.5");
    assert_eq!(attribute::<Vec<i8>>(r#"{"NS":[1,-2,3.0]}"#), [1, -2, 3]);
    // Digits may already have been lost.
    let message = wrong::<u128>(r#"{"N":12345678901234567890123}"#);
    assert!(message.ends_with("expected a number in a string as the value of N"), "{message}");
}
