//! An invalid value, with the name of its parameter or member.

use serde::de;
use std::fmt;

/// A value that cannot be deserialized: `invalid type: string "x", expected u32 at page`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    message: String,
    field: String,
    is_structural: bool,
}

impl InvalidValue {
    pub(crate) fn new(message: impl Into<String>) -> InvalidValue {
        InvalidValue { message: message.into(), field: String::new(), is_structural: false }
    }

    /// Creates an error that depends only on the names, not on the values.
    pub(crate) fn structural(message: impl Into<String>) -> InvalidValue {
        InvalidValue { is_structural: true, ..InvalidValue::new(message) }
    }

    /// Returns true if the error depends only on the names, not on the values.
    pub(crate) fn is_structural(&self) -> bool {
        self.is_structural
    }

    /// Returns the message without the name of the value.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the name of the value, `page` or `tags[1]`. Empty if the error is not about a single value.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Prepends a segment to the name of the value.
    #[cold]
    pub(crate) fn within(mut self, step: &str) -> InvalidValue {
        self.field.insert_str(0, step);
        self
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.field.is_empty() {
            write!(f, " at {}", self.field)?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidValue {}

impl de::Error for InvalidValue {
    fn custom<T: fmt::Display>(message: T) -> InvalidValue {
        InvalidValue::new(lrt_core::__private::display(&message))
    }

    fn missing_field(field: &'static str) -> InvalidValue {
        InvalidValue::structural("missing value").within(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_message_whose_display_fails_keeps_its_beginning() {
        struct Failing;
        impl fmt::Display for Failing {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("no color ")?;
                Err(fmt::Error)
            }
        }
        assert_eq!(<InvalidValue as de::Error>::custom(Failing).message(), "no color ");
    }
}
