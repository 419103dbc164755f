//! The value of `--body`: JSON, `-` for standard input, or `@FILE`.

use lrt_testing::__private::check_json;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{Read, stdin};

/// JSON as text and as a value.
pub(super) struct Body {
    pub(super) text: String,
    pub(super) value: Value,
}

impl Body {
    pub(super) fn parse(text: String) -> Result<Body, serde_json::Error> {
        serde_json::from_str(&text).map(|value| Body { text, value })
    }
}

/// Reads the JSON that the option contains or names.
pub(super) fn read(option: &OsStr) -> Result<Body, String> {
    let value = option.to_string_lossy();
    let (source, bytes) = match (&*value, value.strip_prefix('@')) {
        ("-", _) => {
            let mut bytes = Vec::new();
            ("standard input", stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
        }
        (_, Some(file)) => (file, std::fs::read(file)),
        _ => ("--body", Ok(value.as_bytes().to_vec())),
    };
    let bytes = bytes.map_err(|error| format!("cannot read {source}: {error}"))?;
    let invalid = |error| format!("invalid JSON in {source}: {error}");
    check_json(&bytes).map_err(invalid)?;
    Body::parse(String::from_utf8_lossy(&bytes).trim().to_owned()).map_err(|error| invalid(error.to_string()))
}
