//! Replaces values that differ from run to run.

/// The length of a UUID. An id of this length does not occur in other text by chance.
const UNIQUE_ID_LENGTH: usize = 36;

/// Replaces the values of one invocation.
pub(super) struct Redaction<'a> {
    request_id: &'a str,
}

impl Redaction<'static> {
    /// A redaction that does not replace anything.
    pub(super) const NONE: Redaction<'static> = Redaction { request_id: "" };
}

impl<'a> Redaction<'a> {
    pub(super) fn new(request_id: &'a str) -> Redaction<'a> {
        Redaction { request_id }
    }

    /// Replaces the request id in a string. A short id such as `1`, which was set by a test, is replaced only as a
    /// separate word.
    pub(super) fn text(&self, text: &str) -> String {
        let id = self.request_id;
        if id.is_empty() {
            return text.to_owned();
        }
        let mut written = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(id) {
            written.push_str(before);
            let joined = written.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
            written.push_str(if joined && id.len() < UNIQUE_ID_LENGTH { id } else { "[request-id]" });
            rest = after;
        }
        written + rest
    }

    /// Replaces values in the message of a function error, since lrt's own messages contain locations and times.
    pub(super) fn error_message(&self, message: &str) -> String {
        without_location(&without_remaining_time(&self.text(message)))
    }

    /// Replaces values in a log line.
    pub(super) fn log_line(&self, line: &str) -> String {
        without_times(&self.error_message(line))
    }
}

/// Replaces line and column in `panicked at src/main.rs:12:5: …`.
fn without_location(text: &str) -> String {
    let Some((before, location)) = text.split_once("panicked at ") else { return text.to_owned() };
    let at = location.match_indices(':').find_map(|(at, _)| Some((at, after_number(after_number(&location[at..])?)?)));
    match at {
        Some((at, after)) if after.is_empty() || after.starts_with(": ") => {
            format!("{before}panicked at {}:[line]{after}", &location[..at])
        }
        _ => text.to_owned(),
    }
}

/// Returns the text after a colon and a number.
fn after_number(text: &str) -> Option<&str> {
    let digits = text.strip_prefix(':')?;
    let after = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    (after.len() < digits.len()).then_some(after)
}

/// Replaces the time in `function stopped: still running 99 ms before its deadline`, because timers may be late.
fn without_remaining_time(text: &str) -> String {
    let parts = text
        .split_once("stopped: still running ")
        .and_then(|(before, rest)| Some((before, rest.split_once(" ms before its deadline")?)));
    match parts {
        Some((before, (ms, after))) if ms.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{before}stopped: still running [time] before its deadline{after}")
        }
        _ => text.to_owned(),
    }
}

/// Replaces RFC 3339 times.
fn without_times(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_digit = written.ends_with(|c: char| c.is_ascii_digit());
        match time_length(rest.as_bytes()) {
            Some(length) if !after_digit => {
                written.push_str("[time]");
                rest = &rest[length..];
            }
            _ => {
                written.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    written
}

/// Returns the length of the RFC 3339 time at the start of `text`.
fn time_length(text: &[u8]) -> Option<usize> {
    const SECONDS: &[u8] = b"0000-00-00T00:00:00";
    if !has_form(text, SECONDS) {
        return None;
    }
    let rest = &text[SECONDS.len()..];
    let fraction = match rest {
        [b'.', digits @ ..] => 1 + digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    let zone = [&b"Z"[..], b"+00:00", b"-00:00"].into_iter().find(|zone| has_form(&rest[fraction..], zone))?;
    Some(SECONDS.len() + fraction + zone.len())
}

/// Returns true if `text` starts with `form`, in which a zero stands for any digit.
fn has_form(text: &[u8], form: &[u8]) -> bool {
    let same = |(form, byte): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { form == byte };
    text.len() >= form.len() && form.iter().zip(text).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7decfb80-a02c-4e25-afd5-bf47a6442292";

    #[test]
    fn request_id_is_replaced_everywhere() {
        let redaction = Redaction::new(ID);
        assert_eq!(redaction.text(&format!("{ID}: a{ID}b {ID}")), "[request-id]: a[request-id]b [request-id]");
        assert_eq!(redaction.text("none"), "none");
        assert_eq!(Redaction::new("").text("none"), "none");
    }

    #[test]
    fn short_request_id_is_replaced_as_a_separate_word() {
        let redaction = Redaction::new("1");
        assert_eq!(redaction.text("1 of 10, a1 1b 11 (1)"), "[request-id] of 10, a1 1b 11 ([request-id])");
    }

    #[test]
    fn panic_location_keeps_the_file() {
        let redaction = Redaction::new(ID);
        for (message, expected) in [
            ("panicked at src/main.rs:12:5: no stock: 1:2", "panicked at src/main.rs:[line]: no stock: 1:2"),
            (r"panicked at C:\a b\main.rs:12:5: x", r"panicked at C:\a b\main.rs:[line]: x"),
            ("panicked at src/main.rs:12:5", "panicked at src/main.rs:[line]"),
            ("panicked at noon", "panicked at noon"),
            ("the ratio is 12:5: x", "the ratio is 12:5: x"),
        ] {
            assert_eq!(redaction.error_message(message), expected);
        }
    }

    #[test]
    fn remaining_time_is_replaced() {
        let redaction = Redaction::new(ID);
        let message = "function stopped: still running 99 ms before its deadline";
        let expected = "function stopped: still running [time] before its deadline";
        assert_eq!(redaction.error_message(message), expected);
        let other = "it was still running home ms before its deadline";
        assert_eq!(redaction.error_message(other), other);
    }

    #[test]
    fn times_in_log_lines_are_replaced() {
        let redaction = Redaction::new(ID);
        for (line, expected) in [
            ("2026-01-31T23:59:59Z ERROR x", "[time] ERROR x"),
            (r#"{"timestamp":"2026-01-31T23:59:59.123456Z"}"#, r#"{"timestamp":"[time]"}"#),
            ("at 2026-01-31T23:59:59+01:00, ä", "at [time], ä"),
            ("12026-01-31T23:59:59Z", "12026-01-31T23:59:59Z"),
            ("2026-01-31", "2026-01-31"),
            ("2026-01-31T23:59:59", "2026-01-31T23:59:59"),
            ("2026-01-31T23:59:5é", "2026-01-31T23:59:5é"),
            ("2026-01-31T23:59:59+é:é9", "2026-01-31T23:59:59+é:é9"),
        ] {
            assert_eq!(redaction.log_line(line), expected);
        }
        assert_eq!(redaction.text("2026-01-31T23:59:59Z"), "2026-01-31T23:59:59Z");
    }
}
