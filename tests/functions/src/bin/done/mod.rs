//! A file, named by `DONE_FILE`, with a line for each finished task. It outlives the process.

use std::fs::OpenOptions;
use std::io::Write;

fn path() -> String {
    std::env::var("DONE_FILE").expect("DONE_FILE names a file")
}

/// Appends a line.
pub(crate) fn note(what: &str) {
    let file = OpenOptions::new().create(true).append(true).open(path());
    writeln!(file.expect("DONE_FILE can be written"), "{what}").expect("DONE_FILE can be written");
}

/// Appends a line unless the file contains it. Returns true if it was appended.
#[allow(dead_code)] // Not every function that includes this module uses it.
pub(crate) fn is_new(what: &str) -> bool {
    let lines = std::fs::read_to_string(path()).unwrap_or_default();
    let new = !lines.lines().any(|line| line == what);
    if new {
        note(what);
    }
    new
}
