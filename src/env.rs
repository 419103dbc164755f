//! Environment variables of the function.

use std::any::type_name;
use std::env::VarError;
use std::fmt;
use std::str::FromStr;

/// Reads environment variables, and parses their values: one variable, or up to eight in a tuple.
///
/// ```
/// use lrt::prelude::*;
///
/// struct Settings {
///     table: String,
///     max: u32,
/// }
///
/// fn settings() -> Result<Settings, Error> {
///     let (table, max) = lrt::env(("TABLE", "MAX"))?;
///     Ok(Settings { table, max })
/// }
///
/// let error = settings().err().unwrap();
/// assert_eq!(error.to_string(), "environment variable TABLE is not set; environment variable MAX is not set");
///
/// // A single variable:
/// let port: Result<u16, _> = lrt::env("PORT");
/// assert_eq!(port.unwrap_err().to_string(), "environment variable PORT is not set");
/// ```
///
/// # Errors
///
/// Names every variable that is not set or has an invalid value, so that one cold start reports all of them. The value is
/// not part of the message.
pub fn env<T>(names: impl EnvNames<T>) -> Result<T, EnvError> {
    names.read()
}

/// Names of environment variables whose values are a `T`: any [`FromStr`] type for a name, a tuple of them for a tuple of names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not names of environment variables for `{T}`",
    label = "expected a name, or a tuple of at most eight names",
    note = "`lrt::env(\"URL\")` returns any type that implements `std::str::FromStr`, `lrt::env((\"URL\", \"MAX\"))` a tuple \
            of two, such as `(String, u32)`"
)]
pub trait EnvNames<T> {
    /// Reads and parses the variables.
    ///
    /// # Errors
    ///
    /// Names every variable that is not set or has an invalid value.
    fn read(self) -> Result<T, EnvError>;
}

impl<T: FromStr<Err: fmt::Display>> EnvNames<T> for &str {
    fn read(self) -> Result<T, EnvError> {
        let name = self;
        let value = std::env::var(name).map_err(|error| match error {
            VarError::NotPresent => EnvError(format!("environment variable {name} is not set")),
            VarError::NotUnicode(_) => EnvError(format!("environment variable {name} is not valid UTF-8")),
        })?;
        value.parse().map_err(|error| {
            let expected = type_name::<T>();
            EnvError(format!("environment variable {name} is invalid: {error} (expected {expected})"))
        })
    }
}

macro_rules! str {
    ($T:ident) => {
        &str
    };
}

macro_rules! tuples {
    ($([$($T:ident $name:ident)*])*) => {$(
        impl<$($T: FromStr<Err: fmt::Display>),*> EnvNames<($($T,)*)> for ($(str!($T),)*) {
            fn read(self) -> Result<($($T,)*), EnvError> {
                let ($($name,)*) = self;
                $(let $name = env::<$T>($name);)*
                match ($($name,)*) {
                    ($(Ok($name),)*) => Ok(($($name,)*)),
                    ($($name,)*) => {
                        let errors = [$($name.err()),*];
                        let messages: Vec<_> = errors.into_iter().flatten().map(|error| error.0).collect();
                        Err(EnvError(messages.join("; ")))
                    }
                }
            }
        }
    )*};
}

tuples! {
    [A a B b]
    [A a B b C c]
    [A a B b C c D d]
    [A a B b C c D d E e]
    [A a B b C c D d E e F f]
    [A a B b C c D d E e F f G g]
    [A a B b C c D d E e F f G g H h]
}

/// Error of [`env()`]: names the variables that are not set or invalid.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvError(String);

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Formats the message, which `unwrap` prints.
impl fmt::Debug for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EnvError {}

#[cfg(test)]
mod tests {
    use super::*;

    // Cargo sets these for tests.
    const TEXT: &str = "CARGO_PKG_NAME";
    const NUMBER: &str = "CARGO_PKG_VERSION_MINOR";

    #[test]
    fn values_are_parsed() {
        assert_eq!(env::<String>(TEXT).unwrap(), "lrt");
        let (name, minor): (String, u32) = env((TEXT, NUMBER)).unwrap();
        assert_eq!((name.as_str(), minor.to_string().as_str()), ("lrt", env!("CARGO_PKG_VERSION_MINOR")));
    }

    #[test]
    fn error_names_every_missing_or_invalid_variable() {
        let error = env::<(String, u32, String, u8)>(("LRT_MISSING", TEXT, TEXT, "LRT_ABSENT")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variable LRT_MISSING is not set; environment variable CARGO_PKG_NAME is invalid: invalid digit found \
             in string (expected u32); environment variable LRT_ABSENT is not set"
        );
        let error: lrt_core::Error = env::<u32>("LRT_MISSING").unwrap_err().into();
        assert_eq!(error.name(), "EnvError");
    }
}
