//! The fields of an event or a span, formatted for the log line.

use super::escape::{Escaped, Escapes, is_plain, json_string, push_quoted};
use super::settings::Format;
use crate::error;
use std::error::Error;
use std::fmt::{self, Write};
use tracing_core::field::{Field, Visit};

/// The name of the message field.
pub(super) const MESSAGE: &str = "message";

/// The maximum size in bytes of a buffer that is kept for the next span.
const MAX_REUSED_BYTES: usize = 4096;

/// Fields with their formatted values, so that using them does not run user code.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// All values, concatenated.
    values: String,
    /// The names of the fields, and the ends of their values.
    ends: Vec<(&'static str, usize)>,
    /// `"errorType":…,"errorMessage":…,"stackTrace":…` of the first error field, in JSON.
    pub(super) error: Option<String>,
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |(name, end)| {
            let value = &self.values[start..*end];
            start = *end;
            (*name, value)
        })
    }

    /// Adds a field, or replaces its value.
    pub(super) fn put(&mut self, name: &'static str, write: impl FnOnce(&mut String)) {
        if let Some(at) = self.ends.iter().position(|(other, _)| *other == name) {
            let start = if at == 0 { 0 } else { self.ends[at - 1].1 };
            let length = self.ends.remove(at).1 - start;
            self.values.drain(start..start + length);
            self.ends[at..].iter_mut().for_each(|(_, end)| *end -= length);
        }
        write(&mut self.values);
        self.ends.push((name, self.values.len()));
    }

    /// Adds the message.
    pub(super) fn put_message(&mut self, message: &dyn fmt::Display, format: Format) {
        self.put(MESSAGE, |out| display(out, message, format));
    }

    pub(super) fn clear(&mut self) {
        if self.values.capacity() > MAX_REUSED_BYTES {
            self.values = String::new();
        }
        self.values.clear();
        self.ends.clear();
        self.error = None;
    }
}

/// Appends a string as a value, quoted in JSON.
fn display(out: &mut String, text: &dyn fmt::Display, format: Format) {
    match format {
        Format::Json => json_string(out, text),
        Format::Text => {
            // If a `Display` fails, the output up to that point is kept.
            let _ = write!(Escaped::new(out, Escapes::Text), "{text}");
        }
    }
}

/// A visitor that adds the fields of an event or a span.
pub(super) struct Recorder<'a> {
    fields: &'a mut Fields,
    format: Format,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(fields: &'a mut Fields, format: Format) -> Recorder<'a> {
        Recorder { fields, format }
    }

    fn put(&mut self, field: &Field, write: impl FnOnce(&mut String)) {
        // `r#type` is the raw identifier of `type`.
        let name = field.name();
        self.fields.put(name.strip_prefix("r#").unwrap_or(name), write);
    }

    /// Adds a value that has the same form in both formats.
    fn plain(&mut self, field: &Field, value: &dyn fmt::Display) {
        self.put(field, |out| _ = write!(out, "{value}"));
    }

    fn text(&mut self, field: &Field, text: &dyn fmt::Display) {
        let format = self.format;
        self.put(field, |out| display(out, text, format));
    }
}

impl Visit for Recorder<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let is_plain = is_plain(value);
        // In the text format, a value is quoted if its end would not be visible otherwise.
        let is_open = self.format == Format::Text
            && (field.name() == MESSAGE || (is_plain && !value.is_empty() && !value.contains(' ')));
        match (is_plain, is_open) {
            (true, true) => self.put(field, |out| out.push_str(value)),
            (true, false) => self.put(field, |out| out.extend(["\"", value, "\""])),
            (false, true) => self.text(field, &value),
            (false, false) => {
                let escapes = if self.format == Format::Json { Escapes::Json } else { Escapes::QuotedText };
                self.put(field, |out| push_quoted(out, escapes, &value));
            }
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.text(field, &ErrorChain(value));
        if self.format == Format::Json && self.fields.error.is_none() {
            self.fields.error = Some(error::json_members(value));
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.put(field, |out| _ = write!(out, "{value:?}"));
        } else {
            // JSON does not support this number.
            self.text(field, &value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, &value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.plain(field, &value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.plain(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, &value);
    }
}

/// An error with its causes: `order 7 failed: invalid digit found in string`.
struct ErrorChain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // If a `Display` fails, the output up to that point is kept.
        let _ = write!(f, "{}", self.0);
        error::causes_of(self.0).try_for_each(|cause| write!(f, ": {cause}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_value_of_a_field_wins() {
        let mut fields = Fields::default();
        for (name, value) in [("a", "1"), ("b", "22"), ("c", "333"), ("a", ""), ("b", "4444"), ("c", "5")] {
            fields.put(name, |out| out.push_str(value));
        }
        assert_eq!(fields.iter().collect::<Vec<_>>(), [("a", ""), ("b", "4444"), ("c", "5")]);
        assert_eq!(fields.values, "44445");
        assert_eq!((fields.get("b"), fields.get("d")), (Some("4444"), None));
    }
}
