//! The table for several events.

use super::ExitStatus;
use crate::function_error::FunctionError;
use lrt_testing::__private::Origin;
use lrt_testing::Answer;
use serde_json::{Deserializer, Value};
use std::time::Duration;

/// Width of the outcome. Longer outcomes are rare.
const OUTCOME_WIDTH: usize = 10;

/// Width of the duration, up to `123456.7 ms`.
const DURATION_WIDTH: usize = 11;

/// A line of the table, without the event's name.
pub(super) struct Row {
    outcome: String,
    duration: Option<Duration>,
    error: String,
    pub(super) status: ExitStatus,
}

impl Row {
    /// Returns the heading. `width` is the width of the events' names.
    pub(super) fn head(width: usize) -> String {
        format!("{:width$}  {:OUTCOME_WIDTH$}  {:>DURATION_WIDTH$}  error", "event", "outcome", "duration")
    }

    /// Creates the row of an event that could not be read.
    pub(super) fn unreadable(error: String) -> Row {
        Row { outcome: "not sent".to_owned(), duration: None, error, status: ExitStatus::InvalidInput }
    }

    pub(super) fn new(answer: &Answer, kind: &str, duration: Duration) -> Row {
        let duration = Some(duration);
        let failed = |outcome: &str, error| Row {
            outcome: outcome.to_owned(),
            duration,
            error,
            status: ExitStatus::FunctionError,
        };
        if answer.is_lost() {
            return failed("no reply", "the function has exited".to_owned());
        }
        match FunctionError::from_answer(answer, "") {
            Some(error) => failed("error", describe(&error)),
            None => Row {
                outcome: outcome(&answer.body, kind),
                duration,
                error: String::new(),
                status: ExitStatus::Success,
            },
        }
    }

    pub(super) fn line(&self, name: &str, width: usize) -> String {
        let Row { outcome, duration, error, .. } = self;
        let duration = duration.map(|duration| format!("{:.1} ms", 1000.0 * duration.as_secs_f64()));
        let duration = duration.unwrap_or_default();
        format!("{name:width$}  {outcome:OUTCOME_WIDTH$}  {duration:>DURATION_WIDTH$}  {error}").trim_end().to_owned()
    }
}

/// Maximum length of an error. A message may contain an entire event.
const MAX_ERROR_CHARS: usize = 500;

/// Returns the error's type and message on one line.
fn describe(error: &FunctionError) -> String {
    let body: Value = serde_json::from_slice(&error.body).unwrap_or_default();
    let error_type = body["errorType"].as_str().unwrap_or(&error.error_type);
    let message = body["errorMessage"].as_str().unwrap_or_default();
    let line = format!("{error_type}: {message}");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_ERROR_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Describes a reply: its HTTP status, or the number of failed records.
fn outcome(reply: &[u8], kind: &str) -> String {
    // In a streamed response, the body follows the JSON.
    let first = Deserializer::from_slice(reply).into_iter::<Value>().next();
    let reply = first.and_then(Result::ok).unwrap_or_default();
    let status = reply["statusCode"].as_u64().filter(|_| !Origin::of_kind(kind).is_empty());
    let failures = reply["batchItemFailures"].as_array().map_or(0, Vec::len);
    match status {
        Some(status) => status.to_string(),
        None if failures > 0 && matches!(kind, "sqs" | "dynamodb" | "kinesis" | "kafka") => {
            format!("{failures} failed")
        }
        None => "ok".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcome_depends_on_reply_and_kind() {
        for (reply, kind, expected) in [
            (&b"{\"statusCode\":404}"[..], "json", "ok"),
            (b"{\"statusCode\":404}", "http_api", "404"),
            (b"{\"statusCode\":200}\0\0\0\0\0\0\0\0<html>", "function_url", "200"),
            (b"{\"batchItemFailures\":[]}", "sqs", "ok"),
            (b"{\"batchItemFailures\":[{\"itemIdentifier\":\"1\"}]}", "sqs", "1 failed"),
            (b"not JSON", "json", "ok"),
        ] {
            assert_eq!(outcome(reply, kind), expected);
        }
    }

    #[test]
    fn error_is_one_line_of_limited_length() {
        let described = |message: &str| {
            let error = serde_json::json!({ "errorType": "A", "errorMessage": message }).to_string();
            describe(&FunctionError { error_type: "Function.A".to_owned(), body: error.into() })
        };
        assert_eq!(described("b\n  c"), "A: b c");
        let (fits, long) = ("é".repeat(MAX_ERROR_CHARS - 3), "é".repeat(MAX_ERROR_CHARS - 2));
        assert_eq!(described(&fits), format!("A: {fits}"));
        assert_eq!(described(&long), format!("A: {fits}…"));
    }

    #[test]
    fn columns_are_aligned() {
        let row = |outcome: &str, duration, error: &str| {
            let (outcome, error) = (outcome.to_owned(), error.to_owned());
            Row { outcome, duration, error, status: ExitStatus::Success }.line("a.json", 10)
        };
        assert_eq!(Row::head(10), "event       outcome        duration  error");
        assert_eq!(row("ok", Some(Duration::from_micros(1234)), ""), "a.json      ok               1.2 ms");
        assert_eq!(row("error", Some(Duration::from_secs(60)), "A: b"), "a.json      error        60000.0 ms  A: b");
        assert_eq!(row("not sent", None, "why"), "a.json      not sent                 why");
    }
}
