//! Removes values from error messages of serde.
//!
//! `invalid type: string "4111 1111", expected u64` contains a part of the payload, and such messages are logged. The
//! type of the value, the path of the field and the expected type are sufficient to find the mistake.

use super::path::{is_field_name, string_length};
use std::ops::Range;

/// Removes the values from messages of serde: `invalid type: string, expected u64`.
///
/// Recognizes the messages of [`serde::de::Error`] and [`serde::de::Unexpected`], at any position in the text. Custom
/// messages (`Error::custom`) are kept, so a type that is decoded must not put secrets into its own messages. Names of
/// fields are kept, as in paths.
///
/// ```
/// use lrt_core::__private::json::redact::redact_values;
///
/// let error = serde_json::from_str::<u8>("\"4111 1111\"").unwrap_err();
/// assert_eq!(redact_values(&error.to_string()), "invalid type: string, expected u8 at line 1 column 11");
/// ```
pub fn redact_values(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(value) = first_value(rest) {
        redacted.push_str(rest[..value.start].trim_ascii_end());
        rest = &rest[value.end..];
    }
    redacted.push_str(rest);
    redacted
}

/// Returns the position of the first value, including its quotes.
fn first_value(text: &str) -> Option<Range<usize>> {
    // The prefixes are ASCII, so they start and end at character boundaries.
    let is_first_letter = |(_, byte): &(usize, u8)| matches!(byte, b'i' | b'u');
    text.bytes().enumerate().filter(is_first_letter).find_map(|(at, _)| {
        let rest = &text.as_bytes()[at..];
        let (prefix, value) = VALUE_PREFIXES.iter().find(|(prefix, _)| rest.starts_with(prefix.as_bytes()))?;
        let start = at + prefix.len();
        let value = value(text.get(start..)?)?;
        Some(start + value.start..start + value.end)
    })
}

/// Finds the value in the text after a prefix.
type FindValue = fn(&str) -> Option<Range<usize>>;

/// The strings that precede a value.
const VALUE_PREFIXES: [(&str, FindValue); 4] = [
    ("invalid type: ", unexpected),
    ("invalid value: ", unexpected),
    ("unknown variant ", variant),
    ("unknown field ", field),
];

/// Returns true if the source of an event has the form of an AWS service name, which may be logged. Anything else is
/// treated as a value.
///
/// ```
/// use lrt_core::__private::json::redact::is_aws_service_name;
///
/// assert!(is_aws_service_name("aws:sqs") && is_aws_service_name("aws:s3"));
/// assert!(!is_aws_service_name("aws:4111") && !is_aws_service_name("4111 1111"));
/// ```
pub fn is_aws_service_name(source: &str) -> bool {
    let name = source.strip_prefix("aws:").unwrap_or_default();
    name == "s3" || !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Finds the value of an `Unexpected` at the start: ``integer `7`, expected …``. Some have none: `map, expected …`. Without
/// the expectation, the message is a custom one.
fn unexpected(text: &str) -> Option<Range<usize>> {
    let start = text.bytes().position(|byte| matches!(byte, b'"' | b'`' | b','))?;
    let value = &text[start..];
    let length = match text.as_bytes()[start] {
        // `{:?}` escapes quotes and backslashes as JSON does.
        b'"' => {
            let length = string_length(&value.as_bytes()[1..]) + 2;
            value.get(length..)?.starts_with(", expected ").then_some(length)?
        }
        b'`' => ends(value, EXPECTED).next()?,
        _ => return None,
    };
    Some(start..start + length)
}

/// Finds the name of a variant. It can contain anything, so it ends at the last possible end.
fn variant(text: &str) -> Option<Range<usize>> {
    let end = ends(text, EXPECTED).chain(ends(text, NO_VARIANTS)).max()?;
    text.starts_with('`').then_some(0..end)
}

/// Finds the name of a field, which is a value unless it has the form of a name.
fn field(text: &str) -> Option<Range<usize>> {
    let end = ends(text, EXPECTED).chain(ends(text, NO_FIELDS)).max()?;
    let name = text.get(1..end - 1)?;
    (text.starts_with('`') && !is_field_name(name)).then_some(0..end)
}

const EXPECTED: &str = "`, expected ";
const NO_VARIANTS: &str = "`, there are no variants";
const NO_FIELDS: &str = "`, there are no fields";

/// Returns the positions after the backticks that `end` starts with.
fn ends<'a>(text: &'a str, end: &'static str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(end).map(|(at, _)| at + 1)
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

    fn redacted_error<T: DeserializeOwned>(json: &str) -> String {
        let redacted_error = redact_values(&serde_json::from_str::<T>(json).err().unwrap().to_string());
        redacted_error.split(" at line 1 ").next().unwrap().to_owned()
    }

    #[test]
    fn types_fields_and_expectations_are_kept() {
        for (redacted_error, expected) in [
            (redacted_error::<u8>(r#""4111""#), "invalid type: string, expected u8"),
            (redacted_error::<u8>(r#""a\"b, c`d\\""#), "invalid type: string, expected u8"),
            (redacted_error::<u8>("256"), "invalid value: integer, expected u8"),
            (redacted_error::<u8>("-1"), "invalid value: integer, expected u8"),
            (redacted_error::<u8>("1.5"), "invalid type: floating point, expected u8"),
            (redacted_error::<u8>("true"), "invalid type: boolean, expected u8"),
            (redacted_error::<u8>("null"), "invalid type: null, expected u8"),
            (redacted_error::<u8>("[]"), "invalid type: sequence, expected u8"),
            (redacted_error::<u8>("{}"), "invalid type: map, expected u8"),
            (redacted_error::<char>(r#""ab""#), "invalid value: string, expected a character"),
            (redacted_error::<NonZero<u8>>("0"), "invalid value: integer, expected a nonzero u8"),
            (redacted_error::<Size>(r#""huge""#), "unknown variant, expected `small` or `large`"),
            (redacted_error::<Size>(r#"{"a`, expected b":1}"#), "unknown variant, expected `small` or `large`"),
            (redacted_error::<Never>(r#""x""#), "unknown variant, there are no variants"),
            (redacted_error::<HashMap<u8, u8>>(r#"{"k":1}"#), "invalid value: expected key to be a number in quotes"),
            (redacted_error::<(u8, u8)>("[1]"), "invalid length 1, expected a tuple of size 2"),
            (redacted_error::<Order>("{}"), "missing field `count`"),
            (redacted_error::<Order>(r#"{"size":1}"#), "unknown field `size`, expected `count`"),
            (redacted_error::<Order>(r#"{"ada@example.org":1}"#), "unknown field, expected `count`"),
            (redacted_error::<u8>("1 2"), "trailing characters"),
        ] {
            assert_eq!(redacted_error, expected);
        }
    }

    #[test]
    fn other_messages_are_kept() {
        for (text, expected) in [
            ("", ""),
            (
                "invalid value: expected key to be a number in quotes",
                "invalid value: expected key to be a number in quotes",
            ),
            ("a color is not `x`", "a color is not `x`"),
            ("invalid type: `7`, expected u8", "invalid type:, expected u8"),
            (
                "invalid value: `color` has to be one of red, green",
                "invalid value: `color` has to be one of red, green",
            ),
            ("invalid value: \"color\" has to be red", "invalid value: \"color\" has to be red"),
            ("invalid type: string \"cut", "invalid type: string \"cut"),
            ("unknown variant `x` of `Color`", "unknown variant `x` of `Color`"),
            ("unknown variant x", "unknown variant x"),
            ("unknown field `x` in `Order`", "unknown field `x` in `Order`"),
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
    fn characters_are_removed() {
        for char in ['`', '"', '\'', '\\', ',', '\n', '\u{0}', '☕'] {
            let error = serde_json::Error::invalid_type(Unexpected::Char(char), &"a number");
            assert_eq!(redact_values(&error.to_string()), "invalid type: character, expected a number", "{char:?}");
        }
    }

    proptest! {
        #[test]
        fn values_are_removed(before in PIECES, after in PIECES) {
            let value = serde_json::to_string(&format!("{before}4111{after}")).unwrap();
            for json in [value.clone(), format!("{{{value}:1}}"), format!("{{{value}:{value}}}"), format!("[{value}]")] {
                let all = [
                    redacted_error::<u8>(&json),
                    redacted_error::<Size>(&json),
                    redacted_error::<Never>(&json),
                    redacted_error::<HashMap<u8, u8>>(&json),
                    redacted_error::<HashMap<Size, Size>>(&json),
                    redacted_error::<(bool, char)>(&json),
                    redacted_error::<Option<[f32; 7]>>(&json),
                    redacted_error::<Order>(&json),
                ];
                for redacted_error in all {
                    prop_assert!(!redacted_error.contains("4111"), "{json}: {redacted_error}");
                }
            }
        }
    }

    /// Strings that could be mistaken for an end, in any order.
    const PIECES: &str = r#"("|`|\\|, expected |`, expected |", expected |`, there are no variants|invalid type: |unknown variant `|string "| |☕|\n){0,6}"#;
}
