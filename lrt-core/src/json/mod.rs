//! JSON text: escapes, paths of errors, redaction.

pub mod escape;
pub mod path;
pub mod redact;
