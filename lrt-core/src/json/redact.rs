//! What an error of serde says, without the values that it repeats.
//!
//! `invalid type: string "4111 1111", expected u64` has a piece of the payload in it, and such texts are lines of the log. The
//! kind of the value, the field's path, and what was expected tell as much of the mistake.

use crate::json::escape::string_length;
use std::ops::Range;

/// Takes the values out of a text in serde's words: `invalid type: string, expected u64`.
///
/// The texts are those of the methods of [`serde::de::Error`] and [`serde::de::Unexpected`], wherever they stand in it. Names
/// of fields stay, as they do in paths; so does what a type says in words of its own (`Error::custom`).
///
/// ```
/// use lrt_core::json::redact::redact_values;
///
/// let error = serde_json::from_str::<u8>("\"4111 1111\"").unwrap_err();
/// assert_eq!(redact_values(&error.to_string()), "invalid type: string, expected u8 at line 1 column 11");
/// ```
pub fn redact_values(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(value) = first_value(rest) {
        left.push_str(rest[..value.start].trim_ascii_end());
        rest = &rest[value.end..];
    }
    left.push_str(rest);
    left
}

/// The first value in the text, with its quotes.
fn first_value(text: &str) -> Option<Range<usize>> {
    // What begins so is ASCII, so that it begins and ends between characters.
    let begin = |(_, byte): &(usize, u8)| matches!(byte, b'i' | b'u');
    text.bytes().enumerate().filter(begin).find_map(|(at, _)| {
        let rest = &text.as_bytes()[at..];
        let (begins, value) = BEGINS.iter().find(|(begins, _)| rest.starts_with(begins.as_bytes()))?;
        let start = at + begins.len();
        let value = value(text.get(start..)?)?;
        Some(start + value.start..start + value.end)
    })
}

/// Finds a value in the text behind what it follows.
type Find = fn(&str) -> Option<Range<usize>>;

/// What stands before a value.
const BEGINS: [(&str, Find); 3] =
    [("invalid type: ", unexpected), ("invalid value: ", unexpected), ("unknown variant ", variant)];

/// Whether the source of an event reads like the name of one of AWS's services, which may be told. Anything else is a value.
///
/// ```
/// use lrt_core::json::redact::is_aws_service_name;
///
/// assert!(is_aws_service_name("aws:sqs") && is_aws_service_name("aws:s3"));
/// assert!(!is_aws_service_name("aws:4111") && !is_aws_service_name("4111 1111"));
/// ```
pub fn is_aws_service_name(source: &str) -> bool {
    let name = source.strip_prefix("aws:").unwrap_or_default();
    name == "s3" || !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The value of an `Unexpected`, which is at the start: ``integer `7`, expected …``. Some have none: `map, expected …`.
fn unexpected(text: &str) -> Option<Range<usize>> {
    let start = text.bytes().position(|byte| matches!(byte, b'"' | b'`' | b','))?;
    let value = &text[start..];
    let length = match text.as_bytes()[start] {
        // `{:?}` escapes as JSON does.
        b'"' => string_length(&value.as_bytes()[1..]) + 2,
        b'`' => ends(value, EXPECTED).next().unwrap_or(value.len()),
        _ => return None,
    };
    Some(start..start + length.min(value.len()))
}

/// The name of a variant. It may hold anything, so it ends with the last that can be its end.
fn variant(text: &str) -> Option<Range<usize>> {
    let end = ends(text, EXPECTED).chain(ends(text, NO_VARIANTS)).max();
    text.starts_with('`').then(|| 0..end.unwrap_or(text.len()))
}

const EXPECTED: &str = "`, expected ";
const NO_VARIANTS: &str = "`, there are no variants";

/// Where the backticks end that are followed as in `end`. (`str::find` would be 7 KB in each binary.)
fn ends(text: &str, end: &'static str) -> impl Iterator<Item = usize> {
    let windows = text.as_bytes().windows(end.len()).enumerate();
    windows.filter(move |(_, window)| *window == end.as_bytes()).map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde::de::{DeserializeOwned, Error as _, Unexpected};
    use std::collections::HashMap;
    use std::num::NonZero;

    #[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
        Large,
    }

    #[derive(Debug, Deserialize)]
    enum Never {}

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Order {
        count: u8,
    }

    fn told<T: DeserializeOwned>(json: &str) -> String {
        let told = redact_values(&serde_json::from_str::<T>(json).err().unwrap().to_string());
        told.split(" at line 1 ").next().unwrap().to_owned()
    }

    #[test]
    fn kinds_fields_and_expectations_stay() {
        for (told, expected) in [
            (told::<u8>(r#""4111""#), "invalid type: string, expected u8"),
            (told::<u8>(r#""a\"b, c`d\\""#), "invalid type: string, expected u8"),
            (told::<u8>("256"), "invalid value: integer, expected u8"),
            (told::<u8>("-1"), "invalid value: integer, expected u8"),
            (told::<u8>("1.5"), "invalid type: floating point, expected u8"),
            (told::<u8>("true"), "invalid type: boolean, expected u8"),
            (told::<u8>("null"), "invalid type: null, expected u8"),
            (told::<u8>("[]"), "invalid type: sequence, expected u8"),
            (told::<u8>("{}"), "invalid type: map, expected u8"),
            (told::<char>(r#""ab""#), "invalid value: string, expected a character"),
            (told::<NonZero<u8>>("0"), "invalid value: integer, expected a nonzero u8"),
            (told::<Size>(r#""huge""#), "unknown variant, expected `small` or `large`"),
            (told::<Size>(r#"{"a`, expected b":1}"#), "unknown variant, expected `small` or `large`"),
            (told::<Never>(r#""x""#), "unknown variant, there are no variants"),
            (told::<HashMap<u8, u8>>(r#"{"k":1}"#), "invalid value: expected key to be a number in quotes"),
            (told::<(u8, u8)>("[1]"), "invalid length 1, expected a tuple of size 2"),
            (told::<Order>("{}"), "missing field `count`"),
            (told::<Order>(r#"{"size":1}"#), "unknown field `size`, expected `count`"),
            (told::<u8>("1 2"), "trailing characters"),
        ] {
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn texts_of_others_are_read_as_far_as_they_are_serdes() {
        for (text, expected) in [
            ("", ""),
            (
                "invalid value: expected key to be a number in quotes",
                "invalid value: expected key to be a number in quotes",
            ),
            ("a color is no `x`", "a color is no `x`"),
            ("invalid type: `7`, expected u8", "invalid type:, expected u8"),
            ("invalid type: string \"cut", "invalid type: string"),
            ("unknown variant `cut", "unknown variant"),
            ("unknown variant x", "unknown variant x"),
            (
                r#"price: invalid type: string "x", expected u8; size: invalid value: integer `9`, expected u8"#,
                "price: invalid type: string, expected u8; size: invalid value: integer, expected u8",
            ),
            (
                "invalid type: unit variant, expected newtype variant `a`",
                "invalid type: unit variant, expected newtype variant `a`",
            ),
        ] {
            assert_eq!(redact_values(text), expected, "{text}");
        }
    }

    #[test]
    fn no_character_ends_a_value() {
        for char in ['`', '"', '\'', '\\', ',', '\n', '\u{0}', '☕'] {
            let error = serde_json::Error::invalid_type(Unexpected::Char(char), &"a number");
            assert_eq!(redact_values(&error.to_string()), "invalid type: character, expected a number", "{char:?}");
        }
    }

    proptest! {
        #[test]
        fn no_value_is_left(before in PIECES, after in PIECES) {
            let value = serde_json::to_string(&format!("{before}4111{after}")).unwrap();
            for json in [value.clone(), format!("{{{value}:1}}"), format!("{{{value}:{value}}}"), format!("[{value}]")] {
                let all = [
                    told::<u8>(&json),
                    told::<Size>(&json),
                    told::<Never>(&json),
                    told::<HashMap<u8, u8>>(&json),
                    told::<HashMap<Size, Size>>(&json),
                    told::<(bool, char)>(&json),
                    told::<Option<[f32; 7]>>(&json),
                ];
                for told in all {
                    prop_assert!(!told.contains("4111"), "{json}: {told}");
                }
            }
        }
    }

    /// What may be taken for an end, in any order.
    const PIECES: &str = r#"("|`|\\|, expected |`, expected |", expected |`, there are no variants|invalid type: |unknown variant `|string "| |☕|\n){0,6}"#;
}
