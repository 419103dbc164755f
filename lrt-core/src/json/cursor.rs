//! Reads JSON text value by value.

use super::scan::plain_length;
use super::value::{JsonStr, JsonValue, decode_string, unescape_str};
use serde::de::{Error as _, Expected, IgnoredAny, Unexpected};
use serde_json::{Deserializer, Error};
use std::borrow::Cow;

/// The depth up to which arrays and objects can be opened, as in serde_json.
const MAX_DEPTH: u8 = 127;

/// The depth up to which values are skipped without serde_json: one bit for each level.
const MAX_SKIPPED_DEPTH: u32 = u64::BITS;

/// A position in a JSON text, from which values are read one by one.
///
/// It accepts what serde_json accepts: each method checks the text that it passes over, including skipped values. The
/// names of members are data here, while serde would generate code for every type, which matters for the dozens of
/// fields of an event.
///
/// ```
/// use lrt_core::__private::json::JsonCursor;
///
/// # fn main() -> Result<(), serde_json::Error> {
/// let mut cursor = JsonCursor::new(r#"{"id": "a-1", "tags": [1, 2]}"#);
/// let mut object = cursor.open(b'{', &"an object")?;
/// while let Some(name) = cursor.next_name(&mut object)? {
///     match &*name {
///         "id" => assert_eq!(cursor.string()?, "a-1"),
///         _ => assert_eq!(cursor.skip()?, "[1, 2]"),
///     }
/// }
/// cursor.end()
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct JsonCursor<'a> {
    json: &'a str,
    /// The unread end of `json`.
    rest: &'a [u8],
    depth: u8,
}

/// The unread elements of an array or object that was opened.
#[derive(Clone, Copy, Debug)]
pub struct Container {
    close: u8,
    is_first: bool,
    is_closed: bool,
}

impl Container {
    /// The members of an object after the first one.
    pub const OBJECT_AFTER_FIRST: Container = Container { close: b'}', is_first: false, is_closed: false };
}

impl<'a> JsonCursor<'a> {
    /// Creates a cursor at the start of a JSON text.
    pub fn new(json: &'a str) -> JsonCursor<'a> {
        JsonCursor { json, rest: json.as_bytes(), depth: 0 }
    }

    /// Creates a cursor at the start of an array or object. The text is empty for any other value.
    pub fn nested(value: JsonValue<'a>) -> JsonCursor<'a> {
        JsonCursor::new(if let JsonValue::Nested(json) = value { json } else { "" })
    }

    /// Returns the position in bytes.
    pub fn at(&self) -> usize {
        self.json.len() - self.rest.len()
    }

    /// Returns the text before a position.
    pub fn up_to(&self, at: usize) -> &'a [u8] {
        &self.json.as_bytes()[..at]
    }

    /// Returns the text from a position to the cursor.
    pub fn since(&self, start: usize) -> &'a str {
        &self.json[start..self.at()]
    }

    /// Skips white space and returns the next byte, or `None` at the end of the text.
    #[inline(always)]
    pub fn peek(&mut self) -> Option<u8> {
        self.skip_space().first().copied()
    }

    /// Skips white space and returns the text after it.
    #[inline(always)]
    fn skip_space(&mut self) -> &'a [u8] {
        match self.rest {
            [byte, ..] if *byte > b' ' => self.rest,
            _ => self.skip_any_space(),
        }
    }

    #[inline(never)]
    fn skip_any_space(&mut self) -> &'a [u8] {
        while let [b' ' | b'\n' | b'\t' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest
    }

    /// Enters an array (`[`) or object (`{`).
    ///
    /// # Errors
    ///
    /// Returns an error if the next value is of another type, or nested too deeply.
    pub fn open(&mut self, bracket: u8, expected: &dyn Expected) -> Result<Container, Error> {
        match self.enter(bracket) {
            Some(container) if self.depth <= MAX_DEPTH => Ok(container),
            Some(_) => Err(Error::custom("recursion limit exceeded")),
            None => Err(self.unexpected(expected)),
        }
    }

    /// Enters an array (`[`) or object (`{`) if that is the next value.
    #[inline]
    pub fn enter(&mut self, bracket: u8) -> Option<Container> {
        match self.skip_space() {
            [first, rest @ ..] if *first == bracket => self.rest = rest,
            _ => return None,
        }
        self.depth = self.depth.saturating_add(1);
        // In ASCII, the closing bracket is the second character after the opening one.
        Some(Container { close: bracket + 2, is_first: true, is_closed: false })
    }

    /// Moves to the next element of an array or object. Returns false after the last one, and leaves the array or object.
    ///
    /// # Errors
    ///
    /// Returns the error of serde_json if the text is not valid, as all methods do.
    #[inline]
    pub fn next(&mut self, container: &mut Container) -> Result<bool, Error> {
        if container.is_closed {
            return Ok(false);
        }
        match self.skip_space() {
            [byte, rest @ ..] if *byte == container.close => {
                container.is_closed = true;
                self.rest = rest;
                self.depth = self.depth.saturating_sub(1);
                return Ok(false);
            }
            [_, ..] if container.is_first => container.is_first = false,
            [b',', rest @ ..] => {
                self.rest = rest;
                self.skip_space();
            }
            _ => return Err(self.syntax_error()),
        }
        Ok(true)
    }

    /// Reads the name of the next member of an object. The caller must read its value next. Returns `None` after the
    /// last one.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid.
    pub fn next_name(&mut self, object: &mut Container) -> Result<Option<Cow<'a, str>>, Error> {
        if self.next(object)? { self.name().map(Some) } else { Ok(None) }
    }

    /// Reads the name of the next member without decoding it.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid.
    #[inline(always)]
    pub fn next_raw_name(&mut self, object: &mut Container) -> Result<Option<JsonStr<'a>>, Error> {
        if !self.next(object)? {
            return Ok(None);
        }
        let name = self.raw_string()?;
        self.colon()?;
        Ok(Some(name))
    }

    /// Reads the name of a member, up to its value.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid.
    pub fn name(&mut self) -> Result<Cow<'a, str>, Error> {
        let name = self.string()?;
        self.colon()?;
        self.skip_space();
        Ok(name)
    }

    /// Reads the next member of an object.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid.
    #[inline(never)]
    pub fn next_member(&mut self, object: &mut Container) -> Result<Option<(JsonStr<'a>, JsonValue<'a>)>, Error> {
        match self.next_raw_name(object)? {
            Some(name) => Ok(Some((name, self.value()?))),
            None => Ok(None),
        }
    }

    /// Reads the next element of an array.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid.
    #[inline(never)]
    pub fn next_element(&mut self, array: &mut Container) -> Result<Option<JsonValue<'a>>, Error> {
        if self.next(array)? { self.value().map(Some) } else { Ok(None) }
    }

    /// Skips the next member of an object and returns true, if it has this name. Its value is compared first, since skipping an equal
    /// string is cheaper than parsing it.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid.
    pub fn skip_member(
        &mut self,
        object: &mut Container,
        name: JsonStr<'_>,
        value: JsonStr<'_>,
    ) -> Result<bool, Error> {
        if !self.next(object)? || !self.skip_equal_string(name) {
            return Ok(false);
        }
        self.colon()?;
        self.skip_space();
        if !self.skip_equal_string(value) {
            self.value()?;
        }
        Ok(true)
    }

    fn skip_equal_string(&mut self, text: JsonStr<'_>) -> bool {
        let [b'"', rest @ ..] = self.rest else { return false };
        match rest.split_at_checked(text.inner().len()) {
            Some((inner, [b'"', rest @ ..])) if inner == text.inner() => self.rest = rest,
            _ => return false,
        }
        true
    }

    #[inline(always)]
    fn colon(&mut self) -> Result<(), Error> {
        let [b':', rest @ ..] = self.skip_space() else { return Err(self.syntax_error()) };
        self.rest = rest;
        Ok(())
    }

    /// Reads a string without decoding it, if that is the next value.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid.
    #[inline(always)]
    pub fn text(&mut self) -> Result<Option<JsonStr<'a>>, Error> {
        match self.skip_space() {
            [b'"', rest @ ..] => Ok(Some(self.string_end(rest)?)),
            _ => Ok(None),
        }
    }

    /// Reads any value without decoding it.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid.
    #[inline(always)]
    pub fn value(&mut self) -> Result<JsonValue<'a>, Error> {
        match self.skip_space() {
            [b'"', rest @ ..] => Ok(JsonValue::Text(self.string_end(rest)?)),
            _ => self.other_value(),
        }
    }

    #[inline(never)]
    fn other_value(&mut self) -> Result<JsonValue<'a>, Error> {
        let first = self.peek();
        let json = self.skip()?;
        Ok(match first {
            Some(b'{' | b'[') => JsonValue::Nested(json),
            Some(b'n') => JsonValue::Null,
            _ => JsonValue::Scalar(json),
        })
    }

    /// Skips any value and returns its text.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid.
    pub fn skip(&mut self) -> Result<&'a str, Error> {
        self.skip_space();
        let start = self.at();
        match self.rest {
            [b'"', ..] => drop(self.raw_string()?),
            [b'{' | b'[', ..] => self.skip_nested()?,
            _ => self.skip_scalar()?,
        }
        Ok(self.since(start))
    }

    /// Reads and decodes a string.
    ///
    /// # Errors
    ///
    /// Returns an error if the next value is not a string, or has an unpaired surrogate.
    pub fn string(&mut self) -> Result<Cow<'a, str>, Error> {
        let start = self.at() + 1;
        let text = self.raw_string()?;
        let inner = &self.json[start..self.at() - 1];
        match text {
            JsonStr::Plain(_) => Ok(Cow::Borrowed(inner)),
            JsonStr::Escaped(_) => {
                let decoded = unescape_str(inner).map(Cow::Owned);
                decoded.ok_or_else(|| Error::custom("lone leading surrogate in hex escape"))
            }
        }
    }

    /// Reads a string without decoding it.
    #[inline(always)]
    fn raw_string(&mut self) -> Result<JsonStr<'a>, Error> {
        match self.rest {
            [b'"', rest @ ..] => self.string_end(rest),
            _ => Err(self.syntax_error()),
        }
    }

    /// Reads a string from the byte after its first quote on.
    #[inline(always)]
    fn string_end(&mut self, text: &'a [u8]) -> Result<JsonStr<'a>, Error> {
        let length = plain_length(text);
        if text.get(length) == Some(&b'"') {
            self.rest = &text[length + 1..];
            Ok(JsonStr::Plain(&text[..length]))
        } else {
            Ok(JsonStr::Escaped(self.escaped_string_end(text, length)?))
        }
    }

    /// Reads a string that has no quote before `length`, from the byte after its first quote on.
    #[inline(never)]
    fn escaped_string_end(&mut self, text: &'a [u8], mut length: usize) -> Result<&'a [u8], Error> {
        loop {
            match &text[length..] {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Ok(&text[..length]);
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => length += 2,
                [b'\\', b'u', a, b, c, d, ..] if [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit) => length += 6,
                _ => return Err(self.syntax_error()),
            }
            length += plain_length(&text[length..]);
        }
    }

    /// Skips a number, `true`, `false` or `null`. The byte after it is checked by the next read.
    fn skip_scalar(&mut self) -> Result<(), Error> {
        self.rest = match self.rest {
            [b'n', b'u', b'l', b'l', rest @ ..] => rest,
            [b't', b'r', b'u', b'e', rest @ ..] => rest,
            [b'f', b'a', b'l', b's', b'e', rest @ ..] => rest,
            number => match number_length(number) {
                0 => return Err(self.syntax_error()),
                length => &number[length..],
            },
        };
        Ok(())
    }

    /// Skips an array or object.
    #[inline(never)]
    fn skip_nested(&mut self) -> Result<(), Error> {
        let start = self.at();
        // The innermost level is the lowest bit, which is set for an object.
        let mut objects = 0u64;
        let mut depth = 0;
        loop {
            match self.skip_space() {
                [bracket @ (b'{' | b'['), rest @ ..] => {
                    if depth == MAX_SKIPPED_DEPTH {
                        return self.skip_deeply_nested(start);
                    }
                    let is_object = *bracket == b'{';
                    self.rest = rest;
                    objects = objects << 1 | u64::from(is_object);
                    depth += 1;
                    if self.peek() != Some(bracket + 2) {
                        if is_object {
                            self.skip_name()?;
                        }
                        continue;
                    }
                }
                [b'"', rest @ ..] => drop(self.string_end(rest)?),
                _ => self.skip_scalar()?,
            }
            // After a value.
            loop {
                let is_object = objects & 1 == 1;
                match self.skip_space() {
                    [b',', rest @ ..] => {
                        self.rest = rest;
                        if is_object {
                            self.skip_space();
                            self.skip_name()?;
                        }
                        break;
                    }
                    [b'}', rest @ ..] if is_object => self.rest = rest,
                    [b']', rest @ ..] if !is_object => self.rest = rest,
                    _ => return Err(self.syntax_error()),
                }
                objects >>= 1;
                depth -= 1;
                if depth == 0 {
                    return Ok(());
                }
            }
        }
    }

    #[inline(always)]
    fn skip_name(&mut self) -> Result<(), Error> {
        self.raw_string()?;
        self.colon()
    }

    /// Skips a value that starts at `start` and is nested more deeply than a level per bit.
    #[cold]
    fn skip_deeply_nested(&mut self, start: usize) -> Result<(), Error> {
        let mut values = Deserializer::from_str(&self.json[start..]).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => {
                self.rest = &self.json.as_bytes()[start + values.byte_offset()..];
                Ok(())
            }
            _ => Err(self.syntax_error()),
        }
    }

    /// Checks that only white space follows.
    ///
    /// # Errors
    ///
    /// Returns an error if there is anything else.
    pub fn end(&mut self) -> Result<(), Error> {
        if self.peek().is_none() { Ok(()) } else { Err(self.syntax_error()) }
    }

    /// Returns the error of a value that is not of the expected type.
    #[cold]
    pub fn unexpected(&mut self, expected: &dyn Expected) -> Error {
        let described;
        let unexpected = match self.peek() {
            Some(b'[') => Unexpected::Seq,
            Some(b'{') => Unexpected::Map,
            _ => match self.skip() {
                Err(syntax) => return syntax,
                Ok("null") => Unexpected::Unit,
                Ok("true") => Unexpected::Bool(true),
                Ok("false") => Unexpected::Bool(false),
                Ok(json) => match decode_string(json) {
                    Some(text) => return Error::invalid_type(Unexpected::Str(&text), expected),
                    None => {
                        let kind = if json.contains(['.', 'e', 'E']) { "floating point" } else { "integer" };
                        described = format!("{kind} `{json}`");
                        Unexpected::Other(&described)
                    }
                },
            },
        };
        Error::invalid_type(unexpected, expected)
    }

    /// Returns the error of serde_json for text that is not JSON.
    #[cold]
    #[inline(never)]
    fn syntax_error(&self) -> Error {
        match serde_json::from_str::<IgnoredAny>(self.json) {
            Err(error) => error,
            // The text is JSON, but was read past the end of a value, or not up to it.
            Ok(_) => Error::custom("trailing characters"),
        }
    }
}

/// Returns the length of the number at the start of a string, or 0 if it is not valid.
fn number_length(text: &[u8]) -> usize {
    let digits = |at: usize| text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let start = usize::from(text.first() == Some(&b'-'));
    let whole = digits(start);
    let mut end = start + whole;
    // A leading zero must be the only digit.
    if whole == 0 || (whole > 1 && text[start] == b'0') {
        return 0;
    }
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if fraction == 0 {
            return 0;
        }
        end += 1 + fraction;
    }
    if let Some(b'e' | b'E') = text.get(end) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent == 0 {
            return 0;
        }
        end += 1 + sign + exponent;
    }
    end
}

/// Returns the members of an object in order, each value as its text. Empty if the text is not an object.
pub fn fields(object: &str) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    let mut cursor = JsonCursor::new(object);
    let mut members = cursor.enter(b'{');
    std::iter::from_fn(move || {
        let name = cursor.next_name(members.as_mut()?).ok()??;
        Some((name, cursor.skip().ok()?))
    })
}

/// Returns the text of the value that an object has under a name. The last one wins, as in serde_json.
pub fn find_field<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    fields(object).filter(|(field, _)| field == name).last().map(|(_, value)| value)
}

/// Returns the decoded string that an object has under a name.
pub fn find_text<'a>(object: &'a str, name: &str) -> Option<Cow<'a, str>> {
    decode_string(find_field(object, name)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_of_an_object_are_found() {
        let object = r#" { "a" : [1, {"b":2}] , "\u0062":"\"" , "a":null } "#;
        let found: Vec<_> = fields(object).map(|(name, value)| (name.into_owned(), value)).collect();
        let expected = [("a", r#"[1, {"b":2}]"#), ("b", r#""\"""#), ("a", "null")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(find_field(object, "a"), Some("null"));
        assert_eq!(find_text(object, "b").as_deref(), Some("\""));
        for none in ["", "[]", "7", "{}", r#"{"a"}"#, r#"{"a":}"#, r#"{,"a":1}"#] {
            assert_eq!(fields(none).count(), 0, "{none}");
        }
    }

    #[test]
    fn raw_members_are_slices_of_the_text() {
        let json = r#" { "a" : "x\"y" , "\u0062":[1,{"]":"}"}],"c":null,"d":-1.5e3,"e":true,"f":{} } "#;
        let mut cursor = JsonCursor::new(json);
        let mut object = cursor.enter(b'{').unwrap();
        let mut found = Vec::new();
        while let Some((name, value)) = cursor.next_member(&mut object).unwrap() {
            let value = match value {
                JsonValue::Text(text) => text.lossy().into_owned(),
                JsonValue::Nested(json) | JsonValue::Scalar(json) => json.to_owned(),
                other => format!("{other:?}"),
            };
            found.push((name.lossy().into_owned(), value));
        }
        cursor.end().unwrap();
        let expected =
            [("a", "x\"y"), ("b", r#"[1,{"]":"}"}]"#), ("c", "Null"), ("d", "-1.5e3"), ("e", "true"), ("f", "{}")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn equal_members_are_skipped() {
        let text = |text: &'static str| JsonStr::new(text.as_bytes());
        let mut cursor = JsonCursor::new(r#"{"a": "x" ,"b":[1], "c":"y"}"#);
        let mut object = cursor.enter(b'{').unwrap();
        assert!(cursor.skip_member(&mut object, text("a"), text("x")).unwrap());
        assert!(cursor.skip_member(&mut object, text("b"), text("x")).unwrap());
        assert!(!cursor.skip_member(&mut object, text("d"), text("y")).unwrap());
    }

    /// Reads an entire value with the methods that descend into it.
    fn descend(cursor: &mut JsonCursor<'_>) -> Result<(), Error> {
        match cursor.peek() {
            Some(b'{') => {
                let mut object = cursor.open(b'{', &"an object")?;
                while cursor.next_name(&mut object)?.is_some() {
                    descend(cursor)?;
                }
            }
            Some(b'[') => {
                let mut array = cursor.open(b'[', &"an array")?;
                while cursor.next(&mut array)? {
                    descend(cursor)?;
                }
            }
            Some(b'"') => drop(cursor.string()?),
            _ => drop(cursor.skip()?),
        }
        Ok(())
    }

    /// The bytes that mutations insert.
    const PIECES: &[u8] = b"{}[]:,\"\\u0-1e.tn \n\x01";

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<f64>().prop_map(|number| format!("{number:e}")),
            any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|values| format!("[{}]", values.join(", "))),
                prop::collection::vec((any::<String>(), inner), 0..4).prop_map(|fields| {
                    let field = |(name, value)| format!("{} :{value}", serde_json::to_string::<String>(&name).unwrap());
                    format!("{{ {}}}", fields.into_iter().map(field).collect::<Vec<_>>().join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn grammar_is_that_of_serde_json(
            json in json(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(PIECES)), 0..3),
        ) {
            let mut json = json.into_bytes();
            for (place, byte) in changes {
                let place = place.index(json.len());
                json[place] = byte;
            }
            let json = String::from_utf8_lossy(&json);
            let ignored = serde_json::from_str::<IgnoredAny>(&json);
            let mut cursor = JsonCursor::new(&json);
            let skipped = cursor.skip().and_then(|_| cursor.end());
            prop_assert_eq!(skipped.is_ok(), ignored.is_ok(), "{}", json);
            if let (Err(ours), Err(theirs)) = (skipped, ignored) {
                prop_assert_eq!(ours.to_string(), theirs.to_string());
            }
            let mut cursor = JsonCursor::new(&json);
            let read = descend(&mut cursor).and_then(|()| cursor.end());
            let value = serde_json::from_str::<serde_json::Value>(&json);
            // The cursor does not convert numbers.
            let too_large = value.as_ref().is_err_and(|error| error.to_string().starts_with("number out of range"));
            prop_assert!(too_large || read.is_ok() == value.is_ok(), "{}", json);
        }
    }

    #[test]
    fn values_of_any_depth_are_skipped() {
        for depth in [1, 63, 64, 65, 500] {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let json = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                assert_eq!(JsonCursor::new(&json).skip().unwrap(), json);
                assert!(JsonCursor::new(&json[..json.len() - 1]).skip().is_err());
                let wrong = json.replacen(close, if close == "]" { "}" } else { "]" }, 1);
                assert!(JsonCursor::new(&wrong).skip().is_err(), "{wrong}");
            }
        }
    }
}
