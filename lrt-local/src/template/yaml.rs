//! YAML with comments.

use std::fmt::{self, Display, Formatter, Write};

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Yaml {
    /// A value that is written without quotes: a number, `!Ref Queue`.
    Plain(String),
    List(Vec<Yaml>),
    Map(Map),
}

/// Entries in the order of insertion, each with an optional comment.
#[derive(Clone, Debug, Default)]
pub(super) struct Map {
    entries: Vec<Entry>,
    /// Comment above the next entry, or at the end of the map.
    note: Option<String>,
}

#[derive(Clone, Debug)]
struct Entry {
    note: Option<String>,
    key: String,
    value: Yaml,
}

impl Map {
    pub(super) fn new() -> Map {
        Map::default()
    }

    /// Appends an entry.
    pub(super) fn with(mut self, key: impl AsRef<str>, value: impl Into<Yaml>) -> Map {
        self.add(key, value);
        self
    }

    /// Appends an entry if there is a value.
    pub(super) fn with_some(self, key: &str, value: Option<impl Into<Yaml>>) -> Map {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds to the comment above the next entry, or at the end of the map.
    pub(super) fn note(mut self, note: &str) -> Map {
        let note = self.note.take().map_or_else(|| note.to_owned(), |first| format!("{first}\n{note}"));
        self.note = Some(note);
        self
    }

    /// Adds a comment, if there is one.
    pub(super) fn note_some(self, note: Option<&str>) -> Map {
        match note {
            Some(note) => self.note(note),
            None => self,
        }
    }

    pub(super) fn add(&mut self, key: impl AsRef<str>, value: impl Into<Yaml>) {
        let (note, key) = (self.note.take(), text(key.as_ref()));
        self.entries.push(Entry { note, key, value: value.into() });
    }

    /// Appends all entries of another map, including its trailing comment.
    pub(super) fn and(mut self, more: Map) -> Map {
        self.entries.extend(more.entries);
        self.note_some(more.note.as_deref())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    pub(super) fn or_none(self) -> Option<Map> {
        (!self.is_empty()).then_some(self)
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn write(&self, to: &mut Formatter<'_>, indent: usize) -> fmt::Result {
        let spaces = " ".repeat(indent);
        for (index, Entry { note, key, value }) in self.entries.iter().enumerate() {
            // Sections and resources are separated by blank lines.
            if indent <= 2 && index > 0 && matches!(value, Yaml::Map(_)) {
                to.write_char('\n')?;
            }
            write_comment(note.as_deref(), to, &spaces)?;
            write!(to, "{spaces}{key}:")?;
            value.write(to, indent + 2)?;
        }
        write_comment(self.note.as_deref(), to, &spaces)
    }
}

/// Writes each line as a comment. Other characters that YAML does not allow in a comment, or that end it, are written as spaces.
fn write_comment(comment: Option<&str>, to: &mut Formatter<'_>, spaces: &str) -> fmt::Result {
    let is_invalid = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    let mut lines = comment.into_iter().flat_map(str::lines);
    lines.try_for_each(|line| writeln!(to, "{spaces}# {}", line.replace(is_invalid, " ")))
}

impl Yaml {
    /// Writes the value after the colon of its key, including the line break.
    fn write(&self, to: &mut Formatter<'_>, indent: usize) -> fmt::Result {
        match self {
            Yaml::Plain(text) => writeln!(to, " {text}"),
            Yaml::Map(map) if map.is_empty() => to.write_str(" {}\n"),
            Yaml::Map(map) => {
                to.write_char('\n')?;
                map.write(to, indent)
            }
            Yaml::List(items) => match items.iter().map(Yaml::in_line).collect::<Option<Vec<_>>>() {
                Some(items) => writeln!(to, " [{}]", items.join(", ")),
                None => {
                    to.write_char('\n')?;
                    items.iter().try_for_each(|item| item.write_item(to, indent))
                }
            },
        }
    }

    /// Writes an item of a list.
    fn write_item(&self, to: &mut Formatter<'_>, indent: usize) -> fmt::Result {
        let item = match self {
            Yaml::Map(map) => Nested(map, indent + 2).to_string(),
            other => return write!(to, "{}-", " ".repeat(indent)).and_then(|()| other.write(to, indent + 2)),
        };
        write!(to, "{}- {}", " ".repeat(indent), item.trim_start())
    }

    /// Returns the value as an item of a list that is written in one line, where braces would be a map.
    fn in_line(&self) -> Option<&str> {
        match self {
            Yaml::Plain(text) if text.starts_with(['"', '!']) || !text.contains(['{', '}']) => Some(text),
            _ => None,
        }
    }
}

struct Nested<'a>(&'a Map, usize);

impl Display for Nested<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        self.0.write(to, self.1)
    }
}

impl Display for Map {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        self.write(to, 0)
    }
}

impl From<&str> for Yaml {
    fn from(value: &str) -> Yaml {
        Yaml::Plain(text(value))
    }
}

impl From<u32> for Yaml {
    fn from(number: u32) -> Yaml {
        Yaml::Plain(number.to_string())
    }
}

impl From<bool> for Yaml {
    fn from(yes: bool) -> Yaml {
        Yaml::Plain(yes.to_string())
    }
}

impl From<Map> for Yaml {
    fn from(map: Map) -> Yaml {
        Yaml::Map(map)
    }
}

impl From<&serde_json::Value> for Yaml {
    fn from(value: &serde_json::Value) -> Yaml {
        match value {
            serde_json::Value::String(text) => (&**text).into(),
            serde_json::Value::Array(items) => Yaml::List(items.iter().map(Yaml::from).collect()),
            serde_json::Value::Object(fields) => {
                let mut map = Map::new();
                fields.iter().for_each(|(name, value)| map.add(name, value));
                Yaml::Map(map)
            }
            scalar => Yaml::Plain(scalar.to_string()),
        }
    }
}

impl<T: Into<Yaml>, const N: usize> From<[T; N]> for Yaml {
    fn from(items: [T; N]) -> Yaml {
        Yaml::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Yaml>> From<Vec<T>> for Yaml {
    fn from(items: Vec<T>) -> Yaml {
        Yaml::List(items.into_iter().map(Into::into).collect())
    }
}

/// Returns `!Ref ID`.
pub(super) fn reference(id: &str) -> Yaml {
    Yaml::Plain(format!("!Ref {id}"))
}

/// Returns `!GetAtt ID.Arn`.
pub(super) fn arn(id: &str) -> Yaml {
    attribute(id, "Arn")
}

/// Returns `!GetAtt ID.ATTRIBUTE`.
pub(super) fn attribute(id: &str, attribute: &str) -> Yaml {
    Yaml::Plain(format!("!GetAtt {id}.{attribute}"))
}

/// Returns `!Sub "…${ID}…"`.
pub(super) fn sub(text: &str) -> Yaml {
    Yaml::Plain(format!("!Sub {}", quoted(text)))
}

/// Writes a string, with quotes if it would be parsed as another value without them.
fn text(value: &str) -> String {
    let begins = value.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '/' | '.' | '$'));
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/.$-_{}+:;()`' ".contains(letter);
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_word = words.iter().any(|word| word.eq_ignore_ascii_case(value));
    // `a: b` would be a map, and a dot can start a number.
    let is_ambiguous =
        value.contains(": ") || value.ends_with([':', ' ']) || (value.starts_with('.') && value.len() > 1);
    match begins && value.chars().all(is_plain) && !is_word && !is_ambiguous {
        true => value.to_owned(),
        false => quoted(value),
    }
}

/// Quotes a string as JSON, which YAML accepts.
fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_lists_and_comments_are_formatted() {
        let statement = Map::new().with("Effect", "Allow").with("Action", ["a:B", "c:D"]);
        let map = Map::new().with("Version", "2012-10-17").with(
            "Resources",
            Map::new()
                .note("The first.\nIt has two lines.")
                .with("Queue", Map::new().with("Wait", 20_u32).with("Fifo", true).with("Tags", Map::new()))
                .with("Policy", Map::new().with("Statement", [statement]).with("Queues", [reference("Queue")]))
                .with("Paths", Map::new().with("All", ["/orders", "/orders/{id}"]).with("Urls", [sub("/${Stage}")]))
                .note("The end."),
        );
        let expected = r#"Version: "2012-10-17"

Resources:
  # The first.
  # It has two lines.
  Queue:
    Wait: 20
    Fifo: true
    Tags: {}

  Policy:
    Statement:
      - Effect: Allow
        Action: [a:B, c:D]
    Queues: [!Ref Queue]

  Paths:
    All:
      - /orders
      - /orders/{id}
    Urls: [!Sub "/${Stage}"]
  # The end.
"#;
        assert_eq!(map.to_string(), expected);
    }

    #[test]
    fn comments_contain_no_other_line_breaks() {
        let map = Map::new().note("a\rb: c\n\u{85}d\u{2028}e\0").with("Key", "value");
        assert_eq!(map.to_string(), "# a b: c\n#  d e \nKey: value\n");
    }

    #[test]
    fn ambiguous_strings_are_quoted() {
        for plain in
            ["process", "/orders/{id}", "get-order", "$default", ".", "AWS::SQS::Queue", "/{proxy+}", "a `b`", "a's"]
        {
            assert_eq!(text(plain), plain);
        }
        for other in
            ["", "1", "1e3", "true", "No", "null", "*~1*", "{a}", "a: b", "a:", "- a", "#", "ä", "a,b", ".5", "!Ref"]
        {
            assert_eq!(text(other), format!("\"{other}\""));
        }
        assert_eq!(text("a\"b\n"), r#""a\"b\n""#);
    }
}
