//! What is wrong with a value, and which one it is.

use serde::de;
use std::fmt;

/// A value that is not what the function takes: `invalid type: string "x", expected u32 at page`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    message: String,
    field: String,
}

impl InvalidValue {
    pub(crate) fn new(message: impl Into<String>) -> InvalidValue {
        InvalidValue { message: message.into(), field: String::new() }
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The name of the value, `page` or `tags[1]`; empty if it is none in particular.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The same, of a value within this one.
    #[cold]
    #[inline(never)]
    pub(crate) fn within(mut self, step: &str) -> InvalidValue {
        self.field.insert_str(0, step);
        self
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.field.is_empty() {
            f.write_str(" at ")?;
            f.write_str(&self.field)?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidValue {}

impl de::Error for InvalidValue {
    fn custom<T: fmt::Display>(message: T) -> InvalidValue {
        InvalidValue::new(message.to_string())
    }

    fn missing_field(field: &'static str) -> InvalidValue {
        InvalidValue::new("missing").within(field)
    }
}
