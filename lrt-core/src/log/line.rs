//! A line, of its parts.

use super::escape::{Escaped, json_string};
use super::fields::{Fields, MESSAGE};
use super::registry::Chain;
use super::settings::Format;
use super::span::is_ours;
use super::time::write_rfc3339;
use std::borrow::Cow;
use std::fmt::Write;
use std::time::SystemTime;

/// What a line says, apart from the spans that it is said in.
pub(super) struct Entry<'a> {
    pub(super) level: &'static str,
    pub(super) target: &'a str,
    pub(super) fields: &'a Fields,
    /// The id of the invocation, for lines that no span tells it of.
    pub(super) request_id: &'a str,
    /// Where it was said.
    pub(super) file: Option<(&'a str, u32)>,
    /// Whether lrt itself says it.
    pub(super) is_own: bool,
}

const REQUEST_ID: &str = "requestId";
const TENANT_ID: &str = "tenantId";
const RECORD_ID: &str = "recordId";

/// The fields of lrt's own spans.
const IDS: [&str; 4] = [REQUEST_ID, TENANT_ID, "xrayTraceId", RECORD_ID];

/// The members, beside these, that no field of the user's is written as.
const RESERVED: [&str; 4] = ["timestamp", "level", MESSAGE, "target"];

/// The members of an error, where there is one.
const OF_ERRORS: [&str; 3] = ["errorType", "errorMessage", "stackTrace"];

/// The member of a record of the `log` crate that has its place.
const FILE: &str = "file";

impl Entry<'_> {
    /// The line, with its end.
    pub(super) fn line(&self, spans: Chain<'_>, format: Format) -> String {
        let mut line = match format {
            Format::Text => self.text(spans),
            Format::Json => self.json(spans),
        };
        line.push('\n');
        line
    }

    /// `INFO RequestId: 8476a536 app::orders: taken item=tea`. Lambda knows the time of each line.
    fn text(&self, spans: Chain<'_>) -> String {
        let mut line = String::with_capacity(256);
        line.push_str(self.level);
        let request_id = id(spans, REQUEST_ID).unwrap_or(self.request_id);
        if !request_id.is_empty() {
            line.extend([" RequestId: ", request_id]);
        }
        if let Some(tenant) = id(spans, TENANT_ID) {
            line.extend([" TenantId: ", tenant]);
        }
        line.push(' ');
        if !self.is_own {
            let _ = Escaped::new(&mut line, Format::Text).write_str(self.target);
            line.push_str(": ");
        }
        let mut written = Vec::new();
        line.push_str(self.fields.get(MESSAGE).unwrap_or_default());
        for (name, value) in self.fields.iter().filter(|(name, _)| *name != MESSAGE) {
            let space = if line.ends_with(' ') { "" } else { " " };
            field(&mut line, space, name, value);
            written.push(name);
        }
        // What lrt says names the record itself.
        if self.is_own {
            return line;
        }
        if let Some(record) = id(spans, RECORD_ID) {
            line.extend([" ", RECORD_ID, "=", record]);
        }
        for span in spans.filter(|span| !is_ours(span.metadata)) {
            for (name, value) in span.fields.iter() {
                if !written.contains(&name) {
                    field(&mut line, " ", name, value);
                    written.push(name);
                }
            }
        }
        line
    }

    fn json(&self, spans: Chain<'_>) -> String {
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
            let mut place = String::new();
            json_string(&mut place, &format_args!("{file}:{line}"));
            members.add_once(Cow::Borrowed(FILE), &place);
        }
        if let Some(error) = &self.fields.error {
            members.line.extend([",", error]);
        }
        for (name, value) in self.fields.iter().filter(|(name, _)| *name != MESSAGE) {
            members.add(name, value);
        }
        for span in spans.filter(|span| !is_ours(span.metadata)) {
            for (name, value) in span.fields.iter() {
                let name = members.unreserved(name);
                members.add_once(name, value);
            }
        }
        members.line.push('}');
        members.line
    }
}

/// A field in text. Its name may be any text, as the user wrote it.
fn field(line: &mut String, space: &str, name: &str, value: &str) {
    line.push_str(space);
    let _ = Escaped::new(line, Format::Text).write_str(name);
    line.extend(["=", value]);
}

/// What the innermost of lrt's spans has that knows it.
fn id<'a>(spans: Chain<'a>, name: &str) -> Option<&'a str> {
    let mut ours = spans.filter(|span| is_ours(span.metadata));
    ours.find_map(|span| span.fields.get(name))
}

/// The members of a JSON object, each of another name.
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
            || (self.has_error && OF_ERRORS.contains(&name))
            || (self.has_file && name == FILE)
    }

    /// What a field of the user's is written as if it is called as one of ours: `level_`.
    fn unreserved(&self, name: &'a str) -> Cow<'a, str> {
        if self.is_reserved(name) { Cow::Owned(format!("{name}_")) } else { Cow::Borrowed(name) }
    }

    /// A field of the line itself, which is written whatever it is called.
    fn add(&mut self, name: &'a str, value: &str) {
        let mut name = self.unreserved(name);
        while self.written.contains(&name) {
            name.to_mut().push('_');
        }
        self.add_once(name, value);
    }

    /// A field of a span, unless one within it, or the line, has one of that name.
    fn add_once(&mut self, name: Cow<'a, str>, value: &str) {
        if self.written.contains(&name) {
            return;
        }
        self.line.push(',');
        json_string(&mut self.line, &name);
        // A String takes all that is written.
        let _ = write!(self.line, ":{value}");
        self.written.push(name);
    }
}
