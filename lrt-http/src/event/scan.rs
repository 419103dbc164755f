//! Where the values of an event stand, without decoding what nobody asked for.
//!
//! An event's strings become header values and the body as slices of its bytes, so what is read here is places. What is
//! inside of a value that is skipped is left to whoever asks for it: only its quotes and brackets are looked at.

use super::value::{Text, Value};
use crate::plain::plain;

/// The text is not JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken;

/// A place in an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(json: &'a [u8]) -> Cursor<'a> {
        Cursor { json, at: 0 }
    }

    /// At the beginning of an object or array; of any other value, at the end.
    pub(crate) fn of(value: Value<'a>) -> Cursor<'a> {
        Cursor::new(if let Value::Nested(json) = value { json } else { b"" })
    }

    /// How many bytes were read.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The first byte of what comes next; 0 at the end.
    #[inline(always)]
    pub(crate) fn peek(&mut self) -> u8 {
        let mut at = self.at;
        let byte = loop {
            match self.json.get(at) {
                Some(&byte) if byte > b' ' => break byte,
                Some(_) => at += 1,
                None => break 0,
            }
        };
        self.at = at;
        byte
    }

    /// Goes into an object (`{`) or an array (`[`), if that is what comes next.
    pub(crate) fn enter(&mut self, bracket: u8) -> bool {
        let is_there = self.peek() == bracket;
        self.at += usize::from(is_there);
        is_there
    }

    /// The name of an object's next member, whose value is to be read then. Where there is no other, out of the object.
    ///
    /// A comma too many or too few is not worth a look: Lambda sends JSON.
    #[inline(always)]
    pub(crate) fn name(&mut self) -> Result<Option<Text<'a>>, Broken> {
        if !self.more(b'}')? {
            return Ok(None);
        }
        let name = self.text()?;
        if self.peek() != b':' {
            return Err(Broken);
        }
        self.at += 1;
        Ok(Some(name))
    }

    /// The next member of an object, as `name` and `value` give it: for those who are not in a hurry.
    #[inline(never)]
    pub(crate) fn member(&mut self) -> Result<Option<(Text<'a>, Value<'a>)>, Broken> {
        match self.name()? {
            Some(name) => Ok(Some((name, self.any()?))),
            None => Ok(None),
        }
    }

    /// An array's next element. Where there is no other, out of the array.
    #[inline(never)]
    pub(crate) fn element(&mut self) -> Result<Option<Value<'a>>, Broken> {
        if self.more(b']')? { self.any().map(Some) } else { Ok(None) }
    }

    #[inline]
    fn more(&mut self, end: u8) -> Result<bool, Broken> {
        let mut byte = self.peek();
        if byte == b',' {
            self.at += 1;
            byte = self.peek();
        }
        if byte == end {
            self.at += 1;
            return Ok(false);
        }
        if byte == 0 { Err(Broken) } else { Ok(true) }
    }

    /// Any value, which is left as it stands.
    #[inline(always)]
    pub(crate) fn value(&mut self) -> Result<Value<'a>, Broken> {
        if self.peek() == b'"' { self.text().map(Value::Text) } else { self.no_text() }
    }

    /// The same, for those who are not in a hurry.
    #[inline(never)]
    pub(crate) fn any(&mut self) -> Result<Value<'a>, Broken> {
        self.value()
    }

    #[inline(never)]
    fn no_text(&mut self) -> Result<Value<'a>, Broken> {
        let start = self.at;
        if let Some(b'{' | b'[') = self.json.get(start) {
            self.skip_nested()?;
            return Ok(Value::Nested(&self.json[start..self.at]));
        }
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        while self.json.get(self.at).is_some_and(is_part) {
            self.at += 1;
        }
        match &self.json[start..self.at] {
            b"" => Err(Broken),
            b"null" => Ok(Value::Null),
            scalar => Ok(Value::Scalar(scalar)),
        }
    }

    /// Goes behind the next member, if it has this name. Its value is this text in the usual case.
    pub(crate) fn skip_member(&mut self, name: Text<'_>, text: Text<'_>) -> Result<bool, Broken> {
        if !self.more(b'}')? || !self.skip_string(name.inner) || self.peek() != b':' {
            return Ok(false);
        }
        self.at += 1;
        self.peek();
        if !self.skip_string(text.inner) {
            self.any()?;
        }
        Ok(true)
    }

    /// Goes behind a string of these bytes, if it is what stands here.
    fn skip_string(&mut self, inner: &[u8]) -> bool {
        let rest = self.json.get(self.at..).unwrap_or_default();
        let is_there =
            rest.starts_with(b"\"") && rest[1..].starts_with(inner) && rest.get(inner.len() + 1) == Some(&b'"');
        self.at += if is_there { inner.len() + 2 } else { 0 };
        is_there
    }

    #[inline(always)]
    fn text(&mut self) -> Result<Text<'a>, Broken> {
        let Some([b'"', rest @ ..]) = self.json.get(self.at..) else { return Err(Broken) };
        let length = plain::<false>(rest);
        match rest.get(length) {
            Some(b'"') => {
                self.at += length + 2;
                Ok(Text { inner: &rest[..length], escaped: false })
            }
            Some(_) => {
                let length = escaped_length(rest, length).ok_or(Broken)?;
                self.at += length + 2;
                Ok(Text { inner: &rest[..length], escaped: true })
            }
            None => Err(Broken),
        }
    }

    /// Goes behind the object or array that comes next.
    fn skip_nested(&mut self) -> Result<(), Broken> {
        let mut depth = 0usize;
        loop {
            match self.json.get(self.at) {
                Some(b'"') => {
                    self.text()?;
                    continue;
                }
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']') => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Ok(());
                    }
                }
                Some(_) => {}
                None => return Err(Broken),
            }
            self.at += 1;
        }
    }
}

/// How long the string is that has a backslash at `length`; `None` if it has no end.
#[inline(never)]
fn escaped_length(rest: &[u8], mut length: usize) -> Option<usize> {
    while *rest.get(length)? != b'"' {
        length += 2;
        length += plain::<false>(rest.get(length..)?);
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(json: &str) -> Result<Vec<(String, String)>, Broken> {
        let mut cursor = Cursor::new(json.as_bytes());
        let mut found = Vec::new();
        if !cursor.enter(b'{') {
            return Ok(found);
        }
        while let Some(name) = cursor.name()? {
            let value = match cursor.value()? {
                Value::Text(text) => text.lossy().into_owned(),
                Value::Nested(json) | Value::Scalar(json) => String::from_utf8(json.to_owned()).unwrap(),
                other => format!("{other:?}"),
            };
            found.push((name.lossy().into_owned(), value));
        }
        Ok(found)
    }

    #[test]
    fn members_are_found_where_they_stand() {
        let json = r#" { "a" : "x\"y" , "\u0062":[1,{"]":"}"}],"c":null,"d":-1.5e3,"e":true,"f":{} } "#;
        let expected =
            [("a", "x\"y"), ("b", r#"[1,{"]":"}"}]"#), ("c", "Null"), ("d", "-1.5e3"), ("e", "true"), ("f", "{}")];
        let found = all(json).unwrap();
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_is_no_object_has_no_members_and_what_has_no_end_is_broken() {
        for none in ["", "7", "null", "\"{\"", "{}", "[]", "[1]"] {
            assert_eq!(all(none).unwrap(), [], "{none}");
        }
        for broken in ["{", "{\"a\"", "{\"a\":", "{\"a\":\"", "{\"a\":[", "{\"a\\", "{\"a\":}", "{\"a\" 1}", "{1:2}"] {
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
