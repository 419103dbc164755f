//! Reads JSON piece by piece: the envelopes of records, and DynamoDB's items.
//!
//! serde writes the code that reads an object anew for each type. Here the names are data, and the code is there once,
//! which makes a function of DynamoDB's changes 70 KB smaller. The reader knows brackets, commas and strings; what is
//! skipped, and what is wrong with text that is no JSON, is for serde_json to say.

use serde::de::{Error as _, Expected, IgnoredAny, Unexpected};
use serde_json::{Deserializer, Error};
use std::borrow::Cow;

/// How deep arrays and objects may lie in one another: what serde_json allows.
const DEPTH: u8 = 127;

/// A place in a JSON text.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    json: &'a str,
    at: usize,
    depth: u8,
}

/// The part of an array or object that is still to be read.
pub(crate) struct Rest {
    end: u8,
    first: bool,
    over: bool,
}

impl Rest {
    /// What is behind the first field of an object.
    pub(crate) const OF_OBJECT: Rest = Rest { end: b'}', first: false, over: false };
}

impl<'a> Reader<'a> {
    pub(crate) fn new(json: &'a str) -> Reader<'a> {
        Reader { json, at: 0, depth: 0 }
    }

    /// Where it is, in bytes.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The text up to a place.
    pub(crate) fn up_to(&self, at: usize) -> &'a [u8] {
        &self.json.as_bytes()[..at]
    }

    /// The first byte of what comes next.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.json.as_bytes();
        let mut at = self.at;
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(at) {
            at += 1;
        }
        self.at = at;
        bytes.get(at).copied()
    }

    /// Goes into an array (`[`) or object (`{`).
    pub(crate) fn open(&mut self, bracket: u8, expected: &dyn Expected) -> Result<Rest, Error> {
        if self.peek() != Some(bracket) {
            return Err(self.unexpected(expected));
        }
        if self.depth == DEPTH {
            return Err(Error::custom("recursion limit exceeded"));
        }
        self.at += 1;
        self.depth += 1;
        // In ASCII, each of them stands two places before the one that ends it.
        Ok(Rest { end: bracket + 2, first: true, over: false })
    }

    /// Goes to the next element of an array or object, if there is one, and out of it otherwise.
    pub(crate) fn next(&mut self, rest: &mut Rest) -> Result<bool, Error> {
        if rest.over {
            return Ok(false);
        }
        match self.peek() {
            Some(byte) if byte == rest.end => {
                rest.over = true;
                self.at += 1;
                self.depth -= 1;
                return Ok(false);
            }
            _ if rest.first => rest.first = false,
            Some(b',') => {
                self.at += 1;
                self.peek();
            }
            _ => return Err(self.broken()),
        }
        Ok(true)
    }

    /// The name of an object's next field, whose value is to be read then.
    pub(crate) fn next_name(&mut self, rest: &mut Rest) -> Result<Option<Cow<'a, str>>, Error> {
        if !self.next(rest)? {
            return Ok(None);
        }
        self.name().map(Some)
    }

    /// The name of the field that is next, up to its value.
    pub(crate) fn name(&mut self) -> Result<Cow<'a, str>, Error> {
        let name = self.string()?;
        if self.peek() != Some(b':') {
            return Err(self.broken());
        }
        self.at += 1;
        self.peek();
        Ok(name)
    }

    /// A string.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, Error> {
        match self.plain_string() {
            Some(text) => Ok(Cow::Borrowed(text)),
            None if self.peek() == Some(b'"') => {
                let text = unescape(self.skip_any()?);
                text.map(Cow::Owned).ok_or_else(|| Error::custom("lone leading surrogate in hex escape"))
            }
            None => Err(self.broken()),
        }
    }

    /// Any value, which is left as it stands.
    pub(crate) fn skip(&mut self) -> Result<&'a str, Error> {
        let start = self.at;
        match self.plain_string() {
            Some(_) => Ok(&self.json[start..self.at]),
            None => self.skip_any(),
        }
    }

    /// A string, if that is what comes next, and it has no escapes.
    fn plain_string(&mut self) -> Option<&'a str> {
        let inner = self.json.as_bytes().get(self.at..)?.strip_prefix(b"\"")?;
        let (start, length) = (self.at + 1, plain(inner));
        if inner.get(length) != Some(&b'"') {
            return None;
        }
        self.at = start + length + 1;
        self.json.get(start..start + length)
    }

    /// Skips a whole number, if that is what comes next: envelopes are full of them.
    fn skip_number(&mut self) -> bool {
        let json = self.json.as_bytes();
        let start = self.at + usize::from(json.get(self.at) == Some(&b'-'));
        let mut end = start;
        while json.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
        // JSON has no zeros that could be left out.
        let plain = end == start + 1 || end > start && json[start] != b'0';
        if !plain || matches!(json.get(end), Some(b'.' | b'e' | b'E')) {
            return false;
        }
        self.at = end;
        true
    }

    fn skip_any(&mut self) -> Result<&'a str, Error> {
        let start = self.at;
        if self.skip_number() {
            return Ok(&self.json[start..self.at]);
        }
        let json = &self.json[start..];
        let mut values = Deserializer::from_str(json).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => {
                let length = values.byte_offset();
                self.at += length;
                Ok(&json[..length])
            }
            _ => Err(self.broken()),
        }
    }

    /// Nothing may come any more.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        if self.peek().is_none() { Ok(()) } else { Err(self.broken()) }
    }

    /// What comes next is not what was expected.
    #[cold]
    pub(crate) fn unexpected(&mut self, expected: &dyn Expected) -> Error {
        let described;
        let unexpected = match self.peek() {
            Some(b'[') => Unexpected::Seq,
            Some(b'{') => Unexpected::Map,
            _ => match self.skip() {
                Err(broken) => return broken,
                Ok("null") => Unexpected::Unit,
                Ok("true") => Unexpected::Bool(true),
                Ok("false") => Unexpected::Bool(false),
                Ok(json) => match text(json) {
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

    /// What is wrong with text that is no JSON.
    #[cold]
    fn broken(&self) -> Error {
        match serde_json::from_str::<IgnoredAny>(self.json) {
            Err(error) => error,
            // It is JSON, but something that has an end was read beyond it, or not up to it.
            Ok(_) => Error::custom("trailing characters"),
        }
    }
}

/// How many bytes of a string stand for themselves: those before the next quote, backslash or control character.
///
/// Names are most of what is read, so this goes by eight bytes at a time.
fn plain(string: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let (words, rest) = string.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The highest bit of each byte that is below the limit. Taking the limit from it borrows from the byte above,
        // which may be marked wrongly then; so only the lowest mark counts.
        let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & (ONES << 7);
        let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        let marks = below(word, b' ') | equal(b'"') | equal(b'\\');
        if marks != 0 {
            return at * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '));
    string.len() - rest.len() + end.unwrap_or(rest.len())
}

/// The fields of an object in order, each value as it stands; of what is no object, none.
pub(crate) fn fields<'a>(object: &'a str) -> impl Iterator<Item = (Cow<'a, str>, &'a str)> {
    let mut reader = Reader::new(object);
    // What is odd has no fields: whoever asks for one is told that it is missing.
    let mut rest = if reader.peek() == Some(b'{') { reader.open(b'{', &"an object").ok() } else { None };
    std::iter::from_fn(move || {
        let name = reader.next_name(rest.as_mut()?).ok()??;
        Some((name, reader.skip().ok()?))
    })
}

/// The value of one field of a JSON object.
pub(crate) fn find_field<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    fields(object).filter(|(field, _)| field == name).last().map(|(_, value)| value)
}

/// The text of one field of a JSON object.
pub(crate) fn find_text<'a>(object: &'a str, name: &str) -> Option<Cow<'a, str>> {
    text(find_field(object, name)?)
}

/// The text of a JSON string; `None` when it is none.
#[inline(never)] // each copy has 400 bytes
pub(crate) fn text(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { unescape(json).map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// Writes a text as a JSON string.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a text can be written to memory");
}

/// The text of a JSON string with escapes, of which serde_json has seen that they are such; `None` when they are no
/// text after all, but half of a surrogate pair.
fn unescape(json: &str) -> Option<String> {
    let mut text = String::with_capacity(json.len());
    let mut rest = &json[1..json.len() - 1];
    while let Some(next) = rest.bytes().position(|byte| byte == b'\\') {
        text.push_str(&rest[..next]);
        rest = &rest[next + 1..];
        let unit = |at: usize| u16::from_str_radix(rest.get(at..at + 4)?, 16).ok();
        let (char, length) = match rest.as_bytes().first()? {
            same @ (b'"' | b'\\' | b'/') => (char::from(*same), 1),
            b'n' => ('\n', 1),
            b't' => ('\t', 1),
            b'r' => ('\r', 1),
            b'b' => ('\u{8}', 1),
            b'f' => ('\u{c}', 1),
            b'u' => match char::from_u32(unit(1)?.into()) {
                Some(char) => (char, 5),
                None if rest.get(5..7)? == "\\u" => (char::decode_utf16([unit(1)?, unit(7)?]).next()?.ok()?, 11),
                None => return None,
            },
            _ => return None,
        };
        text.push(char);
        rest = &rest[length..];
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_unescaped() {
        for (json, expected) in [
            (r#""a""#, Some("a")),
            (r#""""#, Some("")),
            (r#""{\"a\":\"\\\"\"}""#, Some(r#"{"a":"\""}"#)),
            (r#""\n\t\r\/\b\f\u00e9\ud83d\ude00""#, Some("\n\t\r/\u{8}\u{c}é😀")),
            (r#""\ud83d""#, None),
            (r#""\ud83d\u0041""#, None),
            (r#""\ude00\ud83d""#, None),
            ("7", None),
            ("", None),
            ("\"", None),
        ] {
            assert_eq!(text(json).as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn the_fields_of_an_object_are_found() {
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

    /// Reads all of a text, down to its strings.
    fn read(reader: &mut Reader<'_>) -> Result<(), Error> {
        match reader.peek() {
            Some(b'{') => {
                let mut rest = reader.open(b'{', &"an object")?;
                while reader.next_name(&mut rest)?.is_some() {
                    read(reader)?;
                }
            }
            Some(b'[') => {
                let mut rest = reader.open(b'[', &"an array")?;
                while reader.next(&mut rest)? {
                    read(reader)?;
                }
            }
            Some(b'"') => drop(reader.string()?),
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    /// What each byte may be replaced by.
    const PIECES: &[u8] = b"{}[]:,\"\\u0-1e.tn \n\x01";

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            any::<i64>().prop_map(|number| number.to_string()),
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
        fn what_was_escaped_is_found_again(expected in any::<String>()) {
            let json = serde_json::to_string(&expected).unwrap();
            let found = text(&json);
            prop_assert_eq!(found.as_deref(), Some(&*expected));
        }

        /// What is JSON to serde_json is JSON here, and what is not is an error.
        #[test]
        fn json_is_what_serde_json_takes_for_it(
            json in json(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(PIECES)), 0..3),
        ) {
            let mut json = json.into_bytes();
            for (place, byte) in changes {
                let place = place.index(json.len());
                json[place] = byte;
            }
            let json = String::from_utf8_lossy(&json);
            let mut reader = Reader::new(&json);
            let ours = read(&mut reader).and_then(|()| reader.end());
            let theirs = serde_json::from_str::<serde_json::Value>(&json);
            // A number that no type has room for is as far as theirs reads.
            let too_large = theirs.as_ref().is_err_and(|error| error.to_string().starts_with("number out of range"));
            prop_assert!(too_large || ours.is_ok() == theirs.is_ok(), "{}", json);
        }
    }
}
