//! Where in a JSON text an error is: `items[0].count`.
//!
//! serde_json says line and column. The path is found from those by walking the text up to there once more, after a
//! failure only: a second, tracking decode would double the code of each payload type in the binary.

use crate::json::escape::string_length;
use std::fmt;

/// A place in a JSON text: `items[0].count, line 1 column 22`.
#[derive(Debug)]
pub struct Place {
    path: String,
    line: usize,
    column: usize,
}

impl Place {
    /// The place `line`, `column`, as [`path_at`] takes them.
    pub fn at(text: &[u8], line: usize, column: usize) -> Place {
        Place { path: path_at(text, line, column), line, column }
    }

    /// The place of a JSON value's end.
    pub fn end_of(text: &str) -> Place {
        let text = text.trim_ascii_end();
        let column = text.rsplit('\n').next().unwrap_or_default().len();
        Place { path: String::new(), line: text.split('\n').count(), column }
    }

    /// The same place, told of a text of which this one is the value of `key`, behind `before`.
    pub fn inside(self, key: &str, before: &str) -> Place {
        let last = before.rsplit('\n').next().unwrap_or_default();
        let column = if self.line == 1 { last.len() + self.column } else { self.column };
        let line = before.len() - before.replace('\n', "").len() + self.line;
        Place { path: join(key, &self.path), line, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}, ", self.path)?;
        }
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// A path that begins at the value of `key`.
pub fn join(key: &str, path: &str) -> String {
    let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    format!("{key}{dot}{path}")
}

/// The path of the value that ends at, or contains, the place `line`, `column` (both from 1, columns in bytes, as
/// serde_json counts them). Empty for the text's own value.
pub fn path_at(text: &[u8], line: usize, column: usize) -> String {
    path_to(up_to(text, line, column), |_| true)
}

/// What is wrong with a JSON text, and where: `invalid type: string "x", expected u8 at items[0].count, line 1 column 22`.
pub fn with_path(text: &[u8], error: &serde_json::Error) -> String {
    match with_place(text, error) {
        (message, Some(place)) => format!("{message} at {place}"),
        (message, None) => message,
    }
}

/// What is wrong with a JSON text, and where, if that is known.
pub fn with_place(text: &[u8], error: &serde_json::Error) -> (String, Option<Place>) {
    let (line, column) = (error.line(), error.column());
    // Types that serde keeps in between (internally tagged enums, flattened fields) lose the place.
    (without_place(error), (line > 0).then(|| Place::at(text, line, column)))
}

/// What is wrong, without the line and column that serde_json puts behind it.
pub fn without_place(error: &serde_json::Error) -> String {
    let mut message = format!("{error}");
    let place = format!(" at line {} column {}", error.line(), error.column());
    if message.ends_with(&place) {
        message.truncate(message.len() - place.len());
    }
    message
}

/// What is before a place.
fn up_to(text: &[u8], line: usize, column: usize) -> &[u8] {
    let line_start = match line.checked_sub(2) {
        Some(before) => {
            text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(before).map_or(0, |(i, _)| i + 1)
        }
        None => 0,
    };
    &text[..line_start.saturating_add(column).min(text.len())]
}

/// The path of the value in which `rest` ends, of the steps at the depths (from 0) that are to be kept: a text may have
/// levels of its own between those of the value.
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
    /// Within an object, at the value of this key; `None` before the first colon.
    Key(Option<&'a [u8]>),
    /// Within an array.
    Index(usize),
}

/// Keys that are no plain names are written as in JavaScript: `["a b"]`.
fn write_key(path: &mut String, key: &[u8]) {
    let plain = !key.is_empty() && key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
    let key = String::from_utf8_lossy(key);
    if plain {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&key);
    } else {
        path.push_str("[\"");
        path.push_str(&key);
        path.push_str("\"]");
    }
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
        odd: Option<u8>,
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
    fn the_path_leads_to_the_culprit() {
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
            (r#"{"a b":"x","items":[]}"#, r#"["a b"]"#),
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
    fn the_end_is_where_serde_json_misses_a_field() {
        for text in ["{}", "{ }\n", "{\n}", "\n {\n \"note\": \"x\" } \r\n\t"] {
            let error = serde_json::from_str::<Order>(text).unwrap_err();
            let expected = format!("line {} column {}", error.line(), error.column());
            assert_eq!(Place::end_of(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_place_is_told_of_the_text_around() {
        for (before, text, line, column, expected) in [
            (r#"{"a":"#, r#"{"b":7}"#, 1, 6, "a.b, line 1 column 11"),
            ("{\n \"a\": ", "[\n1]", 1, 1, "a[0], line 2 column 7"),
            ("{\n \"a\": ", "[\n1]", 2, 1, "a[0], line 3 column 1"),
            (r#"{"a":"#, "7", 1, 1, "a, line 1 column 6"),
        ] {
            let place = Place::at(text.as_bytes(), line, column).inside("a", before);
            assert_eq!(place.to_string(), expected, "{before}{text}");
        }
    }

    #[test]
    fn any_place_of_any_text_is_survived() {
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
