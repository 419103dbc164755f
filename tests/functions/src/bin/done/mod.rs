//! A file with a line for each thing that is done, which outlives the process: `DONE_FILE`.

use std::fs::OpenOptions;
use std::io::Write;

fn path() -> String {
    std::env::var("DONE_FILE").expect("DONE_FILE names a file")
}

/// Adds a line.
pub(crate) fn note(what: &str) {
    let file = OpenOptions::new().create(true).append(true).open(path());
    writeln!(file.expect("DONE_FILE can be written"), "{what}").expect("DONE_FILE can be written");
}

/// Adds a line if there is no such line yet.
pub(crate) fn is_new(what: &str) -> bool {
    let lines = std::fs::read_to_string(path()).unwrap_or_default();
    let new = !lines.lines().any(|line| line == what);
    if new {
        note(what);
    }
    new
}
