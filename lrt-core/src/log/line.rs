//! Formats one log event as text or JSON.

use super::escape::{Escaped, Escapes, json_string};
use super::fields::{Fields, MESSAGE};
use super::registry::SpanChain;
use super::settings::Format;
use super::span::is_own_span;
use crate::time::write_rfc3339;
use std::borrow::Cow;
use std::fmt::Write;
use std::time::SystemTime;

/// A log event without its spans.
pub(super) struct LogEvent<'a> {
    pub(super) level: &'static str,
    pub(super) target: &'a str,
    pub(super) fields: &'a Fields,
    /// The id of the invocation, for events without a span that has it.
    pub(super) request_id: &'a str,
    /// The position in the source code.
    pub(super) file: Option<(&'a str, u32)>,
    /// True for lrt's own messages.
    pub(super) is_own: bool,
}

const REQUEST_ID: &str = "requestId";
const TENANT_ID: &str = "tenantId";
const TRACE_ID: &str = "xrayTraceId";
const RECORD_ID: &str = "recordId";

/// The fields of lrt's own spans.
const IDS: [&str; 4] = [REQUEST_ID, TENANT_ID, TRACE_ID, RECORD_ID];

/// Other members whose names user fields cannot have.
const RESERVED: [&str; 4] = ["timestamp", "level", MESSAGE, "target"];

/// The members of an error.
const ERROR_MEMBERS: [&str; 3] = ["errorType", "errorMessage", "stackTrace"];

/// The member with the source position of a record of the crate `log`.
const FILE: &str = "file";

impl LogEvent<'_> {
    /// Returns the line with its line end.
    pub(super) fn line(&self, spans: SpanChain<'_>, format: Format) -> String {
        let mut line = match format {
            Format::Text => self.text(spans),
            Format::Json => self.json(spans),
        };
        line.push('\n');
        line
    }

    /// `INFO RequestId: 8476a536 app::orders: taken item=tea`. Lambda adds the time to each line.
    fn text(&self, spans: SpanChain<'_>) -> String {
        let mut line = String::with_capacity(256);
        line.push_str(self.level);
        // The ids of spans were escaped when they were recorded.
        let mut escaped = String::new();
        let request_id = id(spans, REQUEST_ID).unwrap_or_else(|| {
            let _ = Escaped::new(&mut escaped, Escapes::Text).write_str(self.request_id);
            &escaped
        });
        if !request_id.is_empty() {
            line.extend([" RequestId: ", request_id]);
        }
        if let Some(tenant) = id(spans, TENANT_ID) {
            line.extend([" TenantId: ", tenant]);
        }
        line.push(' ');
        if !self.is_own {
            let _ = Escaped::new(&mut line, Escapes::Text).write_str(self.target);
            line.push_str(": ");
        }
        let mut written = Vec::new();
        line.push_str(self.fields.get(MESSAGE).unwrap_or_default());
        for (name, value) in self.fields.iter().filter(|(name, _)| *name != MESSAGE) {
            let space = if line.ends_with(' ') { "" } else { " " };
            field(&mut line, space, name, value);
            written.push(name);
        }
        // lrt's own messages contain the record id already.
        if !self.is_own {
            if let Some(record) = id(spans, RECORD_ID) {
                line.extend([" ", RECORD_ID, "=", record]);
            }
            for span in spans.filter(|span| !is_own_span(span.metadata)) {
                for (name, value) in span.fields.iter() {
                    if !written.contains(&name) {
                        field(&mut line, " ", name, value);
                        written.push(name);
                    }
                }
            }
        }
        // X-Ray does not have the other traces, and their ids would double the length of most lines.
        if let Some(trace) = id(spans, TRACE_ID).filter(|trace| trace.contains("Sampled=1")) {
            line.extend([" ", TRACE_ID, "=", trace]);
        }
        line
    }

    fn json(&self, spans: SpanChain<'_>) -> String {
        let mut line = String::with_capacity(512);
        line.push_str("{\"timestamp\":\"");
        write_rfc3339(&mut line, SystemTime::now());
        line.extend(["\",\"level\":\"", self.level, "\",\"message\":"]);
        line.push_str(self.fields.get(MESSAGE).unwrap_or("\"\""));
        let mut members = Members {
            line,
            written: Vec::new(),
            has_error: self.fields.error.is_some(),
            has_file: self.file.is_some(),
        };
        for name in IDS {
            if let Some(value) = id(spans, name) {
                members.add_once(Cow::Borrowed(name), value);
            } else if name == REQUEST_ID && !self.request_id.is_empty() {
                let mut value = String::new();
                json_string(&mut value, &self.request_id);
                members.add_once(Cow::Borrowed(name), &value);
            }
        }
        members.line.push_str(",\"target\":");
        json_string(&mut members.line, &self.target);
        if let Some((file, line)) = self.file {
            let mut position = String::new();
            json_string(&mut position, &format_args!("{file}:{line}"));
            members.add_once(Cow::Borrowed(FILE), &position);
        }
        if let Some(error) = &self.fields.error {
            members.line.extend([",", error]);
        }
        for (name, value) in self.fields.iter().filter(|(name, _)| *name != MESSAGE) {
            members.add(name, value);
        }
        for span in spans.filter(|span| !is_own_span(span.metadata)) {
            for (name, value) in span.fields.iter() {
                let name = members.unreserved(name);
                members.add_once(name, value);
            }
        }
        members.line.push('}');
        members.line
    }
}

/// Appends a field in text. Its name is written by the user and may contain any character.
fn field(line: &mut String, space: &str, name: &str, value: &str) {
    line.push_str(space);
    let _ = Escaped::new(line, Escapes::Text).write_str(name);
    line.extend(["=", value]);
}

/// Returns the value of a field from the innermost of lrt's spans that has it.
fn id<'a>(spans: SpanChain<'a>, name: &str) -> Option<&'a str> {
    let mut own_spans = spans.filter(|span| is_own_span(span.metadata));
    own_spans.find_map(|span| span.fields.get(name))
}

/// The members of a JSON object, whose names are unique.
struct Members<'a> {
    line: String,
    written: Vec<Cow<'a, str>>,
    has_error: bool,
    has_file: bool,
}

impl<'a> Members<'a> {
    fn is_reserved(&self, name: &str) -> bool {
        IDS.contains(&name)
            || RESERVED.contains(&name)
            || (self.has_error && ERROR_MEMBERS.contains(&name))
            || (self.has_file && name == FILE)
    }

    /// Returns the name of a user field, changed to `level_` if it is reserved.
    fn unreserved(&self, name: &'a str) -> Cow<'a, str> {
        if self.is_reserved(name) { Cow::Owned(format!("{name}_")) } else { Cow::Borrowed(name) }
    }

    /// Adds a field of the event. It is renamed if its name is reserved.
    fn add(&mut self, name: &'a str, value: &str) {
        let mut name = self.unreserved(name);
        while self.written.contains(&name) {
            name.to_mut().push('_');
        }
        self.add_once(name, value);
    }

    /// Adds a field of a span, unless an inner span or the event has a field with that name.
    fn add_once(&mut self, name: Cow<'a, str>, value: &str) {
        if self.written.contains(&name) {
            return;
        }
        self.line.push(',');
        json_string(&mut self.line, &name);
        // Writing to a String cannot fail.
        let _ = write!(self.line, ":{value}");
        self.written.push(name);
    }
}
