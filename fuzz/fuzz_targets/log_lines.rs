//! Log lines, as JSON and as text.
//!
//! Oracles: serde_json; a line of text has no control character except for tabs.

#![no_main]

use lrt_core::fuzzing::{log_lines, log_warning};
use serde_json::Value;
use std::cell::RefCell;
use tracing::{error, info, info_span};

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// An error whose message and cause are text from outside.
#[derive(Debug)]
struct Failure(String, Option<Box<Failure>>);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.1.as_ref().map(|cause| cause as _)
    }
}

libfuzzer_sys::fuzz_target!(|input: (&str, &str, f64, i128)| {
    let (message, value, float, integer) = input;
    for is_json in [true, false] {
        let lines = log_lines(is_json, |line| LINES.with_borrow_mut(|lines| lines.push(line.to_owned())));
        tracing::dispatcher::with_default(&lines, || {
            info!(value, float, integer, optional = Some(value), "we\"ird\u{9b}\n" = value, level = value, "{message}");
            let span = info_span!("order", value, requestId = message, timestamp = ?value, count = 1);
            let _entered = span.enter();
            info!(message = value, count = 2, errorType = %value, debug = ?message);
            let failure = Failure(message.to_owned(), Some(Box::new(Failure(value.to_owned(), None))));
            error!(error = &failure as &dyn std::error::Error, errorMessage = value, "{value}");
        });
        log_warning(&lines, message, value);
        let written = LINES.take();
        assert_eq!(written.len(), 4);
        for (line, expected) in written.iter().zip([message, value, value, value]) {
            let line = line.strip_suffix('\n').expect("a line ends with a line break");
            if is_json { check_json(line, expected) } else { check_text(line) }
        }
        if is_json {
            let json: Value = serde_json::from_str(&written[0]).expect("checked above");
            for name in ["value", "optional", "we\"ird\u{9b}\n", "level_"] {
                assert_eq!(json[name], value, "{name}");
            }
            let warning: Value = serde_json::from_str(&written[3]).expect("checked above");
            assert!(message.is_empty() || warning["requestId"] == message);
        }
    }
});

fn check_json(line: &str, message: &str) {
    assert!(!line.contains(|letter: char| letter < ' '), "{line:?}");
    let json: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert!(!lrt_fuzz::has_repeated_names(line), "{line}");
    assert_eq!(json["message"], message, "{line}");
}

fn check_text(line: &str) {
    let is_special =
        |letter: char| (letter.is_control() && letter != '\t') || matches!(letter, '\u{2028}' | '\u{2029}');
    assert!(!line.contains(is_special), "{line:?}");
}
