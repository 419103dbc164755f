//! What is to stand in an event: `--body JSON`, `--body -`, `--body @FILE`.

use lrt_testing::__private::check_json;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{Read, stdin};

/// JSON as it was written, and as it is read.
pub(super) struct Body {
    pub(super) text: String,
    pub(super) value: Value,
}

impl Body {
    pub(super) fn of(text: String) -> Result<Body, serde_json::Error> {
        serde_json::from_str(&text).map(|value| Body { text, value })
    }
}

/// What the option says; or what is wrong with it.
pub(super) fn read(option: &OsStr) -> Result<Body, String> {
    let written = option.to_string_lossy();
    let (from, bytes) = match (&*written, written.strip_prefix('@')) {
        ("-", _) => {
            let mut bytes = Vec::new();
            ("standard input", stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
        }
        (_, Some(file)) => (file, std::fs::read(file)),
        _ => ("--body", Ok(written.as_bytes().to_vec())),
    };
    let bytes = bytes.map_err(|error| format!("cannot read {from}: {error}"))?;
    let no_json = |why| format!("{from} is no JSON: {why}");
    check_json(&bytes).map_err(no_json)?;
    Body::of(String::from_utf8_lossy(&bytes).trim().to_owned()).map_err(|why| no_json(why.to_string()))
}
