//! What is wrong with an item, and where.

use crate::json_path::{path_to, up_to};
use std::error::Error;
use std::fmt;

/// An item that does not decode: `invalid type: string "x", expected u64 at address.zip`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemError {
    /// What is wrong, without the place.
    pub(crate) message: String,
    /// The attribute that is wrong, in the words of the user's types. Empty for the item itself.
    pub(crate) path: String,
}

impl ItemError {
    /// Finds the place of an error that serde_json met in `json`. Line and column are left out: they would count from
    /// the start of the image, not of the event.
    #[cold]
    pub(super) fn new(json: &str, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let message = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text).to_owned();
        // An error of the item as a whole may come after the last byte is read. It has no line then, and no path.
        let path = match line {
            0 => String::new(),
            _ => path(up_to(json.as_bytes(), line, column)),
        };
        Self { message, path }
    }
}

fn path(read: &[u8]) -> String {
    // A type that wants no list refuses it before its first element, and that is not the element's fault.
    let read = read.trim_ascii_end();
    let read = read.strip_suffix(b"[").unwrap_or(read);
    // Names and types take turns, with an index in the place of a name: `address` `M` `city` `S`.
    path_to(read, |depth| depth % 2 == 0)
}

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, " at {}", self.path) }
    }
}

impl Error for ItemError {}
