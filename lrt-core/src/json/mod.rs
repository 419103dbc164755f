//! Reads, writes, locates and redacts JSON text, without building a tree.
//!
//! [`JsonCursor`] reads the events of all kinds, so that they accept the same grammar as serde_json. It decodes only
//! what is requested, and leaves values as slices of the event. [`escape`] writes strings, [`path`] names the value
//! that an error is about (`items[0].count`), and [`redact`] removes values from the messages of serde.

mod cursor;
pub mod escape;
pub mod path;
pub mod redact;
mod scan;
mod value;

pub use cursor::{Container, JsonCursor, fields, find_field, find_text};
pub use value::{JsonStr, JsonValue, decode_string};
