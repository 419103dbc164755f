//! A line of the table: what became of an event.

use super::ExitStatus;
use crate::function_error::FunctionError;
use lrt_testing::__private::Origin;
use lrt_testing::Answer;
use serde_json::{Deserializer, Value};
use std::time::Duration;

/// As wide as what stands there most of the time.
const OUTCOME: usize = 10;

/// Up to `123456.7 ms`.
const DURATION: usize = 11;

/// A line of the table, but for the event's name.
pub(super) struct Row {
    outcome: String,
    duration: Option<Duration>,
    error: String,
    pub(super) status: ExitStatus,
}

impl Row {
    /// What stands above: the names are `width` letters wide.
    pub(super) fn head(width: usize) -> String {
        format!("{:width$}  {:OUTCOME$}  {:>DURATION$}  error", "event", "outcome", "duration")
    }

    /// Of an event that could not be read.
    pub(super) fn unread(why: String) -> Row {
        Row { outcome: "not sent".to_owned(), duration: None, error: why, status: ExitStatus::InvalidInput }
    }

    pub(super) fn of(answer: &Answer, kind: &str, duration: Duration) -> Row {
        let duration = Some(duration);
        let failed = |outcome: &str, error| Row {
            outcome: outcome.to_owned(),
            duration,
            error,
            status: ExitStatus::FunctionError,
        };
        if answer.is_lost() {
            return failed("no answer", "the function has ended".to_owned());
        }
        match FunctionError::of(answer, "") {
            Some(failure) => failed("error", told(&failure)),
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
        format!("{name:width$}  {outcome:OUTCOME$}  {duration:>DURATION$}  {error}").trim_end().to_owned()
    }
}

/// The most letters of an error: a message may have all of an event in it.
const ERROR: usize = 500;

/// The error's type and message, on one line.
fn told(failure: &FunctionError) -> String {
    let error: Value = serde_json::from_slice(&failure.error).unwrap_or_default();
    let error_type = error["errorType"].as_str().unwrap_or(&failure.error_type);
    let message = error["errorMessage"].as_str().unwrap_or_default();
    let told = format!("{error_type}: {message}");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    match told.char_indices().nth(ERROR) {
        Some((end, _)) => format!("{}…", &told[..end]),
        None => told,
    }
}

/// What a reply says of how it went: a status, or how many records have failed.
fn outcome(reply: &[u8], kind: &str) -> String {
    // Behind what is streamed of a status, there is the body.
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
    fn a_reply_says_how_it_went() {
        for (reply, kind, expected) in [
            (&b"{\"statusCode\":404}"[..], "json", "ok"),
            (b"{\"statusCode\":404}", "http_api", "404"),
            (b"{\"statusCode\":200}\0\0\0\0\0\0\0\0<html>", "function_url", "200"),
            (b"{\"batchItemFailures\":[]}", "sqs", "ok"),
            (b"{\"batchItemFailures\":[{\"itemIdentifier\":\"1\"}]}", "sqs", "1 failed"),
            (b"no JSON", "json", "ok"),
        ] {
            assert_eq!(outcome(reply, kind), expected);
        }
    }

    #[test]
    fn an_error_is_one_line_that_can_be_read() {
        let told = |message: &str| {
            let error = serde_json::json!({ "errorType": "A", "errorMessage": message }).to_string();
            told(&FunctionError { error_type: "Function.A".to_owned(), error: error.into() })
        };
        assert_eq!(told("b\n  c"), "A: b c");
        let (fits, long) = ("é".repeat(ERROR - 3), "é".repeat(ERROR - 2));
        assert_eq!(told(&fits), format!("A: {fits}"));
        assert_eq!(told(&long), format!("A: {fits}…"));
    }

    #[test]
    fn lines_stand_below_each_other() {
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
