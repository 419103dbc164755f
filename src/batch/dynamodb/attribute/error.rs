//! The error of an item that does not decode.

use lrt_core::__private::json::path::{path_to, without_position};
use std::error::Error;
use std::fmt;

/// The error of an item that does not decode: `invalid type: string "x", expected u64 at address.zip`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemError {
    /// The cause, without the position.
    pub(crate) message: String,
    /// The path of the attribute, without the types; empty for the item itself.
    pub(crate) path: String,
}

impl ItemError {
    /// Returns an error of the value that follows the part of the item that was `read`.
    #[cold]
    pub(super) fn new(error: &serde_json::Error, read: &[u8]) -> Self {
        // Line and column would count from the start of the image, not of the event.
        let message = without_position(error);
        // Names and types alternate, with an index instead of the name for elements: `address` `M` `city` `S`.
        Self { message, path: path_to(read, |depth| depth % 2 == 0) }
    }
}

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, " at {}", self.path) }
    }
}

impl Error for ItemError {}
