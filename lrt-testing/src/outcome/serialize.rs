//! Serializes outcomes as readable and stable JSON.

use super::redaction::Redaction;
use super::{FunctionError, Outcome};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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
    /// Returns the reply. A valid reply of an HTTP function is returned as its client receives it.
    fn readable(&self) -> Value {
        if let Some(reply) = super::http::readable(self) {
            return reply;
        }
        readable(&self.body)
    }
}

/// Returns a payload as JSON, text or base64.
fn readable(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| match std::str::from_utf8(body) {
        Ok(text) => text.into(),
        Err(_) => format!("base64:{}", STANDARD.encode(body)).into(),
    })
}

/// A value with sorted keys, even if serde_json preserves their order in this build.
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
        // Identifiers of records come from the event, so they are stable even if they contain the request id.
        let redaction = if key == "batchItemFailures" { &Redaction::NONE } else { redaction };
        (redaction.text(key), Stable(value, redaction))
    })
}

/// Serializes a number. With serde_json's `arbitrary_precision`, a `Number` would be a struct in all other formats.
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

/// A function error with its members in the order in which lrt sends them to Lambda.
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
    fn invalid_json_is_text_or_base64() {
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
    fn keys_are_sorted_at_every_level_and_numbers_are_unchanged() {
        let value = readable(br#"{"b": {"z": 18446744073709551615, "y": -1}, "a": [{"d": 1.5, "c": 1e300}]}"#);
        let redaction = Redaction::new("");
        let text = serde_json::to_string(&Stable(&value, &redaction)).unwrap();
        assert_eq!(text, r#"{"a":[{"c":1e+300,"d":1.5}],"b":{"y":-1,"z":18446744073709551615}}"#);
    }
}
