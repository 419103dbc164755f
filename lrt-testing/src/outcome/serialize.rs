//! An outcome as JSON that a person reads, and that stays as it is.

use super::redaction::Redaction;
use super::{FunctionError, Outcome};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Number, Value};

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let redaction = Redaction::new(&self.request_id);
        let mut map = serializer.serialize_map(None)?;
        if self.error.is_none() || !self.chunks.is_empty() {
            map.serialize_entry("reply", &Stable(&self.readable(), &redaction))?;
        }
        if let Some(error) = &self.error {
            map.serialize_entry("error", &StableError(error, &redaction))?;
        }
        if self.with_logs {
            let lines: Vec<String> = self.logs.iter().map(|line| redaction.log_line(line)).collect();
            map.serialize_entry("logs", &lines)?;
        }
        map.end()
    }
}

impl Outcome {
    /// The reply as a value: that of an HTTP function as its client gets it, if it is one that a client can get.
    fn readable(&self) -> Value {
        if let Some(reply) = super::http::readable(self) {
            return reply;
        }
        readable(&self.body)
    }
}

/// A reply's body as a value. What else is encoded within a kind's replies is decoded here.
fn readable(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| match std::str::from_utf8(body) {
        Ok(text) => text.into(),
        Err(_) => base64(body).into(),
    })
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("base64:");
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().chain([&0; 2]).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        let digits = [18, 12, 6, 0].map(|shift| char::from(ALPHABET[bits >> shift & 63]));
        text.extend(&digits[..=chunk.len()]);
        text.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    text
}

/// A value whose keys are sorted, whatever order serde_json keeps in this build.
struct Stable<'a>(&'a Value, &'a Redaction<'a>);

impl Serialize for Stable<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Stable(value, redaction) = *self;
        match value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => serialize_number(number, serializer),
            Value::String(text) => serializer.serialize_str(&redaction.text(text)),
            Value::Array(values) => serializer.collect_seq(values.iter().map(|value| Stable(value, redaction))),
            Value::Object(members) => serializer.collect_map(sorted(members, redaction)),
        }
    }
}

fn sorted<'a>(
    members: &'a Map<String, Value>,
    redaction: &'a Redaction<'a>,
) -> impl Iterator<Item = (String, Stable<'a>)> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_unstable_by_key(|(key, _)| *key);
    members.into_iter().map(move |(key, value)| {
        // The identifiers of records come from the event. One that has the request id in it is what it was, too.
        let redaction = if key == "batchItemFailures" { &Redaction::NONE } else { redaction };
        (redaction.text(key), Stable(value, redaction))
    })
}

/// With serde_json's `arbitrary_precision`, a number that serializes itself is a struct to every other format.
fn serialize_number<S: Serializer>(number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
    if let Some(number) = number.as_u64() {
        serializer.serialize_u64(number)
    } else if let Some(number) = number.as_i64() {
        serializer.serialize_i64(number)
    } else if let Some(number) = number.as_f64() {
        serializer.serialize_f64(number)
    } else {
        serializer.collect_str(number)
    }
}

/// An error with its members in the order in which Lambda is told them.
struct StableError<'a>(&'a FunctionError, &'a Redaction<'a>);

impl Serialize for StableError<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let StableError(error, redaction) = *self;
        let causes: Vec<String> = error.stack_trace().iter().map(|cause| redaction.text(cause)).collect();
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("errorType", &redaction.text(error.error_type()))?;
        map.serialize_entry("errorMessage", &redaction.error_message(error.message()))?;
        map.serialize_entry("stackTrace", &causes)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_text_or_base64() {
        for (body, expected) in [
            (&b"{\"a\": 1}"[..], r#"{"a":1}"#),
            (b"", r#""""#),
            (b"plain", r#""plain""#),
            (b"\xff", r#""base64:/w==""#),
            (b"\xff\x00", r#""base64:/wA=""#),
            (b"\xff\x00\x10", r#""base64:/wAQ""#),
            (b"\xff\x00\x10M", r#""base64:/wAQTQ==""#),
        ] {
            assert_eq!(readable(body).to_string(), expected);
        }
    }

    #[test]
    fn keys_are_sorted_at_every_level_and_numbers_stay() {
        let value = readable(br#"{"b": {"z": 18446744073709551615, "y": -1}, "a": [{"d": 1.5, "c": 1e300}]}"#);
        let redaction = Redaction::new("");
        let text = serde_json::to_string(&Stable(&value, &redaction)).unwrap();
        assert_eq!(text, r#"{"a":[{"c":1e+300,"d":1.5}],"b":{"y":-1,"z":18446744073709551615}}"#);
    }
}
