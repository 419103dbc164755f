//! Where the values of an event stand, without decoding what nobody asked for.
//!
//! An event's strings become header values and the body as slices of its bytes, so what is read here is places. What is
//! inside of a value that is skipped is left to whoever asks for it: only its quotes and brackets are looked at.

use crate::plain::plain;
use std::borrow::Cow;

/// The text is not JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken;

/// A value as it stands in the event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Value<'a> {
    /// Also that of a field which is not there: events have one where the other is usual.
    #[default]
    Null,
    True,
    Text(Text<'a>),
    /// An object or an array, with its brackets.
    Nested(&'a str),
    /// A number, or false.
    Other,
}

impl<'a> Value<'a> {
    /// A string with its quotes; of anything else, nothing.
    pub(crate) fn string(json: &'a str) -> Value<'a> {
        match json.as_bytes() {
            [b'"', .., b'"'] => Value::Text(Text { quoted: json, escaped: json.contains('\\') }),
            _ => Value::Null,
        }
    }

    pub(crate) fn is_null(self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text of a string without escapes, which is what all identifiers are; of all else, nothing.
    pub(crate) fn plain(self) -> &'a str {
        match self {
            Value::Text(text) => text.plain().unwrap_or_default(),
            _ => "",
        }
    }
}

/// A string as it stands in the event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    quoted: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The string with its quotes and escapes.
    pub(crate) fn quoted(self) -> &'a str {
        self.quoted
    }

    /// What is between the quotes, if it means what it says.
    pub(crate) fn plain(self) -> Option<&'a str> {
        if self.escaped { None } else { self.quoted.get(1..self.quoted.len() - 1) }
    }

    /// The text; `None` when its escapes are none, or half of a surrogate pair.
    pub(crate) fn read(self) -> Option<Cow<'a, str>> {
        match self.plain() {
            Some(plain) => Some(Cow::Borrowed(plain)),
            None => unescape(self.quoted).map(Cow::Owned),
        }
    }
}

#[cold]
fn unescape(quoted: &str) -> Option<String> {
    serde_json::from_str(quoted).ok()
}

/// The members of an object, or the elements of an array, in order.
#[derive(Clone, Debug)]
pub(crate) struct Members<'a> {
    json: &'a str,
    at: usize,
    end: u8,
}

impl<'a> Members<'a> {
    /// Those of the JSON value that a text begins with; of what is no object or array, none.
    pub(crate) fn new(json: &'a str) -> Members<'a> {
        let at = spaces(json.as_bytes(), 0);
        match json.as_bytes().get(at) {
            // In ASCII, each of them stands two places before the one that ends it.
            Some(bracket @ (b'{' | b'[')) => Members { json, at: at + 1, end: bracket + 2 },
            _ => Members { json: "", at: 0, end: 0 },
        }
    }

    pub(crate) fn of(value: Value<'a>) -> Members<'a> {
        Members::new(if let Value::Nested(json) = value { json } else { "" })
    }

    pub(crate) fn is_object(&self) -> bool {
        self.end == b'}'
    }

    /// The next member of an object.
    pub(crate) fn member(&mut self) -> Result<Option<(Text<'a>, Value<'a>)>, Broken> {
        if !self.more()? {
            return Ok(None);
        }
        let name = self.text()?;
        self.at = spaces(self.json.as_bytes(), self.at);
        if self.json.as_bytes().get(self.at) != Some(&b':') {
            return Err(Broken);
        }
        self.at = spaces(self.json.as_bytes(), self.at + 1);
        Ok(Some((name, self.value()?)))
    }

    /// The next element of an array.
    pub(crate) fn element(&mut self) -> Result<Option<Value<'a>>, Broken> {
        if self.more()? { self.value().map(Some) } else { Ok(None) }
    }

    /// Goes to the next one. A comma too many or too few is not worth a look: Lambda sends JSON.
    fn more(&mut self) -> Result<bool, Broken> {
        let bytes = self.json.as_bytes();
        self.at = spaces(bytes, self.at);
        if bytes.get(self.at) == Some(&b',') {
            self.at = spaces(bytes, self.at + 1);
        }
        match bytes.get(self.at) {
            Some(byte) if *byte == self.end => Ok(false),
            Some(_) => Ok(true),
            // Of what is neither object nor array.
            None if self.end == 0 => Ok(false),
            None => Err(Broken),
        }
    }

    /// How many bytes are left.
    pub(crate) fn rest(&self) -> usize {
        self.json.len() - self.at
    }

    fn value(&mut self) -> Result<Value<'a>, Broken> {
        let (bytes, start) = (self.json.as_bytes(), self.at);
        match bytes.get(start) {
            Some(b'"') => self.text().map(Value::Text),
            Some(b'{' | b'[') => {
                self.at = nested_end(bytes, start).ok_or(Broken)?;
                Ok(Value::Nested(&self.json[start..self.at]))
            }
            _ => {
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
                while bytes.get(self.at).is_some_and(is_part) {
                    self.at += 1;
                }
                match &bytes[start..self.at] {
                    b"" => Err(Broken),
                    b"null" => Ok(Value::Null),
                    b"true" => Ok(Value::True),
                    _ => Ok(Value::Other),
                }
            }
        }
    }

    fn text(&mut self) -> Result<Text<'a>, Broken> {
        let (bytes, start) = (self.json.as_bytes(), self.at);
        if bytes.get(start) != Some(&b'"') {
            return Err(Broken);
        }
        let (end, escaped) = string_end(bytes, start + 1).ok_or(Broken)?;
        self.at = end;
        Ok(Text { quoted: &self.json[start..end], escaped })
    }
}

fn spaces(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

/// Behind the quote that ends a string, and whether the string has escapes.
fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at += plain::<false>(bytes.get(at..)?);
        if *bytes.get(at)? == b'"' {
            return Some((at + 1, escaped));
        }
        escaped = true;
        at += 2;
    }
}

/// Behind the bracket that ends an object or array.
fn nested_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0usize;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = string_end(bytes, at + 1)?.0;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(json: &str) -> Result<Vec<(String, String)>, Broken> {
        let mut members = Members::new(json);
        let mut found = Vec::new();
        while let Some((name, value)) = members.member()? {
            let value = match value {
                Value::Text(text) => text.read().unwrap().into_owned(),
                Value::Nested(json) => json.to_owned(),
                other => format!("{other:?}"),
            };
            found.push((name.read().unwrap().into_owned(), value));
        }
        Ok(found)
    }

    #[test]
    fn members_are_found_where_they_stand() {
        let json = r#" { "a" : "x\"y" , "\u0062":[1,{"]":"}"}],"c":null,"d":-1.5e3,"e":true,"f":{} } "#;
        let expected =
            [("a", "x\"y"), ("b", r#"[1,{"]":"}"}]"#), ("c", "Null"), ("d", "Other"), ("e", "True"), ("f", "{}")];
        let found = all(json).unwrap();
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_is_no_object_has_no_members_and_what_has_no_end_is_broken() {
        for none in ["", "7", "null", "\"{\"", "{}", "[]"] {
            assert_eq!(all(none).unwrap(), [], "{none}");
        }
        for broken in
            ["{", "{\"a\"", "{\"a\":", "{\"a\":\"", "{\"a\":[", "{\"a\\", "{\"a\":}", "{\"a\" 1}", "{1:2}", "[1]"]
        {
            assert!(all(broken).is_err(), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_found_again(before in any::<String>(), text in any::<String>(), pad in "[ \n]{0,9}") {
            let json = serde_json::json!({ "before": before, "text": text }).to_string();
            let json = json.replacen(",\"text\":", &format!("{pad},{pad}\"text\"{pad}:{pad}"), 1);
            let found = all(&json).unwrap();
            let expected = [("before".to_owned(), before), ("text".to_owned(), text)];
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn any_bytes_are_read_to_an_end(json in "[\\[\\]{}\",:\\\\ a1nul\u{e9}]{0,40}") {
            let _ = all(&format!("{{{json}"));
        }
    }
}
