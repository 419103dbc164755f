//! Names the position of an error in a JSON text: `items[0].count`.
//!
//! serde_json reports line and column. After an error, the path is determined from these by parsing the text up to that
//! position again: a deserializer that tracks the path would double the code of each payload type.

use std::fmt;

/// A position in a JSON text: `items[0].count, line 1 column 22`.
#[derive(Clone, Debug)]
pub struct JsonPosition {
    path: String,
    line: usize,
    column: usize,
}

impl JsonPosition {
    /// Creates the position at `line` and `column`, as in [`path_at`].
    pub fn at(text: &[u8], line: usize, column: usize) -> JsonPosition {
        JsonPosition { path: path_at(text, line, column), line, column }
    }

    /// Creates the position at the end of a JSON value.
    pub fn end_of(text: &str) -> JsonPosition {
        let text = text.trim_ascii_end();
        let column = text.rsplit('\n').next().unwrap_or_default().len();
        JsonPosition { path: String::new(), line: text.split('\n').count(), column }
    }

    /// Converts the position to a position in an outer text, in which the text is the value of `key` after `before`.
    pub fn inside(self, key: &str, before: &str) -> JsonPosition {
        let last = before.rsplit('\n').next().unwrap_or_default();
        let column = if self.line == 1 { last.len() + self.column } else { self.column };
        let line = before.len() - before.replace('\n', "").len() + self.line;
        JsonPosition { path: join(key, &self.path), line, column }
    }
}

impl fmt::Display for JsonPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}, ", self.path)?;
        }
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// Prepends a key to a path.
pub fn join(key: &str, path: &str) -> String {
    let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    format!("{key}{dot}{path}")
}

/// Returns the path of the value that ends at or contains a position. `line` and `column` start at 1, columns are in
/// bytes, as in serde_json. Empty for the outermost value.
pub fn path_at(text: &[u8], line: usize, column: usize) -> String {
    path_to(up_to(text, line, column), |_| true)
}

/// Formats an error with its position: `invalid type: string "x", expected u8 at items[0].count, line 1 column 22`.
pub fn with_path(text: &[u8], error: &serde_json::Error) -> String {
    match with_position(text, error) {
        (message, Some(position)) => format!("{message} at {position}"),
        (message, None) => message,
    }
}

/// Splits an error into its message and its position, if the position is known.
pub fn with_position(text: &[u8], error: &serde_json::Error) -> (String, Option<JsonPosition>) {
    let (line, column) = (error.line(), error.column());
    // The position is lost for types that serde buffers (internally tagged enums, flattened fields).
    (without_position(error), (line > 0).then(|| JsonPosition::at(text, line, column)))
}

/// Returns the message of an error without line and column.
pub fn without_position(error: &serde_json::Error) -> String {
    let mut message = format!("{error}");
    let position = format!(" at line {} column {}", error.line(), error.column());
    if message.ends_with(&position) {
        message.truncate(message.len() - position.len());
    }
    message
}

/// Returns the text before a position.
fn up_to(text: &[u8], line: usize, column: usize) -> &[u8] {
    let line_start = match line.checked_sub(2) {
        Some(before) => {
            text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(before).map_or(0, |(i, _)| i + 1)
        }
        None => 0,
    };
    &text[..line_start.saturating_add(column).min(text.len())]
}

/// Returns the path of the value in which a JSON text ends. `keep` selects the depths (from 0) that are part of the
/// path.
pub fn path_to(mut rest: &[u8], keep: impl Fn(usize) -> bool) -> String {
    let mut path = Vec::new();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' => path.push(Step::Key(None)),
            b'[' => path.push(Step::Index(0)),
            b'}' | b']' => drop(path.pop()),
            b',' => match path.last_mut() {
                Some(Step::Key(key)) => *key = None,
                Some(Step::Index(index)) => *index += 1,
                None => {}
            },
            b'"' => {
                let (string, after) = rest.split_at(string_length(rest));
                rest = after.get(1..).unwrap_or_default();
                // A string is a key if a colon follows.
                if rest.trim_ascii_start().first() == Some(&b':')
                    && let Some(Step::Key(key)) = path.last_mut()
                {
                    *key = Some(string);
                }
            }
            _ => {}
        }
    }
    let mut written = String::new();
    for (_, step) in path.into_iter().enumerate().filter(|(depth, _)| keep(*depth)) {
        match step {
            Step::Key(Some(key)) => write_key(&mut written, key),
            Step::Key(None) => {}
            Step::Index(index) => written.push_str(&format!("[{index}]")),
        }
    }
    written
}

enum Step<'a> {
    /// In an object, at the value of this key. `None` before the first colon.
    Key(Option<&'a [u8]>),
    /// In an array.
    Index(usize),
}

/// Returns the number of bytes before the quote that ends a string, or the length without one.
pub(super) fn string_length(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().position(|&byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(text.len())
}

/// Appends a key. A key that is not the name of a field is a value, such as an address in a map, and paths are logged, so it
/// is written as `[…]`.
fn write_key(path: &mut String, key: &[u8]) {
    match std::str::from_utf8(key) {
        Ok(key) if is_field_name(key) => {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(key);
        }
        _ => path.push_str("[…]"),
    }
}

/// Returns a key as errors contain it: `[…]` for one that is not the name of a field, since it can be a value.
pub fn shown_name(key: &str) -> &str {
    if is_field_name(key) { key } else { "[…]" }
}

/// Returns true if a key has the form of a field name: an identifier, or letters with hyphens (`kebab-case`).
pub(super) fn is_field_name(key: &str) -> bool {
    let is_identifier = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_kebab_case = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-';
    key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && (key.bytes().all(is_identifier) || key.bytes().all(is_kebab_case))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Order {
        items: Vec<Item>,
        note: Option<String>,
        #[serde(rename = "a b")]
        spaced: Option<u8>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Item {
        count: u8,
        size: Option<Size>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
    }

    fn path(text: &str) -> String {
        let error = serde_json::from_str::<Order>(text).unwrap_err();
        path_at(text.as_bytes(), error.line(), error.column())
    }

    #[test]
    fn path_names_the_invalid_value() {
        for (text, expected) in [
            (r#"{"items":[{"count":1},{"count":"x"}]}"#, "items[1].count"),
            (r#"{"items":[{"count":1},{"count":[]}]}"#, "items[1].count"),
            (r#"{"items":[{"count":1},{"count":{"a":1}}]}"#, "items[1].count"),
            (r#"{"items":[{"count":-1}]}"#, "items[0].count"),
            (r#"{"items":[{"count":256}]}"#, "items[0].count"),
            (r#"{"items":[{"count":1e400}]}"#, "items[0].count"),
            (r#"{"items":[{"count":true}]}"#, "items[0].count"),
            (r#"{"items":[{"count":null}]}"#, "items[0].count"),
            (r#"{"items":[{"count":1,"size":"huge"}]}"#, "items[0].size"),
            (r#"{"items":[{"count":1},{}]}"#, "items[1]"),
            (r#"{"items":[{"count":1},7]}"#, "items[1]"),
            (r#"{"items":7}"#, "items"),
            (r#"{"note":"a, \"b\": {","items":[1]}"#, "items[0]"),
            (r#"{"a b":"x","items":[]}"#, "[…]"),
            (
                "{\n \"note\": \"x\",\n \"items\": [\n  { \"count\": 1 },\n  { \"count\": \"x\" }\n ]\n}",
                "items[1].count",
            ),
            (r#"{"items":[{"count":1}{"#, "items[0]"),
            ("7", ""),
            ("{}", ""),
            ("", ""),
        ] {
            assert_eq!(path(text), expected, "{text}");
        }
    }

    #[test]
    fn keys_that_are_values_are_left_out() {
        type Maps = std::collections::HashMap<String, std::collections::HashMap<String, u8>>;
        for (key, expected) in [
            ("name", "map.name"),
            ("_name_2", "map._name_2"),
            ("content-type", "map.content-type"),
            ("ada@example.org", "map[…]"),
            ("4111111111111111", "map[…]"),
            ("a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d", "map[…]"),
            ("a b", "map[…]"),
            ("größe", "map[…]"),
            (r#"a\"b"#, "map[…]"),
            ("", "map[…]"),
        ] {
            let text = format!(r#"{{"map":{{"{key}":"x"}}}}"#);
            let error = serde_json::from_str::<Maps>(&text).unwrap_err();
            assert_eq!(path_at(text.as_bytes(), error.line(), error.column()), expected, "{key}");
        }
    }

    #[test]
    fn end_is_where_serde_json_reports_missing_fields() {
        for text in ["{}", "{ }\n", "{\n}", "\n {\n \"note\": \"x\" } \r\n\t"] {
            let error = serde_json::from_str::<Order>(text).unwrap_err();
            let expected = format!("line {} column {}", error.line(), error.column());
            assert_eq!(JsonPosition::end_of(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn position_is_converted_to_the_outer_text() {
        for (before, text, line, column, expected) in [
            (r#"{"a":"#, r#"{"b":7}"#, 1, 6, "a.b, line 1 column 11"),
            ("{\n \"a\": ", "[\n1]", 1, 1, "a[0], line 2 column 7"),
            ("{\n \"a\": ", "[\n1]", 2, 1, "a[0], line 3 column 1"),
            (r#"{"a":"#, "7", 1, 1, "a, line 1 column 6"),
        ] {
            let position = JsonPosition::at(text.as_bytes(), line, column).inside("a", before);
            assert_eq!(position.to_string(), expected, "{before}{text}");
        }
    }

    #[test]
    fn any_position_is_accepted() {
        let text = br#"{"a\":[1,{"b":"\\"},[]],"c":{"d":[[0]]}} ]]"#;
        for line in 0..4 {
            for column in 0..60 {
                for end in 0..text.len() {
                    path_at(&text[..end], line, column);
                }
            }
        }
    }
}
